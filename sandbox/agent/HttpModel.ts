import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { AgentConfig } from "./AgentConfig.ts"
import { BudgetExceeded, ContextOverflow, LanguageModel, ModelError, type ModelRequest } from "./LanguageModel.ts"

/** The time limit of one attempt: a long reply takes minutes, as it is not streamed. */
const attemptTimeout = Duration.minutes(15)
/** How long to retry: this outlasts a restart of the server, an overload or a rate limit of the API. */
const retryTimeout = Duration.minutes(4)
const longestWait = Duration.minutes(2)

const backOff = Schedule.exponential("500 millis").pipe(
  Schedule.union(Schedule.spaced("20 seconds")),
  Schedule.jittered
)

/**
 * Retries transient failures for up to `retryTimeout`; a delay requested by the API takes precedence over the back-off.
 */
const retries = Schedule.identity<ModelError | BudgetExceeded | ContextOverflow>().pipe(
  Schedule.intersect(backOff),
  Schedule.modifyDelay(([error], delay) =>
    error._tag === "ModelError" && error.retryAfter !== undefined ? Duration.min(error.retryAfter, longestWait) : delay
  ),
  Schedule.upTo(retryTimeout),
  Schedule.whileInput((error: ModelError | BudgetExceeded | ContextOverflow) => isTransient(error))
)

const isTransient = (error: ModelError | BudgetExceeded | ContextOverflow) =>
  error._tag === "ModelError" && error.isTransient

const ErrorBody = Schema.parseJson(Schema.Struct({
  error: Schema.Struct({
    message: Schema.String,
    type: Schema.optionalWith(Schema.String, { nullable: true }),
    code: Schema.optionalWith(Schema.Unknown, { nullable: true })
  })
}))

const errorBody = Schema.decodeOption(ErrorBody)

const overflow = /context_length_exceeded|context (length|window)|prompt is too long|too many (input )?tokens/i

/** The error for an unsuccessful status. */
const refusal = (response: HttpClientResponse.HttpClientResponse, body: string) => {
  const error = Option.map(errorBody(body), ({ error }) => error)
  const detail = Option.match(error, {
    onNone: () => body.trim().slice(0, 500) || "no reason given",
    onSome: ({ message }) => message
  })
  if (response.status === 402 && Option.exists(error, ({ type }) => type === "budget_exceeded")) {
    return new BudgetExceeded({ detail })
  }
  const isOverflow = Option.match(error, {
    onNone: () => response.status === 413,
    onSome: ({ code, message }) => overflow.test(`${code} ${message}`)
  })
  if ((response.status === 400 || response.status === 413) && isOverflow) return new ContextOverflow({ detail })
  const retryAfter = Option.getOrUndefined(retryAfterOf(response))
  return new ModelError({ kind: "refused", status: response.status, detail, retryAfter })
}

const seconds = Schema.decodeUnknownOption(Schema.compose(Schema.NumberFromString, Schema.NonNegative))

const retryAfterOf = (response: HttpClientResponse.HttpClientResponse) =>
  Option.map(seconds(response.headers["retry-after"]), (value) => Duration.seconds(value))

const connectionLost = (cause: { readonly message: string }) =>
  new ModelError({ kind: "connection", detail: cause.message })

/** The configured model API, over plain HTTP on the loopback. */
export const layer = Layer.effect(
  LanguageModel,
  Effect.gen(function*() {
    const { apiKey, baseUrl, dialect, model } = yield* AgentConfig
    const client = (yield* HttpClient.HttpClient).pipe(HttpClient.withTracerPropagation(false))

    const attempt = Effect.fnUntraced(function*(request: ModelRequest) {
      const [response, body] = yield* HttpClientRequest.post(`${baseUrl}${dialect.path}`).pipe(
        HttpClientRequest.setHeaders(dialect.headers(Redacted.value(apiKey))),
        HttpClientRequest.bodyUnsafeJson(dialect.encode(model, request)),
        client.execute,
        Effect.flatMap((response) => Effect.map(response.text, (body) => [response, body] as const)),
        Effect.mapError(connectionLost),
        Effect.timeoutFail({
          duration: attemptTimeout,
          onTimeout: () => connectionLost({ message: `no answer in ${Duration.format(attemptTimeout)}` })
        })
      )
      if (response.status < 200 || response.status > 299) {
        return yield* refusal(response, body)
      }
      return yield* Effect.mapError(
        dialect.decode(body),
        (error) => new ModelError({ kind: "unreadable", detail: error.message.slice(0, 500) })
      )
    })

    const reply = Effect.fn("LanguageModel.reply")((request: ModelRequest) =>
      attempt(request).pipe(
        Effect.tapError((error) =>
          error._tag === "ModelError" && error.isTransient ? request.onRetry(error) : Effect.void
        ),
        Effect.retry(retries)
      )
    )
    return LanguageModel.of({ reply })
  })
)
