/** A text for publication without the lines in which the scanner finds a secret. */
import * as Effect from "effect/Effect"
import type { SecretScanError } from "./SecretScanError.ts"
import { SecretScanner } from "./SecretScanner.ts"

/** A key of many lines is found anew from each line that is left of it. */
const mostPasses = 20

const leftOut = "(a line with a secret was left out)"

/** The mark of a quotation stays, so that the text around it reads as before. */
const blank = (line: string): string => `${/^(?:> ?|\s)*/.exec(line)?.[0] ?? ""}${leftOut}`

export const make = Effect.map(SecretScanner, (scanner) => {
  const pass = (name: string, text: string, left: number): Effect.Effect<string, SecretScanError> =>
    Effect.flatMap(scanner.scanText(name, text), ({ secrets }) => {
      if (secrets.length === 0) return Effect.succeed(text)
      if (left === 0) return Effect.succeed(leftOut)
      const found = new Set(secrets.map(({ line }) => line))
      const lines = text.split("\n").map((line, i) => found.has(i + 1) ? blank(line) : line)
      return pass(name, lines.join("\n"), left - 1)
    })
  /** The text as it may be published under that name. */
  return (name: string, text: string) => pass(name, text, mostPasses)
})
