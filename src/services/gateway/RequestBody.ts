/**
 * Reads the body of a request from a sandbox: without a fiber for each part, as the client chooses how it is split, and
 * with time limits for a slow client.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Readable, Transform } from "node:stream"
import { ConnectionError } from "./GatewayServer.ts"

/** The client stopped sending, or took too long. */
export class BodyTimedOut extends Schema.TaggedError<BodyTimedOut>()("BodyTimedOut", { after: Schema.String }) {
  override get message() {
    return `The request's body did not come within ${this.after}.`
  }
}

/** How long a client may send nothing, and how often that is checked. */
const idle = Duration.seconds(30)
const lookEvery = Duration.seconds(5)

/**
 * A body in this many parts of so few bytes is no accident. Reading a part costs the same however small it is, and all
 * parts of a socket are read in one go, so the connection is closed at once, without a reply.
 */
const fewParts = 256
const smallPart = 128

const isFlood = (parts: number, bytes: number): boolean => parts > fewParts && bytes < parts * smallPart

/** Fails when a body has stalled for half a minute, or taken too long. */
const watch = (parts: () => number, longest: Duration.Duration): Effect.Effect<never, BodyTimedOut> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) => {
    let last = { parts: -1, at: start }
    const late = (after: Duration.Duration) => new BodyTimedOut({ after: Duration.format(after) })
    return Clock.currentTimeMillis.pipe(
      Effect.flatMap((now) => {
        if (parts() !== last.parts) last = { parts: parts(), at: now }
        return now - last.at >= Duration.toMillis(idle)
          ? late(idle)
          : now - start >= Duration.toMillis(longest)
          ? late(longest)
          : Effect.sleep(lookEvery)
      }),
      Effect.forever
    )
  })

const gone = (cause?: unknown) =>
  new ConnectionError({ reason: cause instanceof Error ? cause.message : "the client disconnected" })

/** Passes on a body part by part, to its end or to the first part for which something is returned. */
export const collect = <A>(
  body: Readable,
  longest: Duration.Duration,
  onPart: (bytes: Uint8Array) => A | undefined
): Effect.Effect<A | undefined, BodyTimedOut | ConnectionError> =>
  Effect.suspend(() => {
    let parts = 0
    let size = 0
    const reading = Effect.async<A | undefined, ConnectionError>((resume) => {
      const stop = () => {
        body.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone).pause()
      }
      const onData = (bytes: Uint8Array) => {
        parts++
        size += bytes.length
        if (isFlood(parts, size)) {
          body.destroy()
          return onGone()
        }
        const last = onPart(bytes)
        if (last === undefined) return
        stop()
        resume(Effect.succeed(last))
      }
      const onEnd = () => {
        stop()
        resume(Effect.succeed(undefined))
      }
      const onGone = (cause?: unknown) => {
        stop()
        resume(gone(cause))
      }
      if (body.readableEnded) return resume(Effect.succeed(undefined))
      body.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone).resume()
      return Effect.sync(stop)
    })
    return Effect.raceFirst(reading, watch(() => parts, longest))
  })

export interface Passing {
  /** The body as it arrives, at the reader's pace; an error if it ends early. */
  readonly readable: Readable
  /** Whether it arrived completely. */
  readonly isWhole: () => boolean
  /** Why it ended early. */
  readonly failure: () => BodyTimedOut | ConnectionError | undefined
}

/** Passes a body on, and shows each part that passes. */
export const pass = (
  body: Readable,
  longest: Duration.Duration,
  onPart: (bytes: Uint8Array) => void
): Effect.Effect<Passing, never, Scope.Scope> =>
  Effect.gen(function*() {
    let parts = 0
    let size = 0
    let isWhole = false
    let failure: BodyTimedOut | ConnectionError | undefined = undefined
    const readable = new Transform({
      transform(bytes: Uint8Array, _, next) {
        parts++
        size += bytes.length
        if (isFlood(parts, size)) body.destroy()
        onPart(bytes)
        next(null, bytes)
      },
      flush(next) {
        isWhole = true
        next()
      }
    })
    const fail = (error: BodyTimedOut | ConnectionError) => {
      failure ??= error
      readable.destroy(error)
    }
    const onGone = (cause?: unknown) => {
      if (!body.readableEnded) fail(gone(cause))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        readable.on("error", () => {})
        body.on("error", onGone).on("close", onGone).pipe(readable)
      }),
      () =>
        Effect.sync(() => {
          body.off("error", onGone).off("close", onGone).unpipe(readable)
          readable.destroy()
        })
    )
    const watching = Effect.catchAll(
      Effect.raceFirst(
        watch(() => parts, longest),
        Effect.async<void>((resume) => {
          readable.once("close", () => resume(Effect.void)).once("end", () => resume(Effect.void))
        })
      ),
      (error) => Effect.sync(() => fail(error))
    )
    // the request's fiber outlives it
    yield* Effect.acquireRelease(Effect.fork(Effect.interruptible(watching)), Fiber.interrupt)
    return { readable, isWhole: () => isWhole, failure: () => failure }
  })
