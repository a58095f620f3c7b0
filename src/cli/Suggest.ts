/** "Did you mean": the known words that a mistyped one was meant for. Pure. */
import { distance } from "fastest-levenshtein"

/** How many letters may be wrong: every second one, as two that changed places are two; but never many. */
const allowed = (word: string): number => Math.min(3, Math.max(1, Math.floor(word.replace(/^-+/, "").length / 2)))

/**
 * The nearest of the words, best first: those that begin with what was typed, and those that are a few letters away.
 * None where nothing is near.
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

/** `, did you mean a or b?`; nothing where there is no such word. */
export const didYouMean = (words: ReadonlyArray<string>): string =>
  words.length === 0 ? "" : `: did you mean ${words.join(" or ")}?`
