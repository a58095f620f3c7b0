/**
 * What an agent had done when its turn was stopped, timed out or failed. It stays in the workspace for the next turn; here
 * it is also taken out, so that it can be looked at: the sandbox runs once more, with nothing to do but to pack what is there.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ChangesCollected } from "../../domain/SessionEvent.ts"
import { turnStart } from "../../domain/SessionState.ts"
import { uncollectedRound } from "../../domain/UncollectedWork.ts"
import { Gateway } from "../../services/gateway/Gateway.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import * as Prompts from "../../services/model/Prompts.ts"
import { type InputFile, type RunId, Sandbox } from "../../services/sandbox/Sandbox.ts"
import type { RecordFailure, StepContext } from "./StepContext.ts"

/** Somebody waits for the turn's end: what takes longer stays where it is. */
const limit = "10 seconds"

/** The agent of a run that only packs. */
export const packing = { OPENTL_AGENT: "command", OPENTL_AGENT_COMMAND: ":" }

const message = "Work of a turn that did not come to its end"
const inputs: ReadonlyArray<InputFile> = [
  { path: "in/prompt.md", content: { _tag: "Text", text: message } },
  { path: "in/commit-message.txt", content: { _tag: "Text", text: message } }
]

export const make = Effect.gen(function*() {
  const gateway = yield* Gateway
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox

  /** Runs the sandbox to its end on what is there; the bundle of it, for as long as the scope. */
  const pack = Effect.fnUntraced(function*({ claim: { sessionId }, state }: StepContext, run: RunId, start: string) {
    const { directory } = yield* gateway.open({ sessionId, remainingUsd: 0, onUsage: () => Effect.void })
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
        OPENTL_AUTHOR_NAME: Prompts.author.name,
        OPENTL_AUTHOR_EMAIL: Prompts.author.email
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
        author: Prompts.author,
        message: () => message
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
        { ...at, patch }
      )
    },
    Effect.scoped,
    Effect.timeoutOption(limit)
  )

  /** Records the changes that only the workspace has. That they cannot be taken out now is no failure: there they stay. */
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
