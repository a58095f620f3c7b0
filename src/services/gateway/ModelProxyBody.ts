/**
 * The outgoing body of a model call. Most bodies stream through. A body that must be known before the call goes out
 * (under a budget) is held first: within the memory from `BodyMemory`, and only until
 * the API has started to reply.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { SessionId } from "../../domain/Ids.ts"
import type { BodyMemory } from "./BodyMemory.ts"
import * as CallRequest from "./CallRequest.ts"
import type { ConnectionError, Request } from "./GatewayServer.ts"
import { HeldBytes } from "./HeldBytes.ts"
import * as RequestBody from "./RequestBody.ts"

/** A body to be held is larger than the providers accept. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", { limitBytes: Schema.Int }) {
  override get message() {
    return `The request is larger than ${this.limitBytes / 1024 ** 2} MiB.`
  }
}

/** Too many bodies are already held. */
export class BodiesWaiting extends Schema.TaggedError<BodiesWaiting>()("BodiesWaiting", {}) {
  override get message() {
    return "Too many large requests are in progress; try again."
  }
}

/** A body being sent on. */
export interface Body {
  readonly http: HttpBody.HttpBody
  /** The call described by the part that has arrived. */
  readonly call: () => CallRequest.CallRequest
  /** Whether it arrived completely. */
  readonly isWhole: () => boolean
  /** Why it did not arrive completely. */
  readonly failure: () => RequestBody.BodyTimedOut | ConnectionError | undefined
}

export const largestHeld = 32 * 1024 * 1024

/** The time limits for a complete body: a held one comes from this machine, a streamed one goes at the API's pace. */
const longestHolding = Duration.minutes(2)
const longestPassing = Duration.minutes(10)
/** How long a body to be held waits for memory. */
const longestWait = Duration.minutes(1)

const typeOf = ({ headers }: Request): string => headers["content-type"] ?? "application/json"

const lengthOf = ({ headers }: Request): number | undefined =>
  headers["content-length"] === undefined ? undefined : Number(headers["content-length"])

const passing = (request: Request, onPart: (bytes: Uint8Array) => void) =>
  Effect.map(RequestBody.pass(request.body, longestPassing, onPart), (body) => ({
    http: HttpBody.raw(body.readable, { contentType: typeOf(request), contentLength: lengthOf(request) }),
    isWhole: body.isWhole,
    failure: body.failure
  }))

/** Streams a body. */
export const stream = (request: Request): Effect.Effect<HttpBody.HttpBody, never, Scope.Scope> =>
  request.method === "GET" || request.method === "HEAD"
    ? Effect.succeed(HttpBody.empty)
    : Effect.map(passing(request, () => {}), ({ http }) => http)

/** Streams a call's body, and reads it on the way. */
export const pass = (request: Request, address: CallRequest.Address): Effect.Effect<Body, never, Scope.Scope> =>
  Effect.suspend(() => {
    const scan = CallRequest.scanner(address.dialect)
    return Effect.map(passing(request, (bytes) => void scan.feed(bytes)), (body) => ({
      ...body,
      call: () => CallRequest.read(address, scan.end())
    }))
  })

/** How much of each body is read at once: a small one never waits. */
const firstBytes = 16 * 1024

/** Holds a call's body for the lifetime of the scope. The rest of a refused body is not read. */
export const hold = (
  memory: BodyMemory,
  session: SessionId,
  request: Request,
  address: CallRequest.Address
): Effect.Effect<
  Body,
  BodyTooLarge | RequestBody.BodyTimedOut | BodiesWaiting | ConnectionError,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const tooLarge = new BodyTooLarge({ limitBytes: largestHeld })
    // a body of unannounced size may be as large as the limit
    const size = lengthOf(request) ?? largestHeld
    if (size > largestHeld) return yield* tooLarge
    const held = yield* Effect.acquireRelease(
      Effect.sync(() => new HeldBytes()),
      (held) => Effect.sync(() => held.release())
    )
    const scan = CallRequest.scanner(address.dialect)
    const collect = (most: number) =>
      RequestBody.collect(request.body, longestHolding, (bytes) => {
        held.append(bytes)
        scan.feed(bytes)
        return held.size > most ? "more" : undefined
      })
    if ((yield* collect(firstBytes)) === "more") {
      const taken = yield* Effect.timeoutFail(memory.take(session, size), {
        duration: longestWait,
        onTimeout: () => new BodiesWaiting()
      })
      if ((yield* collect(largestHeld)) === "more") return yield* tooLarge
      yield* taken.keep(held.size)
    }
    const call = CallRequest.read(address, scan.end())
    const edit = CallRequest.askForUsage(call, scan)
    if (edit !== undefined) held.replace(edit.start, edit.end, edit.bytes)
    return {
      http: HttpBody.stream(Stream.suspend(() => Stream.fromIterable(held.parts)), typeOf(request), held.size),
      call: () => call,
      isWhole: () => true,
      failure: () => undefined
    }
  })
