/** A scanner that finds what the test says in a change, and in other texts one word. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Gate } from "../../src/domain/Gate.ts"
import { SecretScanner } from "../../src/services/gate/SecretScanner.ts"

/** What is a secret in every text but a change. */
export const plantedKey = "PLANTED-KEY-4711"

const matches = (text: string) =>
  [...text.matchAll(new RegExp(plantedKey, "g"))].map(({ index }) => ({
    rule: "planted",
    start: index,
    end: index + plantedKey.length
  }))

export class FakeScannerScript {
  /** What each scan finds, in their order; nothing when there are no more. */
  readonly found: Array<Gate> = []
}

export const layer = (script: FakeScannerScript) =>
  Layer.succeed(
    SecretScanner,
    SecretScanner.of({
      finder: Effect.succeed({
        mayHold: (text) => text.includes(plantedKey),
        find: (text) => Effect.sync(() => matches(text)),
        own: []
      }),
      scanText: (file, text) =>
        Effect.sync(() => ({
          secrets: text.split("\n").flatMap((line, i) => matches(line).map(({ rule }) => ({ rule, file, line: i + 1 })))
        })),
      scan: () => Effect.sync(() => script.found.shift() ?? { secrets: [] })
    })
  )
