/** How many lines a change of a file adds and removes. Pure. */

export interface Counts {
  readonly added: number
  readonly removed: number
}

const linesOf = (text: string): ReadonlyArray<string> => {
  const lines = text.split("\n")
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines
}

/**
 * Counts the lines between what both texts begin with and what both end with, without those that are on both sides: exact
 * for one place, and at most a few off for several.
 */
export const count = (before: string, after: string): Counts => {
  const old = linesOf(before)
  const now = linesOf(after)
  const most = Math.min(old.length, now.length)
  let head = 0
  while (head < most && old[head] === now[head]) head++
  let tail = 0
  while (tail < most - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++
  const kept = new Map<string, number>()
  for (const line of old.slice(head, old.length - tail)) kept.set(line, (kept.get(line) ?? 0) + 1)
  let same = 0
  for (const line of now.slice(head, now.length - tail)) {
    const left = kept.get(line) ?? 0
    if (left > 0) {
      kept.set(line, left - 1)
      same++
    }
  }
  return { added: now.length - head - tail - same, removed: old.length - head - tail - same }
}
