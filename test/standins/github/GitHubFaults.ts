/** Faults to order for the next requests that a GitHub stand-in receives. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"

export type GitHubFault = Data.TaggedEnum<{
  /** Answered so, and nothing done. */
  Refuse: { readonly status: number; readonly message: string; readonly headers: Readonly<Record<string, string>> }
  /** Answered with that, and nothing done. */
  Answer: { readonly response: HttpServerResponse.HttpServerResponse }
  /** Done and answered as by a server that knows version 0 of git's protocol only. */
  OldProtocol: {}
  /** Done and answered as it should be, after a while. */
  Hold: { readonly until: Effect.Effect<void> }
  /** The connection is reset, and nothing done. */
  Reset: {}
  /** Everything is done, then the connection is reset in place of the answer. */
  LoseAnswer: {}
}>

export const GitHubFault = Data.taggedEnum<GitHubFault>()

export const serverError = (status = 500): GitHubFault =>
  GitHubFault.Refuse({ status, message: "Server Error", headers: {} })

/** 429 with `retry-after`, in seconds. */
export const rateLimited = (retryAfter: number): GitHubFault =>
  GitHubFault.Refuse({
    status: 429,
    message: "API rate limit exceeded for user ID 1.",
    headers: { "retry-after": `${retryAfter}`, "x-ratelimit-remaining": "0" }
  })

/** The primary limit as it mostly comes: 403, nothing remaining, `x-ratelimit-reset` in seconds since 1970. */
export const primaryLimit = (reset: number): GitHubFault =>
  GitHubFault.Refuse({
    status: 403,
    message: "API rate limit exceeded for user ID 1.",
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${reset}` }
  })

/** A secondary limit: 403 with `retry-after`, in seconds. */
export const secondaryLimit = (retryAfter: number): GitHubFault =>
  GitHubFault.Refuse({
    status: 403,
    message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    headers: { "retry-after": `${retryAfter}` }
  })

/** Something else in place of an answer. */
export const answer = (response: HttpServerResponse.HttpServerResponse): GitHubFault => GitHubFault.Answer({ response })

export const oldProtocol: GitHubFault = GitHubFault.OldProtocol()

/** A slow answer. */
export const hold = (until: Effect.Effect<void>): GitHubFault => GitHubFault.Hold({ until })

export const reset: GitHubFault = GitHubFault.Reset()

export const loseAnswer: GitHubFault = GitHubFault.LoseAnswer()

interface Order<Request> {
  readonly fault: GitHubFault
  readonly left: number
  readonly when: (request: Request) => boolean
}

/** The orders that are open. A request takes the first one that it matches. */
export const makeFaults = <Request>() =>
  Effect.map(Ref.make<ReadonlyArray<Order<Request>>>([]), (orders) => ({
    order: (fault: GitHubFault, times: number, when: (request: Request) => boolean) =>
      Ref.update(orders, (all) => [...all, { fault, left: times, when }]),
    take: (request: Request) =>
      Ref.modify(orders, (all) => {
        const order = all.find((order) => order.when(request))
        return [
          Option.map(Option.fromNullable(order), (order) => order.fault),
          all.flatMap((other) => other !== order ? [other] : other.left > 1 ? [{ ...other, left: other.left - 1 }] : [])
        ]
      })
  }))
