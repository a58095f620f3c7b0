/** Asks the model to review the diff. What could not be reviewed is reported, and never counts as approved. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { remainingUsd } from "../../domain/Budget.ts"
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
import { type ModelUse, usageRecorded } from "./Budget.ts"
import * as BudgetPause from "./BudgetPause.ts"
import type { Perform, StepContext } from "./StepContext.ts"

type AskFailure = Effect.Effect.Error<ReturnType<LanguageModel["Type"]["ask"]>>

/** What a question has cost that got no answer. */
const usesOf = (error: AskFailure): ReadonlyArray<ModelUse> =>
  error._tag === "UnreadableAnswer"
    ? [error]
    : error._tag === "LanguageModelError" && error.spent !== undefined
    ? [{ ...error.spent, estimated: true }]
    : []

export const make = Effect.gen(function*() {
  const budget = yield* BudgetPause.make
  const model = yield* LanguageModel
  const repositories = yield* Repositories
  const configurationOf = yield* BaseConfiguration.make

  /** The whole branch is reviewed: a follow-up must fit what is already there. */
  const diffOf = ({ state }: StepContext, changes: Changes) =>
    state.origin === undefined
      ? new GitError({ operation: "diff", reason: "the session has no base commit" })
      : repositories.diff(state.spec.repo, state.origin.commit, changes.commit)

  const perform: Perform<Extract<Step, { readonly _tag: "ReviewChanges" }>> = Effect.fn("ReviewStep.perform")(
    function*(context, step) {
      const { changes, run, turn, verification } = step
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
      if (yield* budget.ifReached(context, turn)) return
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
      const day = Option.getOrUndefined(budget.day.account)
      yield* model.ask({ ...question, remainingUsd: remainingUsd(state), day }).pipe(
        Effect.matchEffect({
          onSuccess: ({ model, usage, value }) =>
            record([
              used({ model, usage }),
              ReviewHeld.make({ ...at, review: Review.fromAnswer(value, excerpt.unseen) })
            ]),
          onFailure: Effect.fnUntraced(function*(error) {
            yield* record(usesOf(error).map(used))
            // what a budget kept from an answer is asked again
            if (yield* budget.ifReached(context, turn)) return
            if (error._tag === "DayBudgetSpent" || error._tag === "DayBudgetUnknown") {
              return yield* perform(context, step)
            }
            yield* record([ReviewHeld.make({ ...at, review: { _tag: "Unreadable", reason: error.message } })])
          })
        })
      )
    },
    Effect.scoped
  )
  return perform
})
