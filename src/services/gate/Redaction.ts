/** A text for publication without the lines in which the scanner finds a secret, and without private keys. */
import * as Effect from "effect/Effect"
import { asSeen } from "../../domain/TerminalSequences.ts"
import type { SecretScanError } from "./SecretScanError.ts"
import { SecretScanner } from "./SecretScanner.ts"

/** What is left of a text may show a secret that another one hid. */
const mostPasses = 20

const leftOut = "(a line with a secret was left out)"

/** The mark of a quotation stays, so that the text around it reads as before. */
const mark = /^(?:>\s?|\s)*/

const blank = (line: string): string => `${mark.exec(line)?.[0] ?? ""}${leftOut}`

const opens = /-----BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY/
const closes = /-----END [A-Z0-9 ]{0,60}PRIVATE KEY/

/** Whether a line can be inside of a key: its characters, or a header of it. */
const isOfKey = (line: string): boolean =>
  /^(?:[A-Za-z0-9+/=]{8,}\s*|[A-Z][A-Za-z-]{1,30}: .*|)$/.test(line.replace(mark, ""))

/**
 * The lines of private keys, by index: from the first to the last line of each. The beginning or the end may be missing,
 * as in a text that was cut.
 */
export const keyLines = (lines: ReadonlyArray<string>): ReadonlySet<number> => {
  const found = new Set<number>()
  /** Marks the lines of a key that follow each other from here on. */
  const take = (from: number, step: 1 | -1, isLast: RegExp) => {
    for (let i = from; i >= 0 && i < lines.length; i += step) {
      const line = lines[i] ?? ""
      if (isLast.test(line)) {
        found.add(i)
        return
      }
      if (!isOfKey(line)) return
      found.add(i)
    }
  }
  for (const [i, line] of lines.entries()) {
    const isOpening = opens.test(line)
    const isClosing = closes.test(line)
    if (isOpening || isClosing) found.add(i)
    if (isOpening && !isClosing) take(i + 1, 1, closes)
    if (isClosing && !isOpening) take(i - 1, -1, opens)
  }
  return found
}

export const make = Effect.map(SecretScanner, (scanner) => {
  const pass = (name: string, text: string, left: number): Effect.Effect<string, SecretScanError> =>
    Effect.gen(function*() {
      const lines = text.split("\n")
      const seen = asSeen(text)
      // colours may hide a secret, and a secret may be in what a terminal hides
      const gates = yield* Effect.forEach(seen === text ? [text] : [text, seen], (each) => scanner.scanText(name, each))
      const found = new Set([
        ...keyLines(lines.map(asSeen)),
        ...gates.flatMap(({ secrets }) => secrets.map(({ line }) => line - 1))
      ])
      if (found.size === 0) return text
      if (left === 0) return leftOut
      return yield* pass(name, lines.map((line, i) => found.has(i) ? blank(line) : line).join("\n"), left - 1)
    })
  /** The text as it may be published under that name. */
  return (name: string, text: string) => pass(name, text, mostPasses)
})
