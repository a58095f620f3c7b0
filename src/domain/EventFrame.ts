/**
 * An event as a server-sent event. A line of output, which nearly every event is, is framed straight from what is
 * stored; every other event goes through its schema, and both make the same bytes.
 */
import * as Schema from "effect/Schema"
import { SessionEventView } from "./EventText.ts"
import type { SessionEvent } from "./SessionEvent.ts"

const encodeJson = Schema.encodeSync(Schema.parseJson(SessionEventView))

const frame = (id: number, type: string, json: string): string => `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`

export const ofEvent = (event: SessionEventView): string => frame(event.id, event.type, encodeJson(event))

/** What `storedDetail` makes of a line: JSON that reading and writing it again does not change. */
const lineDetail =
  /^\{"_tag":"OutputWritten","v":1,"turn":[1-9]\d{0,14},"round":[1-9]\d{0,14},"line":[1-9]\d{0,14}(?:,"partial":(?:true|false))?\}$/

/**
 * The detail of a line of output as it is stored, without what `storedDetail` and a serializer cost for a hundred thousand
 * of them; undefined for every other event.
 */
export const detailOfLine = (event: SessionEvent): string | undefined =>
  event._tag === "OutputWritten" && event.acp === undefined
    ? `{"_tag":"OutputWritten","v":${event.v},"turn":${event.turn},"round":${event.round},"line":${event.line}${
      event.partial === undefined ? "" : `,"partial":${event.partial}`
    }}`
    : undefined

export interface StoredLine {
  readonly id: number
  readonly sessionId: string
  /** The line. */
  readonly data: string
  /** As it is on the wire: ISO 8601 in UTC, with milliseconds. */
  readonly createdAt: string
  /** JSON, as it is stored. */
  readonly detail: string
}

/** Undefined if the detail was not written by this program's `storedDetail`: it has to be read and encoded. */
export const ofLine = ({ createdAt, data, detail, id, sessionId }: StoredLine): string | undefined =>
  lineDetail.test(detail)
    ? frame(
      id,
      "output",
      `{"id":${id},"session_id":${JSON.stringify(sessionId)},"type":"output","data":${JSON.stringify(data)},` +
        `"created_at":"${createdAt}","detail":${detail}}`
    )
    : undefined
