/** Which entries of a cache go: those that nobody has used for long, and the least recently used beyond its size. Pure. */

export interface CacheEntry {
  readonly name: string
  readonly bytes: number
  /** When it was last used, in milliseconds. */
  readonly usedAt: number
}

/** The names of the entries to remove. */
export const evicted = (
  entries: ReadonlyArray<CacheEntry>,
  { bytes, now, unusedMillis }: { readonly bytes: number; readonly now: number; readonly unusedMillis: number }
): ReadonlyArray<string> => {
  let room = bytes
  let isFull = false
  return [...entries].sort((one, other) => other.usedAt - one.usedAt).flatMap((entry) => {
    // what was used before one that did not fit goes as well
    isFull = isFull || entry.bytes > room || now - entry.usedAt > unusedMillis
    if (isFull) return [entry.name]
    room -= entry.bytes
    return []
  })
}
