/**
 * A model service on loopback that speaks Anthropic's Messages, OpenAI's Chat Completions and Responses and Google's Gemini API
 * to whoever calls, as strict as the real ones. What it answers is a script's decision; what it was asked is in its journal.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Journal } from "../../support/Loopback.ts"
import { journal, reset as resetConnection, serve } from "../../support/Loopback.ts"
import { send } from "./ModelAnswering.ts"
import { anthropic, anthropicTokens } from "./ModelAnthropic.ts"
import { gemini, geminiPath, geminiTokens } from "./ModelGemini.ts"
import { openAiChat } from "./ModelOpenAiChat.ts"
import { makeOpenAiResponses } from "./ModelOpenAiResponses.ts"
import type { ModelRequest, ModelScript } from "./ModelScript.ts"
import { ModelRefusal, ModelReply, promptText, refuse } from "./ModelScript.ts"
import type { Headers, ModelWire } from "./ModelWire.ts"

export { json, rateLimited, refuse, replies, reset, text, tools } from "./ModelScript.ts"
export type { ModelReply, ModelRequest, ModelScript } from "./ModelScript.ts"

/** One request, admitted or not. */
export interface ModelExchange {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
  /** What the script was asked; absent for a refused request and for one that is no model call. */
  readonly call?: ModelRequest
  /** `aborted`: the client went away before the whole answer was sent. `failed`: the fault the script asked for. */
  readonly outcome: "open" | "answered" | "refused" | "failed" | "aborted"
  readonly status?: number
}

export interface ModelStandIn {
  /** Without a path. */
  readonly url: string
  /** For `ANTHROPIC_BASE_URL`. */
  readonly anthropicUrl: string
  /** For `OPENAI_BASE_URL`. */
  readonly openAiUrl: string
  /** For `GOOGLE_GEMINI_BASE_URL`. */
  readonly geminiUrl: string
  readonly journal: Journal<ModelExchange>
  /** The admitted requests, in order. */
  readonly calls: Effect.Effect<ReadonlyArray<ModelRequest>>
  /** Waits until so many requests were admitted, and gives these. */
  readonly awaitCalls: (count: number) => Effect.Effect<ReadonlyArray<ModelRequest>>
  /** Whether a text occurs anywhere in what was received: in a path, a header or a body. */
  readonly saw: (text: string) => Effect.Effect<boolean>
}

export interface ModelStandInOptions {
  /** Another key is refused. Without it any key will do, but there must be one. */
  readonly expectedKey?: string
  /** What `GET /v1/models` lists; a request for another model is refused. Without it any model will do. */
  readonly models?: ReadonlyArray<string>
}

const mebibyte = 1024 * 1024

const parseJson = Schema.decodeEither(Schema.parseJson())

const parseBody = (body: string): Either.Either<unknown, ModelRefusal> =>
  body.length > 32 * mebibyte
    ? Either.left(new ModelRefusal({ status: 413, message: "The request is larger than 32 MiB." }))
    : Either.mapLeft(parseJson(body), () => new ModelRefusal({ status: 400, message: "The body is no valid JSON." }))

const modelList = (wire: ModelWire, models: ReadonlyArray<string>) =>
  wire.dialect === "anthropic"
    ? {
      data: models.map((id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" })),
      has_more: false,
      first_id: models.at(0) ?? null,
      last_id: models.at(-1) ?? null
    }
    : wire.dialect === "gemini"
    ? { models: models.map((id) => ({ name: `models/${id}`, supportedGenerationMethods: ["generateContent"] })) }
    : { object: "list", data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "standin" })) }

const mentions = (text: string) => ({ body, headers, path }: ModelExchange) =>
  [path, body, ...Object.values(headers)].some((part) => part.includes(text))

/** The wire of a path, where it tells. */
const geminiOf = (path: string): ModelWire | undefined => {
  const { model, verb } = geminiPath.exec(path)?.groups ?? {}
  return model === undefined && path !== geminiModels
    ? undefined
    : gemini(model ?? "", verb === "streamGenerateContent")
}

const geminiModels = "/v1beta/models"

const tokensPath = "/v1/messages/count_tokens"

