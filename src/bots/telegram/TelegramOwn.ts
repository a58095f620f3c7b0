/**
 * What stands in a chat of a turn, as it is kept between two looks. Pure.
 *
 * A bot cannot read a chat's history, so it cannot look whether a message arrived whose answer was lost. Therefore a
 * message without an id is recorded before it is sent, and its id after it. Who finds one without an id does not know
 * whether it stands.
 */
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"

/** Where a session is told of. */
export const Target = Schema.Struct({
  chatId: Schema.Int,
  threadId: optional(Schema.Int),
  /** The message that asked for the session. */
  requestId: optional(Schema.Int)
})
export type Target = typeof Target.Type

/** One message of ours: without an id it was about to be sent. */
export const Sent = Schema.Struct({ id: optional(Schema.Int) })
export type Sent = typeof Sent.Type

export const Own = Schema.Struct({
  turn: Schema.Int,
  /** Our reaction on the request. */
  reaction: optional(Schema.String),
  status: optional(Sent),
  /** The status as it stands. */
  shown: optional(Schema.String),
  /** The status was sent a second time, since the first may not have arrived. */
  continued: Schema.Boolean,
  /** A person deleted the status. */
  statusGone: Schema.Boolean,
  plan: optional(Schema.Struct({
    proposal: Schema.Int,
    pieces: Schema.Array(Sent),
    /** Whether its buttons stand. */
    open: Schema.Boolean,
    /** Whether all of it was sent, or is never to be. */
    isWhole: optional(Schema.Boolean)
  })),
  card: Schema.Array(Sent),
  log: optional(Sent),
  diff: optional(Sent)
})
export type Own = typeof Own.Type

/** Before anything of a turn stands. The reaction is the request's, so it goes from turn to turn. */
export const begin = (turn: number, before: Own | undefined): Own => ({
  turn,
  continued: false,
  statusGone: false,
  card: [],
  ...(before?.reaction === undefined ? {} : { reaction: before.reaction })
})

export const isUncertain = (sent: Sent | undefined): boolean => sent !== undefined && sent.id === undefined

/** Notes of a send what is known of it; `undefined` takes it back: it was not sent. */
export type Note = (own: Own, sent: Sent | undefined) => Own

const pieceAt = (pieces: ReadonlyArray<Sent>, index: number, sent: Sent | undefined): ReadonlyArray<Sent> => [
  ...pieces.slice(0, index),
  ...(sent === undefined ? [] : [sent])
]

export const noteStatus = (shown: string): Note => ({ shown: _, status: __, ...own }, sent) =>
  sent === undefined ? own : { ...own, status: sent, shown }

export const noteCard = (index: number): Note => (own, sent) => ({ ...own, card: pieceAt(own.card, index, sent) })

export const notePlan = (proposal: number, index: number, open: boolean): Note => (own, sent) => ({
  ...own,
  plan: { proposal, open, pieces: pieceAt(own.plan?.proposal === proposal ? own.plan.pieces : [], index, sent) }
})

export const noteLog: Note = ({ log: _, ...own }, sent) => sent === undefined ? own : { ...own, log: sent }

export const noteDiff: Note = ({ diff: _, ...own }, sent) => sent === undefined ? own : { ...own, diff: sent }
