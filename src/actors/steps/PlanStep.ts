/** Asks the model for a plan. Without a model the plan is skipped, and an event says so. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { remainingUsd } from "../../domain/Budget.ts"
import type { Step } from "../../domain/NextStep.ts"
import * as Plan from "../../domain/Plan.ts"
import { show as showRepository } from "../../domain/Repository.ts"
import { PlanProduced, PlanSkipped } from "../../domain/SessionEvent.ts"
import { turnStart } from "../../domain/SessionState.ts"
import * as BaseConfiguration from "../../services/git/BaseConfiguration.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import { LanguageModel } from "../../services/model/LanguageModel.ts"
import { noModel } from "../../services/model/ModelChoice.ts"
import * as Prompts from "../../services/model/Prompts.ts"
import { fenceTag } from "../../services/model/PromptText.ts"
import { type ModelUse, usageRecorded } from "./Budget.ts"
import * as BudgetPause from "./BudgetPause.ts"
import type { Perform } from "./StepContext.ts"

/** How much of the repository's file list and readme the planner sees, in characters. */
const overviewLimit = 24_000

const noConfiguration: BaseConfiguration.BaseConfiguration = { config: {}, guidelines: [] }

export const make = Effect.gen(function*() {
  const budget = yield* BudgetPause.make
  const model = yield* LanguageModel
  const repositories = yield* Repositories
  const configurationOf = yield* BaseConfiguration.make

  const perform: Perform<Extract<Step, { readonly _tag: "MakePlan" }>> = Effect.fn("PlanStep.perform")(
    function*(context, step) {
      const { rejections, turn } = step
      const { record, state } = context
      const { spec } = state
      if (model.provider === "none") {
        const reason = model.missing ?? noModel
        yield* record([PlanSkipped.make({ turn: turn.number, reason })])
        return
      }
      if (yield* budget.ifReached(context, turn)) return
      const commit = turnStart(state)
      const { config, guidelines } = commit === undefined
        ? noConfiguration
        : yield* configurationOf(spec.repo, state.origin?.commit ?? commit)
      const overview = commit === undefined ? "" : yield* repositories.overview(spec.repo, commit, overviewLimit)
      const question = Prompts.planQuestion({
        tag: yield* fenceTag,
        repo: showRepository(spec.repo),
        prompt: turn.prompt,
        firstPrompt: turn.number === 1 ? undefined : spec.prompt,
        previousPlan: state.plan,
        overview,
        rejections,
        instructions: config.instructions,
        guidelines
      })
      const used = (use: ModelUse) => usageRecorded(state, { turn: turn.number, source: "plan" }, use)
      const day = Option.getOrUndefined(budget.day.account)
      /** With room again by now, the step is performed again at once. */
      const waitOrRepeat = () =>
        Effect.flatMap(budget.ifReached(context, turn), (waits) => waits ? Effect.void : perform(context, step))
      yield* model.ask({ ...question, remainingUsd: remainingUsd(state), day }).pipe(
        Effect.flatMap(({ model, usage, value }) =>
          record([used({ model, usage }), PlanProduced.make({ turn: turn.number, plan: Plan.fromAnswer(value) })])
        ),
        Effect.catchTags({
          UnreadableAnswer: Effect.fnUntraced(function*({ message, model, usage }) {
            yield* record([used({ model, usage })])
            if (yield* budget.ifReached(context, turn)) return
            yield* record([PlanSkipped.make({ turn: turn.number, reason: message })])
          }),
          LanguageModelError: (error) =>
            Effect.zipRight(
              error.spent === undefined ? Effect.void : record([used({ ...error.spent, estimated: true })]),
              Effect.fail(error)
            ),
          // somebody else has spent the rest
          DayBudgetSpent: waitOrRepeat,
          DayBudgetUnknown: waitOrRepeat
        })
      )
    },
    Effect.scoped
  )
  return perform
})
