/** Questions of a planner as people read them. Pure. */
import * as DateTime from "effect/DateTime"
import type { QuestionsAsked } from "./QuestionFacts.ts"

/** "1. Which file?", each on a line of its own. */
export const numbered = (questions: ReadonlyArray<string>): string =>
  questions.map((question, i) => `${i + 1}. ${question}`).join("\n")

/** "2026-11-28 19:10 UTC" */
export const moment = (time: DateTime.Utc): string => `${DateTime.formatIso(time).slice(0, 16).replace("T", " ")} UTC`

/** What it goes on with, and when. */
export const otherwise = (assumptions: ReadonlyArray<string>, until: string): string =>
  assumptions.length === 0
    ? `Without an answer until ${until} it goes on with what it assumes, and says so in the plan.`
    : `Without an answer until ${until} it assumes:\n${numbered(assumptions)}`

export const asked = ({ assumptions = [], questions, until }: typeof QuestionsAsked.Type): string =>
  `the planner asks, and waits for an answer:\n${numbered(questions)}\n${otherwise(assumptions, moment(until))}`
