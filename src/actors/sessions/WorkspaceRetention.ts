/** Removes the workspaces of sessions that ended long ago: their work has been pushed, or is kept in the mirror. */
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { SessionId } from "../../domain/Ids.ts"
import type { Session } from "../../domain/Session.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"

const sweepEvery = Schedule.spaced("10 minutes")

/** Whether a session ended so long ago that its workspace is no longer kept. */
export const isPast = (session: Session, retention: Duration.Duration, now: DateTime.Utc): boolean =>
  session.isEnded &&
  DateTime.lessThanOrEqualTo(DateTime.addDuration(session.endedAt ?? session.updatedAt, retention), now)

export const layer = Layer.scopedDiscard(Effect.gen(function*() {
  const { workspaceRetention } = yield* AppConfig
  const history = yield* SessionHistory
  const sandbox = yield* Sandbox
  const tasks = yield* BackgroundTasks

  const sweep = Effect.fn("WorkspaceRetention.sweep")(function*(retention: Duration.Duration) {
    const isUnused = (id: SessionId) =>
      Effect.zipWith(history.get(id), DateTime.now, (session, now) => isPast(session, retention, now)).pipe(
        // nothing is known about a session that cannot be looked up: `opentl sandbox prune` handles those
        Effect.orElseSucceed(() => false)
      )
    const remove = (id: SessionId) =>
      Effect.if(isUnused(id), {
        // checked again there, where no turn can start to use it meanwhile
        onTrue: () => sandbox.removeIdleWorkspace(id, isUnused(id)),
        onFalse: () => Effect.succeed(false)
      }).pipe(
        Effect.catchAll((error) => Effect.as(Effect.logWarning(`session ${id}: ${error.message}`), false))
      )
    const removed = yield* Effect.filter(yield* sandbox.sessionsWithWorkspaces, remove)
    if (removed.length > 0) {
      yield* Effect.logInfo(`removed the workspaces of ${removed.length} ended session(s)`)
    }
  })

  if (Option.isSome(workspaceRetention)) {
    yield* tasks.run(
      "retention of workspaces",
      sweep(workspaceRetention.value).pipe(
        // an engine that is unavailable now is tried again at the next sweep
        Effect.catchAll((error) => Effect.logWarning(error.message)),
        Effect.repeat(sweepEvery)
      )
    )
  }
}))
