/** Asks the questions of a review, within the budgets. A part of a diff that was answered is not asked for again. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { isSpent } from "../../domain/Budget.ts"
import type { ReviewAnswer } from "../../domain/Review.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { ReviewQuestion } from "../../services/model/ReviewPrompts.ts"
import { type ReviewAt, ReviewParts } from "../../services/store/ReviewParts.ts"
import { Attachment } from "../../services/store/SessionStore.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import * as OwnCalls from "./OwnCalls.ts"
import type { RecordFailure, StepContext } from "./StepContext.ts"

/** Why there is no answer. */
export interface AskFailed {
  readonly reason: string
  /** Whether a budget is the reason: with a budget again there may be an answer. */
  readonly isForBudget: boolean
}

/** How a question came out; see `OwnCalls.Asked`. */
export interface Asked {
  readonly answer: Either.Either<ReviewAnswer, AskFailed>
  readonly keep: (
    events: ReadonlyArray<SessionEvent>,
    attachment?: Attachment
  ) => Effect.Effect<SessionState, RecordFailure>
}

/** One part of a diff. */
export interface PartQuestion {
  /** What is shown of the diff. */
  readonly text: string
  readonly question: ReviewQuestion
}

export interface ReviewCalls {
  /** Asks one question, unless the budget is spent. */
  readonly ask: (question: ReviewQuestion) => Effect.Effect<Asked, RecordFailure, Scope.Scope>
  /**
   * Asks for each part of a diff, and keeps each answer, and records its cost, when it is there. After a failure no
   * further part is asked for, those under way come to their end, and the review has no answer.
   */
  readonly askParts: (
    questions: ReadonlyArray<PartQuestion>
  ) => Effect.Effect<Either.Either<ReadonlyArray<ReviewAnswer>, AskFailed>, RecordFailure>
}

/** How many parts are looked at at the same time. */
const concurrency = 2

export const make = Effect.gen(function*() {
  const ownCalls = yield* OwnCalls.make
  const reviewParts = yield* ReviewParts

  /** Opens the calls of one review for the lifetime of the scope. */
  const open = Effect.fn("ReviewCalls.open")(function*(
    context: StepContext,
    at: ReviewAt
  ): Effect.fn.Return<ReviewCalls, RecordFailure, Scope.Scope> {
    const { claim, record } = context
    const calls = yield* ownCalls.open(context, { turn: at.turn, source: "review" })

    const ask: ReviewCalls["ask"] = Effect.fnUntraced(function*(question) {
      if (isSpent(yield* record([]))) {
        const answer = Either.left({ reason: "the session's budget is spent", isForBudget: true })
        return { answer, keep: (events) => record(events) }
      }
      const { answer, keep } = yield* calls.ask(question)
      return {
        answer: Either.mapLeft(answer, (error) => ({
          reason: error.message,
          isForBudget: OwnCalls.isForBudget(error)
        })),
        keep
      }
    })

    const askParts: ReviewCalls["askParts"] = Effect.fn("ReviewCalls.askParts")(function*(questions) {
      const known = yield* reviewParts.find(claim.sessionId, at)
      const failed = yield* Ref.make(Option.none<AskFailed>())

      const askPart = Effect.fnUntraced(function*({ question, text }: PartQuestion, index: number) {
        const part = { part: index + 1, fingerprint: fingerprint(text) }
        const given = known.find((other) => other.part === part.part && other.fingerprint === part.fingerprint)
        if (given !== undefined) return [given.answer]
        if (Option.isSome(yield* Ref.get(failed))) return []
        const { answer, keep } = yield* ask(question)
        if (Either.isRight(answer)) {
          yield* keep([], Attachment.ReviewPart({ at, part: { ...part, answer: answer.right } }))
          return [answer.right]
        }
        yield* keep([])
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

  return { open }
})
