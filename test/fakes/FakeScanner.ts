/** A scanner that finds what the test says. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Gate } from "../../src/domain/Gate.ts"
import { SecretScanner } from "../../src/services/gate/SecretScanner.ts"

export class FakeScannerScript {
  /** What each scan finds, in their order; nothing when there are no more. */
  readonly found: Array<Gate> = []
}

export const layer = (script: FakeScannerScript) =>
  Layer.succeed(
    SecretScanner,
    SecretScanner.of({
      finder: Effect.succeed({ mayHold: () => false, find: () => Effect.succeed([]), own: [] }),
      scanText: () => Effect.succeed({ secrets: [] }),
      scan: () => Effect.sync(() => script.found.shift() ?? { secrets: [] })
    })
  )
