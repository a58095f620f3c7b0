/** "Did you mean": suggests known words for a mistyped one. Pure. */
import { distance } from "fastest-levenshtein"

/** How many letters may be wrong: half of them, as swapping two letters counts as two, but at most three. */
const allowed = (word: string): number => Math.min(3, Math.max(1, Math.floor(word.replace(/^-+/, "").length / 2)))

/**
 * The nearest words, best first: those that begin with what was typed, and those within a few letters of it. Empty if
 * nothing is near.
 */
export const nearest = (typed: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wanted = typed.toLowerCase()
  const isBeginning = (word: string) => wanted.replace(/^-+/, "").length >= 2 && word.startsWith(wanted)
  const scored = words.flatMap((word) => {
    const away = distance(wanted, word)
    return isBeginning(word) ? [{ word, away: 0 }] : away <= allowed(wanted) ? [{ word, away }] : []
  })
  const best = Math.min(...scored.map(({ away }) => away))
  return scored.filter(({ away }) => away === best).map(({ word }) => word).slice(0, 3)
}

/** `: did you mean a or b?`; empty if there are no words. */
export const didYouMean = (words: ReadonlyArray<string>): string =>
  words.length === 0 ? "" : `: did you mean ${words.join(" or ")}?`
