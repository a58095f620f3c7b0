/**
 * At the start every live session that this process works on gets its actor back, and sandboxes without a live session
 * are removed. Both checks are repeated every minute, so that an actor that gave up is not the end of its session.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { SessionId } from "../../domain/Ids.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import { logStoreError } from "../../services/store/StoreError.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { OwnSessions } from "../session/OwnSessions.ts"
import { SessionSupervisor } from "../session/SessionSupervisor.ts"
import { RestingSandboxes } from "../steps/RestingSandboxes.ts"
import { WarmSandboxes } from "../steps/WarmSandboxes.ts"

/** How often to look for sessions without an actor, and for runs without a session. */
const sweepEvery = Schedule.spaced("1 minute")

export const layer = Layer.scopedDiscard(Effect.gen(function*() {
  const history = yield* SessionHistory
  const own = yield* OwnSessions
  const sandbox = yield* Sandbox
  const tasks = yield* BackgroundTasks
  const supervisor = yield* SessionSupervisor
  const resting = yield* RestingSandboxes
  const warm = yield* WarmSandboxes

  /**
   * Requests admission for each of them in the previous order. The actor of a session that was running starts at
   * once, for work that needs no admission, such as a requested stop. Returns all live sessions.
   */
  const takeUp = Effect.tap(history.live, (live) =>
    Effect.forEach(
      live.filter(({ id }) => own.includes(id)),
      ({ id, status }) =>
        Effect.zipRight(supervisor.start(id), Effect.when(supervisor.wake(id), () => status === "running")),
      { discard: true }
    ))

  const resumed = (yield* takeUp).filter(({ id }) => own.includes(id))
  if (resumed.length > 0) yield* Effect.logInfo(`resumed ${resumed.length} session(s)`)

  /** What an earlier server prepared for a session that never came leaves no workspace behind. */
  const removeOrphan = (id: SessionId) =>
    history.get(id).pipe(
      Effect.as(sandbox.removeRuns(id)),
      Effect.catchTag("SessionNotFound", () => Effect.succeed(sandbox.removeWorkspace(id))),
      Effect.flatten
    )

  const removeOrphans = Effect.gen(function*() {
    // read the runs first, so that a session that starts one in between counts as live, and whose they may be later, before
    // the sessions, too
    const running = yield* sandbox.sessionsWithRuns
    const reserved = yield* warm.reserved
    const restedBefore = yield* resting.reserved
    const alive = new Set((yield* takeUp).map(({ id }) => id))
    // a turn may have begun or ended meanwhile
    const rested = new Set([...restedBefore, ...(yield* resting.reserved)])
    const orphans = running.filter((id) => !alive.has(id) && !reserved.has(id) && !rested.has(id))
    const [, removed] = yield* Effect.partition(orphans, (id) =>
      // one that cannot be removed keeps none of the others
      Effect.tapErrorCause(Effect.sandbox(removeOrphan(id)), () =>
        Effect.logWarning(`the sandbox of the ended session ${id} cannot be removed now; it is tried again`)))
    if (removed.length > 0) yield* Effect.logInfo(`removed the sandboxes of ${removed.length} ended session(s)`)
  })

  // an engine or database that is unavailable now is tried again at the next sweep
  const sweep = removeOrphans.pipe(
    Effect.catchTag("StoreError", logStoreError),
    Effect.catchAll((error) => Effect.logWarning(error.message)),
    Effect.withSpan("Recovery.sweep")
  )
  yield* tasks.run("recovery", Effect.repeat(sweep, sweepEvery))
}))
