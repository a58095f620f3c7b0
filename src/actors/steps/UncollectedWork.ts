/**
 * Collects the work of an agent whose turn was stopped, timed out or failed. It stays in the workspace for the next
 * turn, and is also extracted for people to see: the sandbox runs once more, only to pack it.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ChangesCollected } from "../../domain/SessionEvent.ts"
import { turnStart } from "../../domain/SessionState.ts"
import { uncollectedRound } from "../../domain/UncollectedWork.ts"
import { DayBudget } from "../../services/budget/DayBudget.ts"
import * as CommitMessage from "../../services/forge/CommitMessage.ts"
import { Gateway } from "../../services/gateway/Gateway.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import { type InputFile, type RunId, Sandbox } from "../../services/sandbox/Sandbox.ts"
import { Attachment } from "../../services/store/SessionStore.ts"
import { recordCall, usageRecorded } from "./Budget.ts"
import type { RecordFailure, StepContext } from "./StepContext.ts"

/** Somebody is waiting for the turn to end: work that takes longer to pack stays in the workspace. */
const limit = "10 seconds"

/** The agent of a run that only packs: a command that does nothing. */
export const packing = { OPENTL_AGENT: "command", OPENTL_AGENT_COMMAND: ":" }

const message = "Work of a turn that did not come to its end"
const inputs: ReadonlyArray<InputFile> = [
  { path: "in/prompt.md", content: { _tag: "Text", text: message } },
  { path: "in/commit-message.txt", content: { _tag: "Text", text: message } }
]

export const make = Effect.gen(function*() {
  const day = yield* DayBudget
  const gateway = yield* Gateway
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox

  /** Runs the sandbox on the workspace and returns the resulting bundle, for the lifetime of the scope. */
  const pack = Effect.fnUntraced(function*(context: StepContext, run: RunId, start: string) {
    const { claim: { sessionId }, record, state } = context
    const { directory } = yield* gateway.open({
      sessionId,
      remainingUsd: 0,
      counted: state.countedCalls,
      // of calls of the agent that an earlier server left running
      onUsage: (call) => recordCall(record, usageRecorded(state, { turn: run.turn, source: "agent" }, call))
    })
    yield* day.counted(sessionId)
    yield* sandbox.removeRuns(sessionId)
    if (!(yield* sandbox.hasRepository(sessionId))) return Option.none()
    yield* sandbox.start({
      run,
      gatewayDirectory: directory,
      inputs,
      environment: {
        ...packing,
        OPENTL_SESSION: sessionId,
        OPENTL_TURN: String(run.turn),
        OPENTL_ROUND: String(run.round),
        OPENTL_BRANCH: state.branch,
        OPENTL_START_COMMIT: start,
        ...(state.pushedTurn === undefined ? {} : { OPENTL_PUSHED_TURN: String(state.pushedTurn) }),
        OPENTL_AUTHOR_NAME: CommitMessage.author.name,
        OPENTL_AUTHOR_EMAIL: CommitMessage.author.email
      }
    })
    const { code } = yield* sandbox.exit(run)
    return code === 0 ? yield* sandbox.bundle(run) : Option.none()
  })

  const take = Effect.fnUntraced(
    function*(context: StepContext, run: RunId) {
      const { record, state } = context
      const start = turnStart(state)
      if (state.origin === undefined || start === undefined) return
      const bundle = yield* pack(context, run, start)
      if (Option.isNone(bundle)) return
      const commit = yield* repositories.importBundle(state.spec.repo, bundle.value, {
        session: run.sessionId,
        branch: state.branch,
        start,
        date: yield* DateTime.now,
        author: CommitMessage.author,
        message: () => Effect.succeed(message)
      })
      if (commit === start) return
      const { deletions, files, insertions, patch, stat } = yield* repositories.diff(
        state.spec.repo,
        state.origin.commit,
        commit
      )
      const at = { turn: run.turn, round: run.round }
      yield* record(
        [ChangesCollected.make({ ...at, changes: { commit, files, insertions, deletions }, stat })],
        Attachment.Patch({ ...at, patch })
      )
    },
    Effect.scoped,
    Effect.timeoutOption(limit)
  )

  /**
   * Records the changes that exist only in the workspace. If they cannot be extracted now, they stay there; that is not
   * a failure.
   */
  const collect = Effect.fn("UncollectedWork.collect")(function*(
    context: StepContext,
    turn: number
  ): Effect.fn.Return<void, RecordFailure> {
    const round = uncollectedRound(context.state)
    if (round === undefined) return
    const taken = yield* Effect.either(take(context, { sessionId: context.claim.sessionId, turn, round }))
    if (taken._tag === "Right") return
    const error = taken.left
    if (error._tag === "SessionLost" || error._tag === "StoreError") return yield* error
    yield* Effect.logDebug(`the work of a turn stays in its workspace: ${error.message}`)
  })

  return { collect }
})
