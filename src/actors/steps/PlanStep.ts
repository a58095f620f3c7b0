/** Asks the model for a plan. Without a model the plan is skipped, and an event says so. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Step } from "../../domain/NextStep.ts"
import * as Planned from "../../domain/Planned.ts"
import { mayAsk } from "../../domain/QuestionWait.ts"
import { show as showRepository } from "../../domain/Repository.ts"
import { PlanProduced, PlanSkipped, QuestionsAsked } from "../../domain/SessionEvent.ts"
import { type Turn, turnStart } from "../../domain/SessionState.ts"
import { type BaseConfiguration, BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import { LanguageModel } from "../../services/model/LanguageModel.ts"
import { noModel } from "../../services/model/ModelChoice.ts"
import * as Prompts from "../../services/model/Prompts.ts"
import { fenceTag } from "../../services/model/PromptText.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import * as BudgetPause from "./BudgetPause.ts"
import * as ModelWords from "./ModelWords.ts"
import * as OwnCalls from "./OwnCalls.ts"
import type { Perform, StepContext } from "./StepContext.ts"

/** How much of the repository's file list and readme the planner sees, in characters. */
const overviewLimit = 24_000

const noConfiguration: BaseConfiguration = { config: {}, guidelines: [] }

export const make = Effect.gen(function*() {
  const budget = yield* BudgetPause.make
  const ownCalls = yield* OwnCalls.make
  const model = yield* LanguageModel
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox
  const { read: configurationOf } = yield* BaseConfigurations
  const withoutSecrets = yield* ModelWords.make

  /** Whoever waits for a person has no sandbox, not even one that is being prepared. */
  const questionsAsked = Effect.fnUntraced(function*(
    { claim, state }: StepContext,
    turn: Turn,
    { assumptions, questions }: Extract<Planned.Planned, { readonly _tag: "Questions" }>
  ) {
    yield* Effect.ignoreLogged(sandbox.removeRuns(claim.sessionId))
    const now = yield* DateTime.now
    return QuestionsAsked.make({
      turn: turn.number,
      questions: yield* withoutSecrets.texts(questions),
      ...(assumptions === undefined ? {} : { assumptions: yield* withoutSecrets.texts(assumptions) }),
      until: DateTime.addDuration(now, state.spec.questionMillis ?? 0),
      remainingMillis: Math.max(0, DateTime.distance(now, turn.deadline))
    })
  })

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
      const calls = yield* ownCalls.open(context, { turn: turn.number, source: "plan" })
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
        mayAsk: mayAsk(state, turn),
        instructions: config.instructions,
        guidelines
      })
      const { answer, keep } = yield* mayAsk(state, turn)
        ? calls.ask({ ...question, answer: Planned.PlanOrQuestions })
        : calls.ask({ ...question, answer: Planned.PlanAlone })
      if (Either.isRight(answer)) {
        yield* keep([
          answer.right._tag === "Plan"
            ? PlanProduced.make({ turn: turn.number, plan: yield* withoutSecrets.plan(answer.right.plan) })
            : yield* questionsAsked(context, turn, answer.right)
        ])
        return
      }
      const error = answer.left
      yield* keep([])
      if (OwnCalls.isForBudget(error)) {
        // somebody else has spent the rest; with room again by now, the step is performed again at once
        if (!(yield* budget.ifReached(context, turn))) yield* perform(context, step)
        return
      }
      if (error._tag !== "UnreadableAnswer") return yield* error
      if (yield* budget.ifReached(context, turn)) return
      yield* record([PlanSkipped.make({ turn: turn.number, reason: error.message })])
    },
    Effect.scoped
  )
  return perform
})
