/**
 * Begins to read what a run has left, while its end is still being settled. To collect it remains a step of its own, which goes
 * on from there.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Step } from "../../domain/NextStep.ts"
import { turnStart } from "../../domain/SessionState.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import { type RunId, Sandbox } from "../../services/sandbox/Sandbox.ts"
import type { StepContext } from "./StepContext.ts"

type RunAgent = Extract<Step, { readonly _tag: "RunAgent" }>

export const make = Effect.gen(function*() {
  const repositories = yield* Repositories
  const { bundleInPlace = () => Effect.succeedNone } = yield* Sandbox

  return Effect.fnUntraced(function*({ claim, state }: StepContext, { turn }: RunAgent, run: RunId) {
    const start = turnStart(state)
    if (start === undefined) return
    const bundle = yield* bundleInPlace(run)
    if (Option.isNone(bundle)) return
    yield* repositories.beginImport(state.spec.repo, bundle.value, {
      session: claim.sessionId,
      branch: state.branch,
      start,
      parent: turn.rounds?.kept
    })
  })
})
