/** A language model whose answers are scripted by what it is asked for. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import {
  LanguageModel,
  type LanguageModelError,
  type ModelQuestion,
  UnreadableAnswer
} from "../../src/services/model/LanguageModel.ts"

export interface Asked {
  readonly purpose: "plan" | "review"
  readonly prompt: string
  /** What the session may still spend. */
  readonly remainingUsd: number | undefined
}

export class FakeModelScript {
  readonly asked: Array<Asked> = []
  /** The n-th answer (from 1) of a purpose, as it would come over the wire. */
  answer: (
    purpose: "plan" | "review",
    n: number,
    asked: Asked
  ) => Effect.Effect<unknown, LanguageModelError | UnreadableAnswer> = (
    purpose
  ) => Effect.succeed(purpose === "plan" ? plan("Fix it") : approve)
}

export const plan = (title: string) => ({ title, summary: `${title}, as asked.`, steps: ["do it"] })
export const approve = { verdict: "approve", summary: "good", findings: [] }
export const requestChanges = (comment: string) => ({
  verdict: "request_changes",
  summary: "not yet",
  findings: [{ file: "a.txt", line: 1, comment }]
})

/** Asks the user at first, and plans when it is asked again. */
export const asksFirst =
  (questions: ReadonlyArray<string>, assumptions?: ReadonlyArray<string>): FakeModelScript["answer"] => (purpose, n) =>
    Effect.succeed(
      purpose === "review"
        ? approve
        : n === 1
        ? { questions, ...(assumptions === undefined ? {} : { assumptions }) }
        : plan("Fix it")
    )

const usage = { inputTokens: 10, outputTokens: 5, costUsd: 0.01 }

export const layer = (script: FakeModelScript) =>
  Layer.succeed(
    LanguageModel,
    LanguageModel.of({
      provider: "anthropic",
      ask: <A, I>(question: ModelQuestion<A, I>) =>
        Effect.gen(function*() {
          const { prompt, purpose, remainingUsd } = question
          const asked = { purpose, prompt, remainingUsd }
          script.asked.push(asked)
          const n = script.asked.filter((other) => other.purpose === purpose).length
          const wire = yield* script.answer(purpose, n, asked)
          const value = yield* Schema.decodeUnknown(question.answer)(wire).pipe(
            Effect.mapError((error) => new UnreadableAnswer({ reason: error.message, model: "fake", usage }))
          )
          return { value, model: "fake", usage }
        })
    })
  )
