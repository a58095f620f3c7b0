/** What both providers share: failures and retries of calls, and the one repair of an invalid answer. */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Usage from "../../domain/Usage.ts"
import { isRetryableStatus, retryAfterMillis, retryTransient } from "../support/Retry.ts"
import { type LanguageModel, LanguageModelError, type ModelQuestion, UnreadableAnswer } from "./LanguageModel.ts"
import * as ModelAnswers from "./ModelAnswers.ts"
import * as ModelPrice from "./ModelPrice.ts"
import type { ModelPrices } from "./ModelPrices.ts"
import * as TokenEstimate from "./TokenEstimate.ts"

export interface Caller {
  readonly provider: "anthropic" | "openai"
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted
  readonly timeout: Duration.Duration
}

/** Disables the SDKs' timers: the time-out is ours, so that it is the configured one and a test clock controls it. */
export const sdkOptions = { maxRetries: 0, timeout: 2_147_483_647, logLevel: "off" } as const

const Worded = Schema.Struct({ message: Schema.NonEmptyString })
const ErrorBody = Schema.Union(
  Schema.Struct({ error: Schema.Struct({ error: Worded }) }),
  Schema.Struct({ error: Worded })
)
const decodeBody = Schema.decodeUnknownOption(ErrorBody)

/** The service's sentence if it sent one, else the innermost cause's, such as `connect ECONNREFUSED …`. */
const wordsOf = (cause: unknown): string => {
  const body = decodeBody(cause)
  if (body._tag === "Some") {
    return "error" in body.value.error
      ? body.value.error.error.message
      : body.value.error.message
  }
  let inner = cause
  for (let depth = 0; depth < 5 && Predicate.hasProperty(inner, "cause") && inner.cause instanceof Error; depth++) {
    inner = inner.cause
  }
  return inner instanceof Error && inner.message !== "" ? inner.message : String(inner)
}

/** The error for an SDK's exception at the time `now`. The key never appears in it. */
export const failure = (caller: Caller, operation: string, cause: unknown, now: number): LanguageModelError => {
  const { apiKey, baseUrl, provider } = caller
  const status = Predicate.hasProperty(cause, "status") && Predicate.isNumber(cause.status) ? cause.status : undefined
  const headers = Predicate.hasProperty(cause, "headers") && cause.headers instanceof Headers
    ? cause.headers
    : undefined
  const wait = retryAfterMillis((name) => headers?.get(name), now)
  const words = wordsOf(cause).split("\n")[0]?.replaceAll(Redacted.value(apiKey), "***").slice(0, 500) ?? ""
  const isQuota = Predicate.hasProperty(cause, "code") && cause.code === "insufficient_quota"
  return new LanguageModelError({
    provider,
    operation,
    reason: status === undefined ? `${baseUrl} could not be reached: ${words}` : words,
    isRetryable: (status === undefined || isRetryableStatus(status)) && !isQuota &&
      headers?.get("x-should-retry") !== "false",
    ...(status === undefined ? {} : { status }),
    ...(wait === undefined ? {} : { retryAfterMillis: wait })
  })
}

/** Calls an SDK with the time-out and the retries that a failure permits; aborted when interrupted. */
export const call = <A>(caller: Caller, operation: string, run: (signal: AbortSignal) => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => ({ cause }) }).pipe(
    Effect.catchAll(({ cause }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(failure(caller, operation, cause, now)))
    ),
    Effect.timeoutFail({
      duration: caller.timeout,
      onTimeout: () =>
        new LanguageModelError({
          provider: caller.provider,
          operation,
          reason: `no answer within ${Duration.format(caller.timeout)} (OPENTL_LLM_TIMEOUT)`,
          isRetryable: false,
          unansweredSeconds: Duration.toSeconds(caller.timeout)
        })
    }),
    retryTransient,
    Effect.withSpan(`${caller.provider}.${operation}`)
  )

/** Decodes a response with a successful status and any shape. */
export const decodeResponse = <A, I>(caller: Caller, operation: string, schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(schema)
  return (response: unknown): Effect.Effect<A, LanguageModelError> =>
    Effect.mapError(decode(response), () =>
      new LanguageModelError({
        provider: caller.provider,
        operation,
        reason: `${caller.baseUrl} sent a response that is not this API's`,
        isRetryable: false
      }))
}

/** One exchange with a provider. */
export interface Completion extends ModelAnswers.RawAnswer {
  readonly tokens: ModelPrice.Tokens
}

