/** Requests to create and steer a session. HTTP, the CLI, the bots and the library share these schemas. */
import * as Schema from "effect/Schema"
import { AddedUsd } from "./Budget.ts"
import { BranchName, Ordinal } from "./Ids.ts"
import { RepositoryReferenceFromString } from "./Repository.ts"
import { key, optional, optionalKey } from "./Wire.ts"

/** A prompt or a message: 1 to 200,000 characters, not all white space. */
export const Prompt = Schema.String.pipe(
  Schema.filter((text) => text.trim() !== "" || "must not be empty"),
  Schema.filter((text) =>
    text.length <= 200_000 || Array.from(text).length <= 200_000 || "must have at most 200000 characters"
  )
)

export const CreateSession = Schema.Struct({
  repo: RepositoryReferenceFromString,
  prompt: Prompt,
  agent: optional(Schema.String),
  model: optional(Schema.NonEmptyString.pipe(Schema.maxLength(200))),
  base: optional(BranchName),
  approvePlan: optionalKey("approve_plan", Schema.Boolean),
  planOnly: optionalKey("plan_only", Schema.Boolean),
  noQuestions: optionalKey("no_questions", Schema.Boolean),
  budgetUsd: optionalKey("budget_usd", Schema.Number.pipe(Schema.between(0.01, 10_000))),
  timeoutSeconds: optionalKey("timeout_seconds", Schema.Number.pipe(Schema.between(1, 86_400)))
})
export type CreateSession = typeof CreateSession.Type

export const SendMessage = Schema.Struct({ text: Prompt })
/** The plan that an answer refers to, given by both fields or neither; without them, the plan that waits now. */
const answers = { turn: optional(Ordinal), proposal: optional(Ordinal) }
export const ApprovePlan = Schema.Struct({ plan: optional(Prompt), ...answers })
export const RejectPlan = Schema.Struct({ reason: Prompt, ...answers })
/** `turn` is the turn that was seen to fail; without it, the last one is meant. */
export const RetryTurn = Schema.Struct({ turn: optional(Ordinal) })
/** US dollars to add. */
export const AddBudget = Schema.Struct({ addUsd: key("add_usd", AddedUsd) })
/** `turn` is the turn that was seen at work; without it, whatever the session is doing is stopped. */
export const StopTurn = Schema.Struct({ turn: optional(Ordinal) })

/** The request is invalid in a way that the schema cannot express. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()("IdempotencyConflict", {
  key: Schema.String
}) {
  override get message() {
    return `the idempotency key "${this.key}" was used with another request`
  }
}
