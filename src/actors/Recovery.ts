/** At the start every live session gets its actor back, and sandboxes that nobody owns any more are removed. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Sandbox } from "../services/sandbox/Sandbox.ts"
import { SessionHistory } from "../services/store/SessionHistory.ts"
import { SessionSupervisor } from "./session/SessionSupervisor.ts"

/** How often is looked for runs without a live session. */
const sweepEvery = Schedule.spaced("1 minute")

export const layer = Layer.scopedDiscard(Effect.gen(function*() {
  const history = yield* SessionHistory
  const sandbox = yield* Sandbox
  const supervisor = yield* SessionSupervisor

  const live = yield* history.live
  // in the order in which they were admitted; what is only to be cleaned up needs no admission
  yield* Effect.forEach(live, (id) => Effect.zipRight(supervisor.start(id), supervisor.wake(id)), { discard: true })
  if (live.length > 0) yield* Effect.logInfo(`taken up ${live.length} session(s) that were under way`)

  const sweep = Effect.gen(function*() {
    const alive = new Set(yield* history.live)
    const running = yield* sandbox.sessionsWithRuns
    const orphans = running.filter((id) => !alive.has(id))
    yield* Effect.forEach(orphans, (id) => sandbox.removeRuns(id), { discard: true })
    if (orphans.length > 0) yield* Effect.logInfo(`removed the sandboxes of ${orphans.length} session(s) that are over`)
  }).pipe(Effect.withSpan("Recovery.sweep"))

  // an engine that is not there now is asked again at the next sweep
  yield* sweep.pipe(
    Effect.catchAll((error) => Effect.logWarning(error.message)),
    Effect.repeat(sweepEvery),
    Effect.forkScoped
  )
}))
