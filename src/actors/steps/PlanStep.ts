/** Asks the model for a plan. Without a model the plan is skipped, and an event says so. */
import * as Effect from "effect/Effect"
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
import { BudgetSpent, isSpent, type ModelUse, remainingUsd, usageRecorded } from "./Budget.ts"
import type { Perform } from "./StepContext.ts"

/** How much of the repository's file list and readme the planner sees, in characters. */
const overviewLimit = 24_000

const noConfiguration: BaseConfiguration.BaseConfiguration = { config: {}, guidelines: [] }

export const make = Effect.gen(function*() {
  const model = yield* LanguageModel
  const repositories = yield* Repositories
  const configurationOf = yield* BaseConfiguration.make

  const perform: Perform<Extract<Step, { readonly _tag: "MakePlan" }>> = Effect.fn("PlanStep.perform")(
    function*({ record, state }, { rejections, turn }) {
      const { spec } = state
      if (model.provider === "none") {
        const reason = model.missing ?? noModel
        yield* record([PlanSkipped.make({ turn: turn.number, reason })])
        return
      }
      if (isSpent(state)) return yield* new BudgetSpent({ budgetUsd: state.spec.budgetUsd ?? 0 })
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
      yield* model.ask({ ...question, remainingUsd: remainingUsd(state) }).pipe(
        Effect.flatMap(({ model, usage, value }) =>
          record([used({ model, usage }), PlanProduced.make({ turn: turn.number, plan: Plan.fromAnswer(value) })])
        ),
        Effect.catchTags({
          UnreadableAnswer: ({ message, model, usage }) =>
            record([used({ model, usage }), PlanSkipped.make({ turn: turn.number, reason: message })]),
          LanguageModelError: (error) =>
            Effect.zipRight(
              error.spent === undefined ? Effect.void : record([used({ ...error.spent, estimated: true })]),
              Effect.fail(error)
            )
        })
      )
    }
  )
  return perform
})