/** Serves the script until the scope closes. A script that dies answers 400 with what it died of. */
export const make = (
  script: ModelScript,
  options: ModelStandInOptions = {}
): Effect.Effect<ModelStandIn, never, Scope.Scope> =>
  Effect.gen(function*() {
    const exchanges = yield* journal<ModelExchange>()
    const admitted = yield* Ref.make(0)
    const openAiResponses = yield* makeOpenAiResponses
    const wires = new Map([
      ["/v1/messages", anthropic],
      ["/v1/chat/completions", openAiChat],
      ["/v1/responses", openAiResponses]
    ])

    const admit = Effect.fnUntraced(function*(wire: ModelWire, { body, headers, path }: ModelExchange) {
      const parsed = yield* parseBody(body)
      const prompt = yield* wire.admit(parsed, headers)
      if (options.models !== undefined && !options.models.includes(prompt.model)) {
        return yield* new ModelRefusal({ status: 404, message: `model: ${prompt.model}`, code: "model_not_found" })
      }
      const index = yield* Ref.getAndUpdate(admitted, (count) => count + 1)
      return { ...prompt, dialect: wire.dialect, path, headers, index, text: promptText(prompt), body: parsed }
    })

    const decide = (call: ModelRequest) =>
      Effect.catchAllDefect(Effect.suspend(() => script(call)), (defect) =>
        Effect.succeed(refuse(400, { message: `The script failed: ${Cause.pretty(Cause.die(defect))}` })))

    const answerCall = Effect.fnUntraced(function*(wire: ModelWire, exchange: ModelExchange, amend: Amend) {
      const request = yield* HttpServerRequest.HttpServerRequest
      const call = yield* admit(wire, exchange)
      yield* amend({ call })
      return yield* ModelReply.$match(yield* decide(call), {
        Answer: (answer) =>
          send({ request, wire, call, answer, settle: (outcome) => amend({ outcome, status: 200 }) }),
        Refuse: ({ refusal }) => refusal,
        Reset: () => Effect.zipRight(amend({ outcome: "failed" }), resetConnection(request))
      })
    })

    const route = Effect.fnUntraced(function*(wire: ModelWire, exchange: ModelExchange, amend: Amend) {
      const { body, headers, method, path } = exchange
      const answered = Effect.fnUntraced(function*(value: unknown) {
        yield* amend({ outcome: "answered", status: 200 })
        return HttpServerResponse.unsafeJson(value)
      })
      if (method === "HEAD" && path === "/") {
        return yield* answered({})
      }
      yield* wire.authenticate(headers, options.expectedKey)
      const address = geminiPath.exec(path)?.groups
      if (method === "POST" && address?.["verb"] === "countTokens") {
        const { model = "" } = address
        return yield* answered(yield* Either.flatMap(parseBody(body), (parsed) => geminiTokens(model, parsed)))
      }
      if (method === "POST" && address !== undefined) return yield* answerCall(wire, exchange, amend)
      if (method === "GET" && (path === "/v1/models" || path === geminiModels)) {
        return yield* answered(modelList(wire, options.models ?? ["standin-1"]))
      }
      if (method === "POST" && path === tokensPath) {
        return yield* answered(yield* Either.flatMap(parseBody(body), (parsed) => anthropicTokens(parsed, headers)))
      }
      if (method === "POST" && wires.has(path)) {
        return yield* answerCall(wire, exchange, amend)
      }
      const known = wires.has(path) || wire.dialect === "gemini" || path === tokensPath || path === "/v1/models"
      return yield* new ModelRefusal({ status: known ? 405 : 404, message: `There is no ${method} ${path}.` })
    })

    const app = Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const exchange: ModelExchange = {
        method: request.method,
        path: new URL(request.url, "http://loopback").pathname,
        headers: { ...request.headers },
        body: yield* Effect.orDie(request.text),
        outcome: "open"
      }
      const change = yield* exchanges.add(exchange)
      const amend: Amend = (fields) => change((entry) => entry.outcome === "open" ? { ...entry, ...fields } : entry)
      const aborted = amend({ outcome: "aborted" })
      const isAnthropic = exchange.headers["anthropic-version"] !== undefined
      const wire = wires.get(exchange.path) ?? geminiOf(exchange.path) ?? (isAnthropic ? anthropic : openAiChat)
      return yield* route(wire, exchange, amend).pipe(
        Effect.catchTag("ModelRefusal", (refusal) =>
          Effect.as(amend({ outcome: "refused", status: refusal.status }), refusalResponse(wire, refusal))),
        Effect.onInterrupt(() =>
          aborted
        )
      )
    })

    const url = yield* serve(() => app)
    const calls = (entries: ReadonlyArray<ModelExchange>) =>
      entries.flatMap((entry) => entry.call === undefined ? [] : [entry.call])
    return {
      url,
      anthropicUrl: url,
      openAiUrl: `${url}/v1`,
      geminiUrl: url,
      journal: exchanges,
      calls: Effect.map(exchanges.entries, calls),
      awaitCalls: (count) => Effect.map(exchanges.awaitEntries(count, (entry) => entry.call !== undefined), calls),
      saw: (text) => Effect.map(exchanges.entries, (entries) => entries.some(mentions(text)))
    }
  })

/** Amends an exchange; what is settled stays as it is. */
type Amend = (fields: Partial<ModelExchange>) => Effect.Effect<void>

const refusalResponse = (wire: ModelWire, refusal: ModelRefusal) => {
  const { body, headers } = wire.refuse(refusal)
  return HttpServerResponse.text(refusal.body ?? body, {
    status: refusal.status,
    contentType: "application/json",
    headers: refusal.retryAfter === undefined ? headers : { ...headers, "retry-after": `${refusal.retryAfter}` }
  })
}
