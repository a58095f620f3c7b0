/** Looks for secrets in what the session would push: the whole branch, as the pull request shows it. */
import * as Effect from "effect/Effect"
import { isClean } from "../../domain/Gate.ts"
import type { Step } from "../../domain/NextStep.ts"
import { withoutSecrets } from "../../domain/PatchRedaction.ts"
import { GateHeld } from "../../domain/SessionEvent.ts"
import { SecretScanner } from "../../services/gate/SecretScanner.ts"
import { GitError, Repositories } from "../../services/git/Repositories.ts"
import { Attachment } from "../../services/store/SessionStore.ts"
import type { Perform } from "./StepContext.ts"

export const make = Effect.gen(function*() {
  const repositories = yield* Repositories
  const scanner = yield* SecretScanner

  const perform: Perform<Extract<Step, { readonly _tag: "ScanChanges" }>> = Effect.fn("GateStep.perform")(
    function*({ record, state }, { changes, run, turn }) {
      if (state.origin === undefined) {
        return yield* new GitError({ operation: "diff", reason: "the session has no base commit" })
      }
      const diff = yield* repositories.diff(state.spec.repo, state.origin.commit, changes.commit)
      const gate = yield* scanner.scan(diff.patch, diff.changed)
      const at = { turn: turn.number, round: run.round }
      yield* record(
        [GateHeld.make({ ...at, commit: changes.commit, gate })],
        // what people can ask for was stored before anybody had looked
        isClean(gate) ? undefined : Attachment.Patch({ ...at, patch: withoutSecrets(diff.patch, gate) })
      )
    }
  )
  return perform
})
