/** Asks the model to review the diff. What could not be reviewed is reported, and never counts as approved. */
import * as Effect from "effect/Effect"
import type { Step } from "../../domain/NextStep.ts"
import * as Review from "../../domain/Review.ts"
import { type Changes, ReviewHeld } from "../../domain/SessionEvent.ts"
import * as BaseConfiguration from "../../services/git/BaseConfiguration.ts"
import { GitError, Repositories } from "../../services/git/Repositories.ts"
import { LanguageModel } from "../../services/model/LanguageModel.ts"
import { noModel } from "../../services/model/ModelChoice.ts"
import { patchExcerpt } from "../../services/model/PatchExcerpt.ts"
import * as Prompts from "../../services/model/Prompts.ts"
import { fenceTag } from "../../services/model/PromptText.ts"
import { BudgetSpent, isSpent, type ModelUse, remainingUsd, usageRecorded } from "./Budget.ts"
import type { Perform, StepContext } from "./StepContext.ts"

export const make = Effect.gen(function*() {
  const model = yield* LanguageModel
  const repositories = yield* Repositories
  const configurationOf = yield* BaseConfiguration.make

  /** The whole branch is reviewed: a follow-up must fit what is already there. */
  const diffOf = ({ state }: StepContext, changes: Changes) =>
    state.origin === undefined
      ? new GitError({ operation: "diff", reason: "the session has no base commit" })
      : repositories.diff(state.spec.repo, state.origin.commit, changes.commit)

  const perform: Perform<Extract<Step, { readonly _tag: "ReviewChanges" }>> = Effect.fn("ReviewStep.perform")(
    function*(context, { changes, run, turn, verification }) {
      const { record, state } = context
      const at = { turn: turn.number, round: run.round, commit: changes.commit }
      const skip = (reason: string) =>
        Effect.asVoid(record([ReviewHeld.make({ ...at, review: { _tag: "Skipped", reason } })]))
      if (state.spec.reviewRounds === 0) return yield* skip("reviews are switched off (OPENTL_REVIEW_ROUNDS=0)")
      // a draft that says which; nobody pays for a review of it
      if (verification.outcome === "failed") return yield* skip("checks fail, and no round is left to mend them")
      if (model.provider === "none") {
        return yield* skip(model.missing ?? noModel)
      }
      if (isSpent(state)) {
        const reason = new BudgetSpent({ budgetUsd: state.spec.budgetUsd ?? 0 }).message
        yield* record([ReviewHeld.make({ ...at, review: { _tag: "Unreadable", reason } })])
        return
      }
      const diff = yield* diffOf(context, changes)
      const { config, guidelines } = state.origin === undefined
        ? { config: {}, guidelines: [] }
        : yield* configurationOf(state.spec.repo, state.origin.commit)
      const excerpt = patchExcerpt(diff, Prompts.patchLimit)
      const question = Prompts.reviewQuestion({
        tag: yield* fenceTag,
        prompt: turn.prompt,
        firstPrompt: turn.number === 1 ? undefined : state.spec.prompt,
        plan: turn.plan,
        diff: excerpt,
        stat: diff.stat,
        answer: run.answer,
        earlier: turn.reviews,
        instructions: config.instructions,
        guidelines
      })
      const used = (use: ModelUse) => usageRecorded(state, { turn: turn.number, source: "review" }, use)
      yield* model.ask({ ...question, remainingUsd: remainingUsd(state) }).pipe(
        Effect.matchEffect({
          onSuccess: ({ model, usage, value }) =>
            record([
              used({ model, usage }),
              ReviewHeld.make({ ...at, review: Review.fromAnswer(value, excerpt.unseen) })
            ]),
          onFailure: (error) =>
            record([
              ...(error._tag === "UnreadableAnswer" ? [used(error)] : []),
              ...(error._tag === "LanguageModelError" && error.spent !== undefined
                ? [used({ ...error.spent, estimated: true })]
                : []),
              ReviewHeld.make({ ...at, review: { _tag: "Unreadable", reason: error.message } })
            ])
        })
      )
    }
  )
  return perform
})
