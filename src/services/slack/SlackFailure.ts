/** How a call to Slack failed. */
import { ErrorCode } from "@slack/web-api"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"
import { isRetryableStatus } from "../support/Retry.ts"

export class SlackError extends Schema.TaggedError<SlackError>()("SlackError", {
  operation: Schema.String,
  /** Slack's error code (`channel_not_found`), or `ratelimited`, `http 503`, `unreachable`, `budget`. */
  code: Schema.String,
  isRetryable: Schema.Boolean,
  /** The minimum delay before the next attempt, in milliseconds. */
  retryAfterMillis: optional(Schema.NonNegative),
  cause: optional(Schema.Defect)
}) {
  override get message() {
    return `${this.operation}: ${sentences[this.code] ?? this.code}`
  }

  /** Whether Slack received and rejected the call, so that it surely had no effect. */
  get isRefusal(): boolean {
    return !this.isRetryable || this.code === "ratelimited" || this.code === "budget"
  }
}

const sentences: Readonly<Record<string, string | undefined>> = {
  account_inactive: "the bot was removed from the workspace (account_inactive)",
  invalid_auth: "the token is not valid (invalid_auth)",
  missing_scope: "the token lacks a scope: install the app again with the manifest of docs/slack.md (missing_scope)",
  not_allowed_token_type:
    "this is the wrong kind of token (not_allowed_token_type): the bot's begins with xoxb-, the app's with xapp-",
  not_in_channel: "the bot is not in this channel: invite it first (not_in_channel)",
  token_revoked: "the token was revoked (token_revoked)",
  unreachable: "Slack cannot be reached"
}

/** Errors after which no further call will succeed: the token is wrong, or the app is gone. */
const credentialErrors = new Set([
  "account_inactive",
  "invalid_auth",
  "missing_scope",
  "no_permission",
  "not_allowed_token_type",
  "not_authed",
  "org_login_required",
  "token_expired",
  "token_revoked",
  "user_removed_from_team"
])
export const isCredentialError = (error: SlackError): boolean => credentialErrors.has(error.code)

const passing = new Set([
  "fatal_error",
  "internal_error",
  "request_timeout",
  "service_unavailable",
  "team_added_to_org"
])

/** The relevant part of what the SDK throws. */
const Thrown = Schema.Struct({
  code: Schema.String,
  data: Schema.optional(Schema.Struct({ error: Schema.String })),
  statusCode: Schema.optional(Schema.Number),
  retryAfter: Schema.optional(Schema.Number)
})
const readThrown = Schema.decodeUnknownOption(Thrown)

export const failure = (operation: string, cause: unknown): SlackError => {
  const thrown = Option.getOrUndefined(readThrown(cause))
  switch (thrown?.code) {
    case ErrorCode.PlatformError: {
      const code = thrown.data?.error ?? "unknown_error"
      return code === "ratelimited"
        ? new SlackError({ operation, code, isRetryable: true, retryAfterMillis: 1000 })
        : new SlackError({ operation, code, isRetryable: passing.has(code) })
    }
    case ErrorCode.RateLimitedError:
      return new SlackError({
        operation,
        code: "ratelimited",
        isRetryable: true,
        retryAfterMillis: Math.max(1, thrown.retryAfter ?? 1) * 1000
      })
    case ErrorCode.HTTPError: {
      const status = thrown.statusCode ?? 0
      return new SlackError({ operation, code: `http ${status}`, isRetryable: isRetryableStatus(status), cause })
    }
    default:
      return new SlackError({ operation, code: "unreachable", isRetryable: true, cause })
  }
}
