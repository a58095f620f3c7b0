/**
 * Asks the model to review the diff, a long one in parts. What could not be reviewed is reported, and never counts as
 * approved.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Acceptance from "../../domain/Acceptance.ts"
import * as FindingPlaces from "../../domain/FindingPlaces.ts"
import type { Step } from "../../domain/NextStep.ts"
import * as Patch from "../../domain/Patch.ts"
import * as Review from "../../domain/Review.ts"
import { type Changes, ReviewHeld } from "../../domain/SessionEvent.ts"
import { together, weakenedTests } from "../../domain/WeakenedTests.ts"
import * as Redaction from "../../services/gate/Redaction.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import { GitError, Repositories } from "../../services/git/Repositories.ts"
import { LanguageModel } from "../../services/model/LanguageModel.ts"
import { noModel } from "../../services/model/ModelChoice.ts"
import { patchParts } from "../../services/model/PatchParts.ts"
import { fenceTag } from "../../services/model/PromptText.ts"
import * as ReviewPrompts from "../../services/model/ReviewPrompts.ts"
import * as ReviewReports from "../../services/model/ReviewReports.ts"
import * as BudgetPause from "./BudgetPause.ts"
import * as ModelWords from "./ModelWords.ts"
import * as ReviewCalls from "./ReviewCalls.ts"
import type { Perform, StepContext } from "./StepContext.ts"

/** How much of a diff is shown in one question, in characters, and in how many questions at most. */
const limits = { part: 200_000, parts: 40 }

type ReviewChanges = Extract<Step, { readonly _tag: "ReviewChanges" }>

/** An answer whose findings are about the diff, and whose ticks are of points of the plan. */
interface Checked {
  readonly answer: Review.ReviewAnswer
  /** How many findings were not. */
  readonly dropped: number
}

export const make = Effect.gen(function*() {
  const budget = yield* BudgetPause.make
  const reviewCalls = yield* ReviewCalls.make
  const model = yield* LanguageModel
  const repositories = yield* Repositories
  const withoutSecrets = yield* Redaction.make
  const { read: configurationOf } = yield* BaseConfigurations
  const words = yield* ModelWords.make

  /** The whole branch is reviewed: a follow-up must fit what is already there. */
  const diffOf = ({ state }: StepContext, changes: Changes) =>
    state.origin === undefined
      ? new GitError({ operation: "diff", reason: "the session has no base commit" })
      : repositories.diff(state.spec.repo, state.origin.commit, changes.commit)

  /** The last question of a review, and what it knows already. */
  const prepare = Effect.fn("ReviewStep.prepare")(function*(
    context: StepContext,
    calls: ReviewCalls.ReviewCalls,
    { changes, run, turn, verification }: ReviewChanges
  ) {
    const diff = yield* diffOf(context, changes)
    const { config, guidelines } = context.state.origin === undefined
      ? { config: {}, guidelines: [] }
      : yield* configurationOf(context.state.spec.repo, context.state.origin.commit)
    const sections = Patch.sections(diff.patch)
    const { parts, unseen } = patchParts(diff, limits)
    const request: ReviewPrompts.ReviewRequest = {
      tag: yield* fenceTag,
      prompt: turn.prompt,
      firstPrompt: turn.number === 1 ? undefined : context.state.spec.prompt,
      plan: turn.plan,
      verification,
      weakened: together(verification.weakened ?? [], weakenedTests(diff.changed, sections)),
      stat: diff.stat,
      unseen,
      answer: yield* withoutSecrets("the agent's last words", run.answer),
      earlier: turn.reviews,
      instructions: config.instructions,
      guidelines
    }
    const places = FindingPlaces.placesOf({ changed: diff.changed, sections })
    const points = turn.plan?.acceptance?.length ?? 0
    const check = (answer: Review.ReviewAnswer): Checked => {
      const { dropped, findings } = FindingPlaces.inDiff(places, answer.findings)
      return { dropped, answer: { ...answer, findings, ticks: Acceptance.ticksOf(answer.ticks ?? [], points) } }
    }
    const [first, ...others] = parts
    if (others.length === 0) {
      const question = ReviewPrompts.reviewQuestion(request, first.text)
      return Either.right({ question, check, unseen, parts: 1, unsettled: [], dropped: 0 })
    }
    const answers = yield* calls.askParts(
      parts.map((part, i) => ({
        text: part.text,
        question: ReviewPrompts.partQuestion(request, { part, number: i + 1, of: parts.length })
      }))
    )
    const tag = yield* fenceTag
    return Either.mapBoth(answers, {
      onLeft: (failure) => ({ failure, parts: parts.length }),
      onRight: (answers) => {
        const checked = answers.map(check)
        const reports = ReviewReports.reports(
          checked.map(({ answer }, i) => ({ answer, files: parts[i]?.files ?? [] }))
        )
        return {
          question: ReviewPrompts.wholeQuestion({ ...request, tag }, reports),
          check,
          unseen,
          parts: parts.length,
          unsettled: reports.unsettled,
          dropped: checked.reduce((sum, { dropped }) => sum + dropped, 0)
        }
      }
    })
  })

  const perform: Perform<ReviewChanges> = Effect.fn("ReviewStep.perform")(function*(context, step) {
    const { record, state } = context
    const { changes, run, turn, verification } = step
    const at = { turn: turn.number, round: run.round, commit: changes.commit }
    const held = (review: Review.Review, parts = 1) =>
      ReviewHeld.make({ ...at, review, ...(parts === 1 ? {} : { parts }) })
    const skip = (reason: string) => Effect.asVoid(record([held({ _tag: "Skipped", reason })]))
    /** What a budget kept from an answer is asked again, at once or when there is a budget again. */
    const failed = ({ isForBudget, reason }: ReviewCalls.AskFailed, parts: number) =>
      Effect.if(budget.ifReached(context, turn), {
        onTrue: () => Effect.void,
        onFalse: () =>
          isForBudget
            ? perform(context, step)
            : Effect.asVoid(record([held({ _tag: "Unreadable", reason }, parts)]))
      })
    if (state.spec.reviewRounds === 0) return yield* skip("reviews are switched off (OPENTL_REVIEW_ROUNDS=0)")
    // a draft that says which; nobody pays for a review of it
    if (verification.outcome === "failed") return yield* skip("checks fail, and no round is left to mend them")
    const { missing, provider } = model.reviewer ?? model
    if (provider === "none") return yield* skip(missing ?? noModel)
    const calls = yield* reviewCalls.open(context, at)
    if (yield* budget.ifReached(context, turn)) return
    const prepared = yield* prepare(context, calls, step)
    if (Either.isLeft(prepared)) return yield* failed(prepared.left.failure, prepared.left.parts)
    const { check, dropped, parts, question, unsettled, unseen } = prepared.right
    const { answer, keep } = yield* calls.ask(question)
    if (Either.isLeft(answer)) {
      yield* keep([])
      return yield* failed(answer.left, parts)
    }
    const last = check(answer.right)
    const said = yield* words.review(withUnsettled(last.answer, unsettled))
    yield* keep([held(Review.fromAnswer(said, unseen, dropped + last.dropped), parts)])
  }, Effect.scoped)
  return perform
})

/** With findings that nobody has settled, nothing is approved. */
const withUnsettled = (answer: Review.ReviewAnswer, unsettled: ReadonlyArray<Review.Finding>): Review.ReviewAnswer =>
  unsettled.length === 0
    ? answer
    : { ...answer, verdict: "request_changes", findings: [...answer.findings, ...unsettled] }
