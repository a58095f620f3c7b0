/** Explains a failed call to GitHub, and what to do about it. Pure. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AppConfigShape } from "../config/AppConfig.ts"
import { isRetryableStatus, retryAfterMillis } from "../support/Retry.ts"
import { ForgeError } from "./Forge.ts"

/** Octokit's `RequestError`. It also represents a failed connection, with status 500 and no response. */
const Failure = Schema.Struct({
  status: Schema.Number,
  message: Schema.String,
  response: Schema.optional(Schema.Struct({
    headers: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    data: Schema.Unknown
  }))
})

/** GitHub's message in the body. */
const Body = Schema.Struct({
  message: Schema.optionalWith(Schema.String, { default: () => "" }),
  errors: Schema.optionalWith(
    Schema.Array(Schema.Union(Schema.String, Schema.Struct({ message: Schema.optional(Schema.String) }))),
    { default: () => [] }
  )
})

const decodeFailure = Schema.decodeUnknownOption(Failure)
const decodeBody = Schema.decodeUnknownOption(Body)

const wordsOf = (data: unknown, otherwise: string): string =>
  Option.match(decodeBody(data), {
    onNone: () => otherwise,
    onSome: ({ errors, message }) => {
      const details = errors.flatMap((error) =>
        typeof error === "string" ? [error] : error.message === undefined ? [] : [error.message]
      )
      return [message, ...details].filter((text) => text !== "").join(": ") || otherwise
    }
  })

type Header = (name: string) => string | undefined

const rateLimitWait = (status: number, words: string, header: Header, now: number): number | undefined => {
  if (status !== 403 && status !== 429) return undefined
  const asked = retryAfterMillis(header, now)
  if (asked !== undefined) return asked
  const reset = Number(header("x-ratelimit-reset"))
  if (header("x-ratelimit-remaining") === "0" && reset > 0) return Math.max(1000, reset * 1000 - now)
  // GitHub's advice for a secondary limit without a given delay
  return /rate limit/i.test(words) ? 60_000 : undefined
}

const permissions =
  "\"Contents: read and write\" and \"Pull requests: read and write\" (a classic token: the scope \"repo\")"

const meaning = (github: AppConfigShape["github"], status: number, words: string, header: Header): string => {
  const hasToken = Option.isSome(github.token)
  switch (status) {
    case 401:
      return hasToken
        ? `GitHub rejects GITHUB_TOKEN: it is wrong, revoked or expired (${words})`
        : "GITHUB_TOKEN is not set"
    case 403: {
      const needed = header("x-accepted-github-permissions")
      return hasToken
        ? `GITHUB_TOKEN lacks a permission: it needs ${needed === undefined ? permissions : `"${needed}"`} (${words})`
        : `GITHUB_TOKEN is not set (${words})`
    }
    case 404:
      return hasToken
        ? `the repository does not exist, or GITHUB_TOKEN may not see or change it: it needs ${permissions}`
        : "the repository does not exist, or it is private and GITHUB_TOKEN is not set"
    default:
      return words
  }
}

/** The error for an Octokit exception at the time `now`. The token never appears in its message. */
export const failure = (
  github: AppConfigShape["github"],
  operation: string,
  cause: unknown,
  now: number
): ForgeError => {
  const scrub = (text: string): string =>
    Option.match(github.token, { onNone: () => text, onSome: (token) => text.replaceAll(Redacted.value(token), "***") })
  const failed = decodeFailure(cause)
  if (Option.isNone(failed) || failed.value.response === undefined) {
    const words = Predicate.hasProperty(cause, "message") ? String(cause.message) : String(cause)
    return new ForgeError({
      operation,
      reason: scrub(`${github.apiUrl} could not be reached: ${words.split("\n")[0]?.slice(0, 300)}`),
      isRetryable: true
    })
  }
  const { message, response: { data, headers }, status } = failed.value
  const header: Header = (name) => {
    const value = headers[name]
    return value === undefined ? undefined : String(value)
  }
  const words = wordsOf(data, message).replace(/\s+/g, " ").slice(0, 500)
  const wait = rateLimitWait(status, words, header, now)
  const reason = wait === undefined
    ? meaning(github, status, words, header)
    : `GitHub's rate limit is reached; it asks for a wait of ${Math.ceil(wait / 1000)} seconds (${words})`
  return new ForgeError({
    operation,
    status,
    reason: scrub(reason),
    isRetryable: wait !== undefined || isRetryableStatus(status),
    ...(wait === undefined ? {} : { retryAfterMillis: wait })
  })
}
