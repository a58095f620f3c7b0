/**
 * What a turn waits for, other than a plan's approval, as a message of its own: the planner's questions, and a budget that
 * is spent. Folded from the turn's events, and stored with its view. Pure.
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as Requester from "../../domain/Requester.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import { optional } from "../../domain/Wire.ts"

/** What became of it; absent while the turn waits. */
const settled = optional(Schema.String)

export const Questions = Schema.TaggedStruct("Questions", {
  questions: Schema.Array(Schema.String),
  /** What it goes on with where nobody answers. */
  assumptions: Schema.Array(Schema.String),
  /** Epoch milliseconds. */
  until: Schema.Number,
  /** The newest message to the session since then. */
  message: optional(Schema.Struct({ id: Schema.String, by: Schema.String })),
  settled
})
export type Questions = typeof Questions.Type

export const Pause = Schema.TaggedStruct("Pause", {
  /** Whether all sessions of the day share the budget. */
  isDay: Schema.Boolean,
  limitUsd: Schema.Number,
  /** What is offered to be added. */
  addUsd: Schema.Number,
  /** Epoch milliseconds, where it ends by itself. */
  until: optional(Schema.Number),
  /** What was added since then. */
  added: optional(Schema.String),
  settled
})
export type Pause = typeof Pause.Type

export const Notice = Schema.Union(Questions, Pause)
export type Notice = typeof Notice.Type

export const isOpen = ({ settled }: Notice): boolean => settled === undefined

/** Whether the turn waits for one of them now. */
export const waits = (notices: ReadonlyArray<Notice>): boolean => notices.some(isOpen)

const dollars = (usd: number): string => `$${Number(usd.toFixed(4))}`

/** Changes those that are open. */
const inOpen = (notices: ReadonlyArray<Notice>, change: (notice: Notice) => Notice): ReadonlyArray<Notice> =>
  waits(notices) ? notices.map((notice) => isOpen(notice) ? change(notice) : notice) : notices

const answeredBy = (notice: Notice, messageId: string): string =>
  notice._tag === "Questions" && notice.message?.id === messageId ? `answered by ${notice.message.by}` : "answered"

/** The turn's notices after one more event. */
export const step = (notices: ReadonlyArray<Notice>, fact: SessionEvent): ReadonlyArray<Notice> => {
  switch (fact._tag) {
    case "QuestionsAsked": {
      const { assumptions = [], questions, until } = fact
      return [...notices, Questions.make({ questions, assumptions, until: DateTime.toEpochMillis(until) })]
    }
    case "MessageReceived": {
      const message = { id: fact.messageId, by: Requester.show(fact.by) }
      return inOpen(notices, (notice) => notice._tag === "Questions" ? { ...notice, message } : notice)
    }
    case "QuestionsAnswered":
      return inOpen(notices, (notice) => ({ ...notice, settled: answeredBy(notice, fact.messageId) }))
    case "QuestionsUnanswered":
      return inOpen(
        notices,
        (notice) => ({ ...notice, settled: "not answered in time: it goes on with what it assumes" })
      )
    case "BudgetReached":
      return [...notices, Pause.make({ isDay: false, limitUsd: fact.budgetUsd, addUsd: fact.firstUsd })]
    case "DayBudgetReached": {
      const until = DateTime.toEpochMillis(fact.until)
      return [...notices, Pause.make({ isDay: true, limitUsd: fact.budgetUsd, addUsd: fact.budgetUsd, until })]
    }
    case "BudgetRaised":
      return inOpen(notices, (notice) =>
        notice._tag === "Pause"
          ? { ...notice, limitUsd: fact.budgetUsd, added: `${Requester.show(fact.by)} added ${dollars(fact.addUsd)}` }
          : notice)
    case "DayBudgetRaised":
      return inOpen(notices, (notice) => ({
        ...notice,
        settled: `${Requester.show(fact.by)} added ${dollars(fact.addUsd)}`
      }))
    case "DayBudgetFreed":
      return inOpen(notices, (notice) => ({ ...notice, settled: "the day's budget has room again" }))
    case "TurnResumed":
      return inOpen(notices, (notice) => ({
        ...notice,
        settled: notice._tag === "Pause" && notice.added !== undefined ? notice.added : "going on"
      }))
    case "StopRequested":
      return inOpen(notices, (notice) => ({ ...notice, settled: `stopped by ${Requester.show(fact.by)}` }))
    case "TurnEnded":
      return inOpen(notices, (notice) => ({ ...notice, settled: "the turn has ended" }))
    default:
      return notices
  }
}
