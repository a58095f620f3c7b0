/** Events as server-sent events. */
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Schema from "effect/Schema"
import { SessionEventView } from "../domain/EventText.ts"

const encodeJson = Schema.encodeSync(Schema.parseJson(SessionEventView))

const encode = (event: SessionEventView): Uint8Array =>
  Buffer.from(`id: ${event.id}\nevent: ${event.type}\ndata: ${encodeJson(event)}\n\n`)

/** A comment, which only shows that the connection is alive. */
export const comment: Uint8Array = Buffer.from(": opentl\n\n")

/** In a write of this size, the bytes cost more than the write itself. */
const writeBytes = 64 * 1024

/**
 * Encodes events as frames, and joins many small frames into one write. Readers of one session get the same objects: an
 * event is encoded once, and a write assembled once, however many read it.
 */
export const encoder = (): (events: Chunk.Chunk<SessionEventView>) => Chunk.Chunk<Uint8Array> => {
  const frames = new WeakMap<SessionEventView, Uint8Array>()
  // keyed by the first event of each; ids have no gaps, so the first and last determine what is between
  const writes = new WeakMap<SessionEventView, { readonly last: SessionEventView; readonly bytes: Uint8Array }>()

  const frame = (event: SessionEventView): Uint8Array => {
    const known = frames.get(event)
    if (known !== undefined) return known
    const made = encode(event)
    frames.set(event, made)
    return made
  }

  const write = (events: Arr.NonEmptyReadonlyArray<SessionEventView>): Uint8Array => {
    const [first, last] = [Arr.headNonEmpty(events), Arr.lastNonEmpty(events)]
    if (first === last) return frame(first)
    const known = writes.get(first)
    if (known?.last === last) return known.bytes
    const bytes = Buffer.concat(events.map(frame))
    writes.set(first, { last, bytes })
    return bytes
  }

  /** How many of the events fit into one write: at least one. */
  const fitting = (events: Arr.NonEmptyReadonlyArray<SessionEventView>): number => {
    let size = 0
    const over = events.findIndex((event) => (size += frame(event).byteLength) > writeBytes)
    return over === -1 ? events.length : Math.max(over, 1)
  }

  return (events) =>
    Chunk.unsafeFromArray(
      Arr.chop(Chunk.toReadonlyArray(events), (rest) => {
        const [now, later] = Arr.splitNonEmptyAt(rest, fitting(rest))
        return [write(now), later]
      })
    )
}
