/** Classifies failed calls to Telegram's Bot API. Pure. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"

/**
 * A failed call. The reason is Telegram's sentence or the connection's failure; it never contains a URL, because a
 * bot's URL contains its token.
 */
export class TelegramError extends Schema.TaggedError<TelegramError>()("TelegramError", {
  operation: Schema.String,
  reason: Schema.String,
  /**
   * `refused`: Telegram rejected the call. `unreached`: the request never arrived. `uncertain`: there was no response,
   * so it may have been carried out. `later`: our own limit; the call was not made.
   */
  kind: Schema.Literal("refused", "unreached", "uncertain", "later"),
  /** Telegram's `error_code`. */
  status: optional(Schema.Int),
  /** The minimum delay in milliseconds, if known. */
  retryAfterMillis: optional(Schema.NonNegative)
}) {
  override get message() {
    return `${this.operation}: ${this.reason}`
  }

  /** Whether the same call may succeed later. */
  get isRetryable(): boolean {
    return this.kind !== "refused" || this.status === 429 || (this.status ?? 0) >= 500
  }

  /** Whether Telegram does not know the token. */
  get isUnauthorized(): boolean {
    return this.status === 401 || this.status === 404
  }

  /** Whether another program polls the same bot's updates. */
  get isConflict(): boolean {
    return this.status === 409
  }

  /** Whether the message already has the wanted content. */
  get isUnchanged(): boolean {
    return this.status === 400 && /message is not modified/i.test(this.reason)
  }

  /** Whether the message no longer exists. */
  get isMessageGone(): boolean {
    return this.status === 400 &&
      /message to (?:edit|react|delete|be replied) not found|message can't be edited|MESSAGE_ID_INVALID/i.test(
        this.reason
      )
  }
}

/** Telegram's response with `ok: false`, as the SDK throws it. */
const Refusal = Schema.Struct({
  errorCode: Schema.Int,
  description: Schema.String,
  parameters: Schema.optional(Schema.Struct({ retry_after: Schema.optional(Schema.NonNegative) }))
})
const isRefusal = Schema.is(Refusal)

/** The error codes of Node and undici that mean no connection was established, so the request was not sent. */
const unreached = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** All error codes in the chain of causes. */
const codesOf = (error: unknown): ReadonlyArray<string> => [
  ...(Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? [error.code] : []),
  ...(Predicate.hasProperty(error, "cause") && error.cause !== undefined ? codesOf(error.cause) : [])
]

export const failure = (operation: string, cause: unknown): TelegramError => {
  if (isRefusal(cause)) {
    const seconds = cause.parameters?.retry_after
    return new TelegramError({
      operation,
      reason: cause.description,
      kind: "refused",
      status: cause.errorCode,
      ...(seconds === undefined ? {} : { retryAfterMillis: seconds * 1000 })
    })
  }
  const codes = codesOf(cause)
  const code = codes[codes.length - 1] ?? "no answer"
  return new TelegramError(
    codes.some((each) => unreached.has(each))
      ? { operation, reason: `Telegram cannot be reached (${code})`, kind: "unreached" }
      : { operation, reason: `Telegram did not answer (${code})`, kind: "uncertain" }
  )
}
