/** What a failed call to Telegram's Bot API means. Pure. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"

/**
 * A call that failed. The reason is Telegram's own sentence, or what became of the connection; an address is never in
 * it, since a bot's address holds its token.
 */
export class TelegramError extends Schema.TaggedError<TelegramError>()("TelegramError", {
  operation: Schema.String,
  reason: Schema.String,
  /**
   * `refused`: Telegram answered, and nothing was done. `unreached`: the request never got there. `uncertain`: the
   * answer is missing, so it may have been done. `later`: our own limit; it was not asked.
   */
  kind: Schema.Literal("refused", "unreached", "uncertain", "later"),
  /** Telegram's `error_code`. */
  status: optional(Schema.Int),
  /** The least to wait, where that is known. */
  retryAfterMillis: optional(Schema.NonNegative)
}) {
  override get message() {
    return `${this.operation}: ${this.reason}`
  }

  /** The same call may succeed later. */
  get isRetryable(): boolean {
    return this.kind !== "refused" || this.status === 429 || (this.status ?? 0) >= 500
  }

  /** The token is not one of Telegram's. */
  get isUnauthorized(): boolean {
    return this.status === 401 || this.status === 404
  }

  /** Another program asks for the same bot's updates. */
  get isConflict(): boolean {
    return this.status === 409
  }

  /** The message already says what was wanted. */
  get isUnchanged(): boolean {
    return this.status === 400 && /message is not modified/i.test(this.reason)
  }

  /** The message that it was about is no more. */
  get isMessageGone(): boolean {
    return this.status === 400 &&
      /message to (?:edit|react|delete|be replied) not found|message can't be edited|MESSAGE_ID_INVALID/i.test(
        this.reason
      )
  }
}

/** Telegram's answer with `ok: false`, as the SDK throws it. */
const Refusal = Schema.Struct({
  errorCode: Schema.Int,
  description: Schema.String,
  parameters: Schema.optional(Schema.Struct({ retry_after: Schema.optional(Schema.NonNegative) }))
})
const isRefusal = Schema.is(Refusal)

/** Names of the system's and of undici's for a connection that was never made. */
const unreached = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** All codes on the way down the causes. */
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
      : { operation, reason: `Telegram's answer is missing (${code})`, kind: "uncertain" }
  )
}
