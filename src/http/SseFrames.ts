/** Events as server-sent events. */
import * as Chunk from "effect/Chunk"
import * as Schema from "effect/Schema"
import { SessionEventView } from "../domain/EventText.ts"

const encode = Schema.encodeSync(Schema.parseJson(SessionEventView))

/** A comment: it says that the connection lives, and nothing else. */
export const comment: Uint8Array = Buffer.from(": opentl\n\n")

/**
 * Encodes events to frames, many of them to one write. An event is encoded once, however many read it: readers of one
 * session are given the same objects.
 */
export const encoder = (): (events: Chunk.Chunk<SessionEventView>) => Uint8Array => {
  const frames = new WeakMap<SessionEventView, Uint8Array>()
  const frame = (event: SessionEventView): Uint8Array => {
    const known = frames.get(event)
    if (known !== undefined) return known
    const made = Buffer.from(`id: ${event.id}\nevent: ${event.type}\ndata: ${encode(event)}\n\n`)
    frames.set(event, made)
    return made
  }
  return (events) =>
    Chunk.size(events) === 1 ? frame(Chunk.unsafeHead(events)) : Buffer.concat(Chunk.toReadonlyArray(events).map(frame))
}