const repairPrompt = (prompt: string, answer: string, problem: string): string =>
  `${prompt}

---
You have answered this already, but your answer could not be read. It was, cut to what matters:

${answer.slice(0, 20_000)}

It could not be read because: ${problem.slice(0, 2_000)}

Answer again, in the form that was asked for and in no other.`

const withSpent = (
  { isRetryable, operation, provider, reason, retryAfterMillis, status, unansweredSeconds }: LanguageModelError,
  spent: NonNullable<LanguageModelError["spent"]>
) =>
  new LanguageModelError({
    provider,
    operation,
    status,
    reason,
    retryAfterMillis,
    isRetryable,
    unansweredSeconds,
    spent
  })

/** A model at a provider, and how to call it. */
export interface Asked {
  readonly provider: Caller["provider"]
  readonly model: string
  readonly prices: Context.Tag.Service<ModelPrices>
  /** The most tokens that it may write. */
  readonly maxOutput: number
  readonly complete: <A, I>(question: ModelQuestion<A, I>) => Effect.Effect<Completion, LanguageModelError>
}

const encoder = new TextEncoder()

interface Texts {
  readonly system: string
  readonly prompt: string
}

const sizeOf = ({ prompt, system }: Texts): number => encoder.encode(system + prompt).length

/** The probable cost of a call that timed out: its input, and output for as long as the wait. */
const unanswered = (asked: Asked, bytes: number, seconds: number) => ({
  input: TokenEstimate.likelyInput(bytes),
  output: TokenEstimate.likelyOutput({ textBytes: 0, seconds, maxOutput: asked.maxOutput })
})

/** What a repair says beside the question, in bytes, at most: an answer and a problem, cut, with three bytes a character. */
const repairBytes = 3 * 23_000

/** The most that a question and its repair can cost. */
const atMost = ({ maxOutput: output }: Asked, bytes: number, price: ModelPrice.Price): number => {
  const call = (bytes: number) =>
    ModelPrice.costAtMost(price, { input: TokenEstimate.inputAtMost(bytes, false), output })
  return call(bytes) + call(bytes + repairBytes)
}

/** Asks the model and reads the answer. If it is invalid, shows it to the model and asks once more. */
export const ask = (asked: Asked): LanguageModel["Type"]["ask"] =>
  Effect.fn("LanguageModel.ask")(function*<A, I>(question: ModelQuestion<A, I>) {
    const { model, prices, provider, complete } = asked
    const { account, remainingUsd } = question
    yield* Effect.annotateCurrentSpan({ purpose: question.purpose, model })
    const price = remainingUsd === undefined && account?.isLimited !== true
      ? Option.getOrUndefined(yield* prices.find(provider, model))
      : yield* prices.require(provider, model)

    if (account?.isLimited === true && price !== undefined) {
      yield* account.letOut(atMost(asked, sizeOf(question), price))
    }

    /** One exchange. A failure includes what was spent before it. */
    const exchange = Effect.fnUntraced(function*(question: ModelQuestion<A, I>, before: Usage.Usage) {
      const bytes = sizeOf(question)
      const ended = account === undefined
        ? () => Effect.void
        : yield* account.begin({ model, price, bytes, maxOutput: asked.maxOutput })
      return yield* complete(question).pipe(
        Effect.tap(({ tokens }) => ended(ModelPrice.usage(price, tokens))),
        Effect.catchAll((error) => {
          const lost = error.unansweredSeconds === undefined
            ? Usage.none
            : ModelPrice.usage(price, unanswered(asked, bytes, error.unansweredSeconds))
          const usage = Usage.add(before, lost)
          return Effect.zipRight(
            ended(lost),
            usage.inputTokens === 0 ? error : withSpent(error, { model, usage })
          )
        })
      )
    })

    const first = yield* exchange(question, Usage.none)
    const answer = ModelAnswers.read(question, first)
    const usage = ModelPrice.usage(price, first.tokens)
    if (Either.isRight(answer)) return { value: answer.right, model, usage }
    if (remainingUsd !== undefined && usage.costUsd >= remainingUsd) {
      const reason = `${answer.left}; the session's budget is spent, so it was not asked again`
      return yield* new UnreadableAnswer({ reason, model, usage })
    }
    const prompt = repairPrompt(question.prompt, ModelAnswers.show(first), answer.left)
    const second = yield* exchange({ ...question, prompt }, usage)
    const repaired = ModelAnswers.read(question, second)
    const both = Usage.add(usage, ModelPrice.usage(price, second.tokens))
    if (Either.isLeft(repaired)) return yield* new UnreadableAnswer({ reason: repaired.left, model, usage: both })
    return { value: repaired.right, model, usage: both }
  })
