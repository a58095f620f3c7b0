/** Events as clients are given them, made from the facts that they tell. */
import * as DateTime from "effect/DateTime"
import type { AgentLineDetail } from "../../src/domain/AgentLine.ts"
import { describe, type EventType, publicDetail, SessionEventView, storedDetail } from "../../src/domain/EventText.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { OutputWritten, type SessionEvent, TurnEnded } from "../../src/domain/SessionEvent.ts"

const sessionId = SessionId.make("0123456789ab")
const epoch = DateTime.unsafeMake(0)

/** The event that tells a fact. */
export const eventView = (id: number, fact: SessionEvent, at: DateTime.Utc = epoch): SessionEventView =>
  new SessionEventView({ id, sessionId, ...describe(fact), createdAt: at, detail: publicDetail(storedDetail(fact)) })

/**
 * An event whose fact is not known: without a detail, as the original's log has them, or with one that this program
 * cannot read, as a newer server may write it.
 */
export const unknownEvent = (
  id: number,
  type: EventType,
  data: string,
  detail?: Readonly<Record<string, unknown>>
): SessionEventView =>
  new SessionEventView({ id, sessionId, type, data, createdAt: epoch, ...(detail === undefined ? {} : { detail }) })

/** A line of the first round's output. */
export const output = (id: number, text: string): SessionEventView =>
  eventView(id, OutputWritten.make({ turn: 1, round: 1, line: id, text }))

/** A line of an agent that speaks the Agent Client Protocol. */
export const agentLine = (id: number, text: string, acp: AgentLineDetail): SessionEventView =>
  eventView(id, OutputWritten.make({ turn: 1, round: 1, line: id, text, acp }))

export const turnEnded = (id: number, end: "complete" | "error" | "cancelled", text: string, turn = 1) =>
  eventView(id, TurnEnded.make({ turn, end, text }))
