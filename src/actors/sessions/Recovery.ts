/**
 * At the start every live session gets its actor back, and sandboxes that nobody owns any more are removed. Both are looked
 * at again every minute: an actor that gave up is not the end of its session.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import { logStoreError } from "../../services/store/StoreError.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { SessionSupervisor } from "../session/SessionSupervisor.ts"

/** How often is looked for sessions without an actor, and for runs without a session. */
const sweepEvery = Schedule.spaced("1 minute")

export const layer = Layer.scopedDiscard(Effect.gen(function*() {
  const history = yield* SessionHistory
  const sandbox = yield* Sandbox
  const tasks = yield* BackgroundTasks
  const supervisor = yield* SessionSupervisor

  /**
   * Asks admission for every live session, in the order in which they had it. The actor of one that was running comes
   * back at once, for what needs no admission: a stop that was asked for.
   */
  const takeUp = Effect.tap(history.live, (live) =>
    Effect.forEach(
      live,
      ({ id, status }) =>
        Effect.zipRight(supervisor.start(id), Effect.when(supervisor.wake(id), () => status === "running")),
      { discard: true }
    ))

  const live = yield* takeUp
  if (live.length > 0) yield* Effect.logInfo(`taken up ${live.length} session(s) that were under way`)

  const removeOrphans = Effect.gen(function*() {
    // the runs first: a session that begins one in between is among the live ones
    const running = yield* sandbox.sessionsWithRuns
    const alive = new Set((yield* takeUp).map(({ id }) => id))
    const orphans = running.filter((id) => !alive.has(id))
    yield* Effect.forEach(orphans, (id) => sandbox.removeRuns(id), { discard: true })
    if (orphans.length > 0) yield* Effect.logInfo(`removed the sandboxes of ${orphans.length} session(s) that are over`)
  })

  // an engine or a database that is not there now is asked again at the next sweep
  const sweep = removeOrphans.pipe(
    Effect.catchTag("StoreError", logStoreError),
    Effect.catchAll((error) => Effect.logWarning(error.message)),
    Effect.withSpan("Recovery.sweep")
  )
  yield* tasks.run("recovery", Effect.repeat(sweep, sweepEvery))
}))
