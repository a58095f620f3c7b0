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

/**
 * Empty once it is removed. It may outlive that by minutes: an old table of a set or a map, once it is garbage, keeps its
 * entries and the table after it until the next full collection, and with them 60 MiB of blocks that nobody wanted.
 */
interface Entry {
  readonly id: SessionId
  readonly first: number
  block: EventBlock | undefined
  /** The sweeps before its last use. */
  sweeps: number
}

export const make = (capacity: number = cachedBytes) => {
  /** The blocks of each session, by their first event. They may overlap. */
  const sessions = new Map<SessionId, Array<Entry>>()
  /** The least recently used first. */
  const entries = new Set<Entry>()
  let total = 0
  let sweeps = 0

  /** How many of the blocks begin at this event or before. */
  const countUpTo = (blocks: ReadonlyArray<Entry>, event: number): number => {
    let [low, high] = [0, blocks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((blocks[middle]?.first ?? Infinity) <= event) low = middle + 1
      else high = middle
    }
    return low
  }

  const remove = (entry: Entry) => {
    if (entry.block !== undefined) total -= weigh(entry.block)
    entry.block = undefined
    entries.delete(entry)
    const blocks = sessions.get(entry.id) ?? []
    blocks.splice(countUpTo(blocks, entry.first) - 1, 1)
    if (blocks.length === 0) sessions.delete(entry.id)
  }

  const use = (entry: Entry) => {
    entry.sweeps = sweeps
    entries.delete(entry)
    entries.add(entry)
  }

  return {
    /** The block with the next event after the cursor. */
    find: (id: SessionId, after: number): EventBlock | undefined => {
      const blocks = sessions.get(id)
      const entry = blocks?.[countUpTo(blocks, after + 1) - 1]
      if (entry?.block === undefined || entry.block.last <= after) return undefined
      use(entry)
      return entry.block
    },
    add: (id: SessionId, block: EventBlock): void => {
      const known = sessions.get(id) ?? []
      const same = known[countUpTo(known, block.first) - 1]
      if (same?.first === block.first) remove(same)
      const blocks = sessions.get(id) ?? []
      const entry = { id, first: block.first, block, sweeps }
      blocks.splice(countUpTo(blocks, block.first), 0, entry)
      sessions.set(id, blocks)
      total += weigh(block)
      entries.add(entry)
      for (const oldest of entries) {
        if (total <= capacity) return
        remove(oldest)
      }
    },
    /** Drops what was not used since the sweep before the last one. */
    sweep: (): void => {
      for (const entry of entries) {
        if (entry.sweeps >= sweeps) break
        remove(entry)
      }
      sweeps += 1
    },
    bytes: () => total
  }
}
