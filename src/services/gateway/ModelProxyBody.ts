/**
 * The body of a model call on its way out. Most bodies stream through. One that must be known before the call goes out
 * (under a budget), or is changed (a streamed chat), is held first: within the memory that `BodyMemory` gives, and no
 * longer than until the API has begun to answer.
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
import type { Dialect } from "./UsageMeter.ts"

/** A body that has to be held is larger than the providers take. */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", { limitBytes: Schema.Int }) {
  override get message() {
    return `The request is larger than ${this.limitBytes / 1024 ** 2} MiB.`
  }
}

/** Too many bodies are held already. */
export class BodiesWaiting extends Schema.TaggedError<BodiesWaiting>()("BodiesWaiting", {}) {
  override get message() {
    return "Too many large requests are under way; try again."
  }
}

/** A body as it is sent on. */
export interface Body {
  readonly http: HttpBody.HttpBody
  /** What it says, as far as it came. */
  readonly call: () => CallRequest.CallRequest
  /** Whether it came to its end. */
  readonly isWhole: () => boolean
  /** Why it did not. */
  readonly failure: () => RequestBody.BodyTimedOut | ConnectionError | undefined
}

export const largestHeld = 32 * 1024 * 1024

/** How long a whole body may take: a held one comes from this machine, one that passes goes at the API's pace. */
const longestHolding = Duration.minutes(2)
const longestPassing = Duration.minutes(10)
/** How long a body waits for memory to be held in. */
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

/** Sends a body on as it comes. */
export const stream = (request: Request): Effect.Effect<HttpBody.HttpBody, never, Scope.Scope> =>
  request.method === "GET" || request.method === "HEAD"
    ? Effect.succeed(HttpBody.empty)
    : Effect.map(passing(request, () => {}), ({ http }) => http)

/** Sends a call's body on as it comes, and reads what it says on the way. */
export const pass = (request: Request, dialect: Dialect): Effect.Effect<Body, never, Scope.Scope> =>
  Effect.suspend(() => {
    const scan = CallRequest.scanner(dialect)
    return Effect.map(passing(request, (bytes) => void scan.feed(bytes)), (body) => ({
      ...body,
      call: () => CallRequest.read(dialect, scan.end())
    }))
  })

/** So much of each body is read at once: a small one never waits. */
const firstBytes = 16 * 1024

/** Holds a call's body for as long as the scope. The rest of one that is refused is not read. */
export const hold = (
  memory: BodyMemory,
  session: SessionId,
  request: Request,
  dialect: Dialect
): Effect.Effect<
  Body,
  BodyTooLarge | RequestBody.BodyTimedOut | BodiesWaiting | ConnectionError,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const tooLarge = new BodyTooLarge({ limitBytes: largestHeld })
    // one that does not say its size may come to the largest
    const size = lengthOf(request) ?? largestHeld
    if (size > largestHeld) return yield* tooLarge
    const held = yield* Effect.acquireRelease(
      Effect.sync(() => new HeldBytes()),
      (held) => Effect.sync(() => held.release())
    )
    const scan = CallRequest.scanner(dialect)
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
    const call = CallRequest.read(dialect, scan.end())
    const edit = CallRequest.askForUsage(call, scan)
    if (edit !== undefined) held.replace(edit.start, edit.end, edit.bytes)
    return {
      http: HttpBody.stream(Stream.suspend(() => Stream.fromIterable(held.parts)), typeOf(request), held.size),
      call: () => call,
      isWhole: () => true,
      failure: () => undefined
    }
  })
