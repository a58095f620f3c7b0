/**
 * Limits how many sessions run at a time (OPENTL_MAX_SESSIONS); the others wait in order of arrival. A waiting session
 * needs no actor: it is an entry in the queue, and its actor is woken when its turn comes.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as WaitingLine from "./WaitingLine.ts"

export class Admission extends Context.Tag("opentl/actors/session/Admission")<Admission, {
  /** Returns whether the session is admitted, now or already. If not, it joins the queue. */
  readonly request: (session: SessionId) => Effect.Effect<boolean>
  /** Gives up the session's admission, or its position in the queue. */
  readonly release: (session: SessionId) => Effect.Effect<void>
  /** The session's position in the queue, from 1; `undefined` if it is not waiting. */
  readonly position: (session: SessionId) => Effect.Effect<number | undefined>
  /** Waits for the next queued session to be admitted. For a single reader. */
  readonly granted: Effect.Effect<SessionId>
}>() {
  /** Admits as many sessions at a time as configured. */
  static readonly layer = Layer.scoped(
    Admission,
    Effect.gen(function*() {
      const { maxSessions } = yield* AppConfig
      const grants = yield* Effect.acquireRelease(Queue.unbounded<SessionId>(), Queue.shutdown)
      const running = new Set<SessionId>()
      const waiting = WaitingLine.make()

      const admitWaiting = Effect.suspend(() => {
        const admitted: Array<SessionId> = []
        for (let next = waiting.first(); next !== undefined && running.size < maxSessions; next = waiting.first()) {
          waiting.leave(next)
          running.add(next)
          admitted.push(next)
        }
        return Queue.offerAll(grants, admitted)
      })

      return Admission.of({
        request: (session) =>
          Effect.sync(() => {
            if (running.has(session)) return true
            if (waiting.first() !== undefined || running.size >= maxSessions) {
              waiting.join(session)
              return false
            }
            running.add(session)
            return true
          }),
        release: (session) =>
          Effect.suspend(() => {
            waiting.leave(session)
            return running.delete(session) ? Effect.asVoid(admitWaiting) : Effect.void
          }),
        position: (session) => Effect.sync(() => waiting.position(session)),
        granted: Queue.take(grants)
      })
    })
  )

  /** Admits no session: sessions are created and steered, and wait for a process that works. */
  static readonly layerClosed = Layer.succeed(
    Admission,
    Admission.of({
      request: () => Effect.succeed(false),
      release: () => Effect.void,
      position: () => Effect.succeed(undefined),
      granted: Effect.never
    })
  )
}
