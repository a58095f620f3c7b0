/**
 * Who may run: at most so many sessions at a time (OPENTL_MAX_SESSIONS), the others in the order in which they asked. A
 * session that waits here needs no actor: it is a line in the queue, and its actor is woken when its time has come.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"

export class Admission extends Context.Tag("opentl/actors/session/Admission")<Admission, {
  /** Returns whether the session may run now, and goes on to. Where not, it is in the queue from now on. */
  readonly request: (session: SessionId) => Effect.Effect<boolean>
  /** The session runs no more, or does not want to any more. */
  readonly release: (session: SessionId) => Effect.Effect<void>
  /** The session's position in the queue, from 1; `undefined` where it does not wait. */
  readonly position: (session: SessionId) => Effect.Effect<number | undefined>
  /** The next session that waited and may run now. One reader takes them. */
  readonly granted: Effect.Effect<SessionId>
}>() {
  /** As many at a time as the configuration says. */
  static readonly layer = Layer.scoped(
    Admission,
    Effect.gen(function*() {
      const { maxSessions } = yield* AppConfig
      const grants = yield* Effect.acquireRelease(Queue.unbounded<SessionId>(), Queue.shutdown)
      const running = new Set<SessionId>()
      // in the order of arrival
      const waiting = new Set<SessionId>()

      const admitWaiting = Effect.suspend(() => {
        const admitted: Array<SessionId> = []
        for (const session of waiting) {
          if (running.size >= maxSessions) break
          waiting.delete(session)
          running.add(session)
          admitted.push(session)
        }
        return Queue.offerAll(grants, admitted)
      })

      return Admission.of({
        request: (session) =>
          Effect.sync(() => {
            if (running.has(session)) return true
            if (waiting.size > 0 || running.size >= maxSessions) {
              waiting.add(session)
              return false
            }
            running.add(session)
            return true
          }),
        release: (session) =>
          Effect.suspend(() => {
            waiting.delete(session)
            return running.delete(session) ? Effect.asVoid(admitWaiting) : Effect.void
          }),
        position: (session) =>
          Effect.sync(() => {
            if (!waiting.has(session)) return undefined
            let position = 1
            for (const other of waiting) {
              if (other === session) break
              position++
            }
            return position
          }),
        granted: Queue.take(grants)
      })
    })
  )

  /** Nobody runs: sessions are created and steered, and wait for a process that works. */
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
