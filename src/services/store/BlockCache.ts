/** The cache of event blocks: by session and event, bounded by bytes, least recently used first. */
import type { SessionId } from "../../domain/Ids.ts"

/** Successive events of one session as frames. Immutable. */
export interface EventBlock {
  readonly first: number
  readonly last: number
  readonly bytes: Buffer
}

/** The frames of a block after a cursor. The cursor is before the block's last event. */
export const framesAfter = ({ bytes, first }: EventBlock, after: number): Buffer =>
  // only the border of two frames looks like this: within a frame, there are no empty lines
  after < first ? bytes : bytes.subarray(bytes.indexOf(`\n\nid: ${after + 1}\n`) + 2)

const cachedBytes = 16 * 1024 * 1024

/** What a block costs beside its bytes, about. */
const overhead = 512

const weigh = (block: EventBlock) => block.bytes.byteLength + overhead

interface Entry {
  readonly id: SessionId
  /** The sweeps before its last use. */
  sweeps: number
}

export const make = (capacity: number = cachedBytes) => {
  /** The blocks of each session, by their first event. They may overlap. */
  const sessions = new Map<SessionId, Array<EventBlock>>()
  /** The least recently used first. */
  const entries = new Map<EventBlock, Entry>()
  let total = 0
  let sweeps = 0

  /** How many of the blocks begin at this event or before. */
  const countUpTo = (blocks: ReadonlyArray<EventBlock>, event: number): number => {
    let [low, high] = [0, blocks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((blocks[middle]?.first ?? Infinity) <= event) low = middle + 1
      else high = middle
    }
    return low
  }

  const remove = (block: EventBlock, { id }: Entry) => {
    total -= weigh(block)
    entries.delete(block)
    const blocks = sessions.get(id) ?? []
    blocks.splice(countUpTo(blocks, block.first) - 1, 1)
    if (blocks.length === 0) sessions.delete(id)
  }

  const use = (id: SessionId, block: EventBlock) => {
    entries.delete(block)
    entries.set(block, { id, sweeps })
  }

  return {
    /** The block with the next event after the cursor. */
    find: (id: SessionId, after: number): EventBlock | undefined => {
      const blocks = sessions.get(id)
      const block = blocks?.[countUpTo(blocks, after + 1) - 1]
      if (block === undefined || block.last <= after) return undefined
      use(id, block)
      return block
    },
    add: (id: SessionId, block: EventBlock): void => {
      const blocks = sessions.get(id) ?? []
      const same = blocks[countUpTo(blocks, block.first) - 1]
      const entry = same?.first === block.first ? entries.get(same) : undefined
      if (same !== undefined && entry !== undefined) remove(same, entry)
      blocks.splice(countUpTo(blocks, block.first), 0, block)
      sessions.set(id, blocks)
      total += weigh(block)
      use(id, block)
      for (const [oldest, entry] of entries) {
        if (total <= capacity) return
        remove(oldest, entry)
      }
    },
    /** Drops what was not used since the sweep before the last one. */
    sweep: (): void => {
      for (const [block, entry] of entries) {
        if (entry.sweeps >= sweeps) break
        remove(block, entry)
      }
      sweeps += 1
    },
    bytes: () => total
  }
}
