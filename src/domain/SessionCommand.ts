/**
 * What people ask of a session that exists, and the decision about it. Pure: the store takes the decision and writes
 * its events in one transaction. (A session's creation needs no decision: see `SessionCreated`.)
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { SessionId } from "./Ids.ts"
import * as Plan from "./Plan.ts"
import type { Requester } from "./Requester.ts"
import * as Event from "./SessionEvent.ts"
import { currentTurn, Phase, type SessionState } from "./SessionState.ts"

export type SessionCommand = Data.TaggedEnum<{
  Message: { readonly messageId: string; readonly text: string; readonly by: Requester }
  Approve: { readonly plan: string | undefined; readonly by: Requester }
  Reject: { readonly reason: string; readonly by: Requester }
  Stop: { readonly by: Requester }
}>
export const SessionCommand = Data.taggedEnum<SessionCommand>()

export class SessionEnded
  extends Schema.TaggedError<SessionEnded>()("SessionEnded", { sessionId: SessionId, end: Event.TurnEnd })
{
  override get message() {
    return `session ${this.sessionId} has already ended (${this.end})`
  }
}

export class NothingToApprove
  extends Schema.TaggedError<NothingToApprove>()("NothingToApprove", { sessionId: SessionId })
{
  override get message() {
    return `session ${this.sessionId} has no plan waiting for approval`
  }
}

export class ApproverIsRequester extends Schema.TaggedError<ApproverIsRequester>()("ApproverIsRequester", {
  sessionId: SessionId,
  name: Schema.String
}) {
  override get message() {
    return `the plan of session ${this.sessionId} must be approved by another person than ${this.name}, who asked for it`
  }
}

export const CommandRejected = Schema.Union(SessionEnded, NothingToApprove, ApproverIsRequester)
export type CommandRejected = typeof CommandRejected.Type

export type Decision = Data.TaggedEnum<{
  Accepted: { readonly events: ReadonlyArray<Event.SessionEvent> }
  Rejected: { readonly error: CommandRejected }
}>
export const Decision = Data.taggedEnum<Decision>()

export interface DecisionRules {
  /** A plan's approver must be another person than the session's requester. */
  readonly fourEyes: boolean
}

const accept = (...events: ReadonlyArray<Event.SessionEvent>) => Decision.Accepted({ events })

/** Decides a command. A stop that is already under way is accepted and adds nothing. */
export const decide = (
  id: SessionId,
  state: SessionState,
  command: SessionCommand,
  rules: DecisionRules = { fourEyes: false }
): Decision =>
  SessionCommand.$match(command, {
    Message: ({ by, messageId, text }) => accept(Event.MessageReceived.make({ messageId, text, by })),
    Approve: ({ by, plan }) => {
      if (state.phase._tag !== "Waiting") return Decision.Rejected({ error: new NothingToApprove({ sessionId: id }) })
      const requester = state.spec.requestedBy.name
      if (rules.fourEyes && by.name === requester) {
        return Decision.Rejected({ error: new ApproverIsRequester({ sessionId: id, name: requester }) })
      }
      const edited = plan === undefined ? {} : { plan: Plan.edited(state.phase.plan, plan) }
      return accept(Event.PlanApproved.make({ turn: state.phase.turn.number, by, ...edited }))
    },
    Reject: ({ by, reason }) =>
      state.phase._tag === "Waiting"
        ? accept(Event.PlanRejected.make({ turn: state.phase.turn.number, by, reason }))
        : Decision.Rejected({ error: new NothingToApprove({ sessionId: id }) }),
    Stop: ({ by }) =>
      Phase.$match(state.phase, {
        Queued: () => accept(stop(state, by)),
        Waiting: () => accept(stop(state, by)),
        Resuming: () => accept(stop(state, by)),
        Active: () => accept(stop(state, by)),
        Stopping: () => accept(),
        Ended: ({ end }) => Decision.Rejected({ error: new SessionEnded({ sessionId: id, end }) })
      })
  })

const stop = (state: SessionState, by: Requester) => Event.StopRequested.make({ turn: currentTurn(state), by })
