/** Why a command to a session is rejected, and how an answer names the plan that it is for. */
import * as Schema from "effect/Schema"
import { Ordinal, SessionId } from "./Ids.ts"
import { TurnEnd } from "./SessionEvent.ts"

/** The plan that an answer refers to: the turn's n-th proposal, from 1. */
export const PlanRef = Schema.Struct({ turn: Ordinal, proposal: Ordinal })
export type PlanRef = typeof PlanRef.Type

export class SessionEnded
  extends Schema.TaggedError<SessionEnded>()("SessionEnded", { sessionId: SessionId, end: TurnEnd })
{
  override get message() {
    return `session ${this.sessionId} has already ended (${this.end})`
  }
}

/** The stop names a turn (any number) that is not the current one, which goes on. */
export class TurnOver
  extends Schema.TaggedError<TurnOver>()("TurnOver", { sessionId: SessionId, turn: Schema.Number, current: Ordinal })
{
  override get message() {
    return this.turn >= 1 && this.turn < this.current
      ? `turn ${this.turn} of session ${this.sessionId} is over; the session has moved on to turn ${this.current}`
      : `session ${this.sessionId} has no turn ${this.turn}; its current one is turn ${this.current}`
  }
}

export class NothingToApprove
  extends Schema.TaggedError<NothingToApprove>()("NothingToApprove", { sessionId: SessionId })
{
  override get message() {
    return `session ${this.sessionId} has no plan waiting for approval`
  }
}

/** The answer refers to a plan that has been replaced. What was `answered` is as it came: any numbers. */
export class PlanReplaced extends Schema.TaggedError<PlanReplaced>()("PlanReplaced", {
  sessionId: SessionId,
  answered: Schema.Struct({ turn: Schema.Number, proposal: Schema.Number }),
  waiting: PlanRef
}) {
  override get message() {
    return `this answer is for plan ${this.answered.proposal} of turn ${this.answered.turn}, which was replaced: ` +
      `session ${this.sessionId} now waits for an answer to plan ${this.waiting.proposal} of turn ${this.waiting.turn}`
  }
}

export class ApproverIsRequester extends Schema.TaggedError<ApproverIsRequester>()("ApproverIsRequester", {
  sessionId: SessionId,
  name: Schema.String
}) {
  override get message() {
    return `the plan of session ${this.sessionId} must be approved by someone other than ${this.name}, who asked for it`
  }
}

/** The session has no budget that could be added to. */
export class NoBudget extends Schema.TaggedError<NoBudget>()("NoBudget", { sessionId: SessionId }) {
  override get message() {
    return `session ${this.sessionId} has no budget, so there is nothing to add to`
  }
}

export class NothingToRetry
  extends Schema.TaggedError<NothingToRetry>()("NothingToRetry", { sessionId: SessionId, reason: Schema.String })
{
  override get message() {
    return `there is nothing to retry in session ${this.sessionId}: ${this.reason}`
  }
}
