/** Workspaces of sessions that ended long ago are removed: what was made in them is pushed, or kept beside the mirror. */
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

/** Whether a session has been over for so long that its workspace is not kept any more. */
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
        // of a session that cannot be looked up nothing is known: `opentl sandbox prune` is for those
        Effect.orElseSucceed(() => false)
      )
    const remove = (id: SessionId) =>
      Effect.if(isUnused(id), {
        // asked once more there, where no turn can begin to use it meanwhile
        onTrue: () => sandbox.removeIdleWorkspace(id, isUnused(id)),
        onFalse: () => Effect.succeed(false)
      }).pipe(
        Effect.catchAll((error) => Effect.as(Effect.logWarning(`session ${id}: ${error.message}`), false))
      )
    const removed = yield* Effect.filter(yield* sandbox.sessionsWithWorkspaces, remove)
    if (removed.length > 0) {
      yield* Effect.logInfo(`removed the workspaces of ${removed.length} session(s) that are over`)
    }
  })

  if (Option.isSome(workspaceRetention)) {
    yield* tasks.run(
      "retention of workspaces",
      sweep(workspaceRetention.value).pipe(
        // an engine that is not there now is asked again at the next sweep
        Effect.catchAll((error) => Effect.logWarning(error.message)),
        Effect.repeat(sweepEvery)
      )
    )
  }
}))
