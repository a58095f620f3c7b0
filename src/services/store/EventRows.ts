/**
 * Events as rows for as few statements as possible. An agent may print hundreds of thousands of lines, and each of them passes
 * here, so rows are parameters in one flat list, and a line of output is no object for a serializer.
 */
import * as EventFrame from "../../domain/EventFrame.ts"
import { describe, storedDetail } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"

/** How many rows are inserted at a time: SQLite limits the number of parameters of a statement. */
const rowsAtOnce = 100

/** Inserts so many rows. */
const insertion = (rows: number): string =>
  `INSERT INTO session_events (id, session_id, type, data, created_at, detail) VALUES ${
    Array.from({ length: rows }, () => "(?, ?, ?, ?, ?, ?)").join(", ")
  }`
const insertions = Array.from({ length: rowsAtOnce }, (_, index) => insertion(index + 1))

/** A statement whose text is always the same, so that it is prepared once. */
export interface Prepared {
  readonly statement: string
  readonly parameters: ReadonlyArray<string | number>
}

/** The statements that insert events after the event `after`. */
export const inserts = (
  id: SessionId,
  after: number,
  now: string,
  events: ReadonlyArray<SessionEvent>
): ReadonlyArray<Prepared> =>
  Array.from({ length: Math.ceil(events.length / rowsAtOnce) }, (_, chunk) => {
    const from = chunk * rowsAtOnce
    const rows = events.slice(from, from + rowsAtOnce)
    const parameters: Array<string | number> = []
    rows.forEach((event, index) => {
      const { data, type } = describe(event)
      const detail = EventFrame.detailOfLine(event) ?? JSON.stringify(storedDetail(event))
      parameters.push(after + from + index + 1, id, type, data, now, detail)
    })
    return { statement: insertions[rows.length - 1] ?? insertion(rows.length), parameters }
  })
