/** The words of a notice that every platform uses; markup is the platform's. Pure. */
import * as DateTime from "effect/DateTime"
import { moment } from "../../domain/QuestionText.ts"
import { cut } from "../../services/support/RichText.ts"
import type { Notice, Pause, Questions } from "./Notice.ts"

/** A notice is one message, which platforms limit. */
const longestSentence = 500

const sentences = (all: ReadonlyArray<string>): ReadonlyArray<string> =>
  all.map((one, i) => `${i + 1}. ${cut(one.replace(/\s+/g, " ").trim(), longestSentence)}`)

const timeOf = (millis: number): string => moment(DateTime.unsafeMake(millis))

export interface NoticeText {
  readonly title: string
  /** Its paragraphs, in lines. */
  readonly paragraphs: ReadonlyArray<ReadonlyArray<string>>
}

const ofQuestions = (
  { assumptions, questions, settled, until }: Questions,
  howToAnswer: string
): NoticeText => ({
  title: settled === undefined ? "Questions before the plan" : "Questions",
  paragraphs: [
    sentences(questions),
    ...(settled !== undefined
      ? [[`${settled.charAt(0).toUpperCase()}${settled.slice(1)}.`]]
      : [
        [howToAnswer],
        assumptions.length === 0
          ? [`Without an answer until ${timeOf(until)} it goes on with what it assumes, and says so in the plan.`]
          : [`Without an answer until ${timeOf(until)} it assumes:`, ...sentences(assumptions)]
      ])
  ]
})

const ofPause = ({ added, isDay, limitUsd, settled, until }: Pause, spentUsd: number): NoticeText => {
  const limit = `$${Number(limitUsd.toFixed(4))}`
  return {
    title: settled === undefined ? "Paused: the budget is spent" : "The budget was spent",
    paragraphs: [
      settled !== undefined
        ? [`${settled.charAt(0).toUpperCase()}${settled.slice(1)}.`]
        : [
          isDay
            ? `All sessions together have spent the day's budget of ${limit}.`
            : `$${spentUsd.toFixed(4)} of ${limit} are spent.`,
          ...(added === undefined ? [] : [`${added}; that is not enough yet.`]),
          ...(until === undefined
            ? ["It goes on, with all its work, when somebody adds to the budget."]
            : [`It goes on by itself at ${timeOf(until)}, or when somebody adds to the budget.`])
        ]
    ]
  }
}

/** `spentUsd` is what the session has spent; `howToAnswer` is the platform's way, in a sentence. */
export const textOf = (notice: Notice, spentUsd: number, howToAnswer: string): NoticeText =>
  notice._tag === "Questions" ? ofQuestions(notice, howToAnswer) : ofPause(notice, spentUsd)
