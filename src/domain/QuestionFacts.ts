/** The facts of a turn whose planner asks before it plans. */
import * as Schema from "effect/Schema"
import { fact } from "./Fact.ts"
import { Ordinal } from "./Ids.ts"
import { key, optional } from "./Wire.ts"

/** The task is unclear: the turn waits for the next message, which answers. */
export const QuestionsAsked = fact("QuestionsAsked", {
  turn: Ordinal,
  questions: Schema.NonEmptyArray(Schema.String),
  /** What it goes on with where nobody answers. Absent in logs of earlier versions. */
  assumptions: optional(Schema.Array(Schema.String)),
  /** When the turn goes on without an answer. */
  until: Schema.DateTimeUtc,
  /** Waiting does not use up the turn's time. */
  remainingMillis: key("remaining_ms", Schema.NonNegative)
})
/** A message that was received has answered: it opens no turn of its own. */
export const QuestionsAnswered = fact("QuestionsAnswered", {
  turn: Ordinal,
  messageId: key("message_id", Schema.String)
})
/** Nobody has answered in time: the planner states what it assumes. */
export const QuestionsUnanswered = fact("QuestionsUnanswered", { turn: Ordinal })
