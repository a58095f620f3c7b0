/** Asks the questions of a review, within the session's budget. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { isSpent, remainingUsd } from "../../domain/Budget.ts"
import type { ReviewAnswer } from "../../domain/Review.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { DayBudget } from "../../services/budget/DayBudget.ts"
import { LanguageModel } from "../../services/model/LanguageModel.ts"
import type { ReviewQuestion } from "../../services/model/ReviewPrompts.ts"
import { type ModelUse, usageRecorded } from "./Budget.ts"
import type { RecordFailure, StepContext } from "./StepContext.ts"

/** Why there is no answer. */
export interface AskFailed {
  readonly reason: string
  /** Whether a budget is the reason: with a budget again there may be an answer. */
  readonly isForBudget: boolean
}

/** How a question came out: the answer, or why there is none. What it has cost is not recorded yet. */
export interface Asked {
  readonly uses: ReadonlyArray<ModelUse>
  readonly answer: Either.Either<ReviewAnswer, AskFailed>
}

type AskFailure = Effect.Effect.Error<ReturnType<LanguageModel["Type"]["ask"]>>

/** What a question has cost that got no answer. */
const usesOf = (error: AskFailure): ReadonlyArray<ModelUse> =>
  error._tag === "UnreadableAnswer"
    ? [error]
    : error._tag === "LanguageModelError" && error.spent !== undefined
    ? [{ ...error.spent, estimated: true }]
    : []

/** How many parts are looked at at the same time. */
const concurrency = 2

export const make = Effect.gen(function*() {
  const day = yield* DayBudget
  const model = yield* LanguageModel

  /** Asks one question, unless the budget is spent. */
  const ask = (state: SessionState, question: ReviewQuestion): Effect.Effect<Asked, never, Scope.Scope> =>
    isSpent(state)
      ? Effect.succeed({
        uses: [],
        answer: Either.left({ reason: "the session's budget is spent", isForBudget: true })
      })
      : model.ask({ ...question, remainingUsd: remainingUsd(state), day: Option.getOrUndefined(day.account) }).pipe(
        Effect.match({
          onSuccess: ({ model, usage, value }): Asked => ({ uses: [{ model, usage }], answer: Either.right(value) }),
          onFailure: (error): Asked => ({
            uses: usesOf(error),
            answer: Either.left({
              reason: error.message,
              isForBudget: error._tag === "DayBudgetSpent" || error._tag === "DayBudgetUnknown"
            })
          })
        })
      )

  /**
   * Asks for each part of a diff, and records each answer's cost when it is there. After a failure no further part is
   * asked for, those under way come to their end, and the review has no answer.
   */
  const askParts = Effect.fn("ReviewCalls.askParts")(function*(
    { record }: StepContext,
    turn: number,
    questions: ReadonlyArray<ReviewQuestion>
  ): Effect.fn.Return<Either.Either<ReadonlyArray<ReviewAnswer>, AskFailed>, RecordFailure> {
    const recording = yield* Effect.makeSemaphore(1)
    const failed = yield* Ref.make(Option.none<AskFailed>())

    const recordUses = (uses: ReadonlyArray<ModelUse>) =>
      record([]).pipe(
        Effect.flatMap((state) => record(uses.map((use) => usageRecorded(state, { turn, source: "review" }, use)))),
        recording.withPermits(1)
      )

    const askPart = Effect.fnUntraced(function*(question: ReviewQuestion, index: number) {
      if (Option.isSome(yield* Ref.get(failed))) return []
      const { answer, uses } = yield* ask(yield* record([]), question)
      if (uses.length > 0) yield* recordUses(uses)
      if (Either.isRight(answer)) return [answer.right]
      const reason = `part ${index + 1} of ${questions.length}: ${answer.left.reason}`
      yield* Ref.update(failed, Option.orElseSome((): AskFailed => ({ ...answer.left, reason })))
      return []
    }, Effect.scoped)

    const answers = yield* Effect.forEach(questions, askPart, { concurrency })
    return Option.match(yield* Ref.get(failed), {
      onNone: () => Either.right(answers.flat()),
      onSome: Either.left
    })
  })

  return { ask, askParts }
})
