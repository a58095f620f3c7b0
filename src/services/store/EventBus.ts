/**
 * The doorbell. It announces that a session's log has grown, and up to which event; the events are read from the log.
 * So a slow listener loses nothing and costs no memory, and only this changes with several machines.
 *
 * A ring may bring the lines that were stored just now (`FreshLines.ts`), so that who follows a session live need not read them again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Queue from "effect/Queue"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"
import * as Bell from "../support/Bell.ts"
import type { FreshLines } from "./FreshLines.ts"

/** A ring may get lost, so all listeners are woken this often without one. */
const wakeEvery = "5 seconds"

/** Brings with a ring what was stored, where it can. */
export type SessionBell = Bell.Bell<FreshLines>

export class EventBus extends Context.Tag("opentl/services/store/EventBus")<EventBus, {
  /** The session's log has grown; by these lines, where nothing else was stored. */
  readonly ring: (session: SessionId, lines?: FreshLines) => Effect.Effect<void>
  /** The rings of one session, for the lifetime of the scope. */
  readonly listen: (session: SessionId) => Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
  /** The session's bell, for the lifetime of the scope. For many listeners to one session, each at almost no cost. */
  readonly bell: (session: SessionId) => Effect.Effect<SessionBell, never, Scope.Scope>
  /**
   * The rings of all sessions, for the lifetime of the scope. Rings may be merged, so check everything now and then.
   */
  readonly listenAll: Effect.Effect<Queue.Dequeue<SessionId>, never, Scope.Scope>
}>() {
  static readonly layer = Layer.scoped(
    EventBus,
    Effect.gen(function*() {
      const tasks = yield* BackgroundTasks
      const all = yield* Effect.acquireRelease(PubSub.sliding<SessionId>(1024), PubSub.shutdown)
      const bells = new Set<SessionBell>()
      /** The sessions to which somebody listens: a new one is rung for nobody, so its ring must cost nothing. */
      const heard = new Set<SessionId>()
      /** Rings when the first listener arrives. */
      const someone = Bell.make()
      // one bell per session, which exists while somebody listens; one waiting ring is as good as many
      const listened = yield* RcMap.make({
        lookup: (session: SessionId) =>
          Effect.all({
            rings: Effect.acquireRelease(PubSub.sliding<void>(1), PubSub.shutdown),
            bell: Effect.acquireRelease(
              Effect.sync(() => {
                const bell = Bell.make<FreshLines>()
                bells.add(bell)
                heard.add(session)
                someone.ring()
                return bell
              }),
              (bell) =>
                Effect.sync(() => {
                  bells.delete(bell)
                  heard.delete(session)
                  bell.close()
                })
            )
          })
      })
      const wake = Effect.delay(Effect.sync(() => bells.forEach((bell) => bell.ring())), wakeEvery)
      yield* tasks.run(
        "doorbell",
        Effect.forever(Effect.suspend(() => bells.size === 0 ? someone.after(someone.strokes()) : wake))
      )
      const ringHeard = Effect.fnUntraced(function*(session: SessionId, lines: FreshLines | undefined) {
        if (!(yield* RcMap.has(listened, session))) return
        yield* Effect.scoped(Effect.flatMap(RcMap.get(listened, session), ({ bell, rings }) => {
          bell.ring(lines)
          return PubSub.publish(rings, undefined)
        }))
      })
      return EventBus.of({
        ring: (session, lines) =>
          Effect.flatMap(
            PubSub.publish(all, session),
            () => heard.has(session) ? ringHeard(session, lines) : Effect.void
          ),
        listen: (session) => Effect.flatMap(RcMap.get(listened, session), ({ rings }) => PubSub.subscribe(rings)),
        bell: (session) => Effect.map(RcMap.get(listened, session), ({ bell }) => bell),
        listenAll: PubSub.subscribe(all)
      })
    })
  )
}
