import * as Effect from "effect/Effect"
import { layerCore } from "../../src/index.ts"
import { task } from "./Task.ts"

export const main = task("acme/billing", "Reject negative amounts, with a test").pipe(
  Effect.provide(layerCore("embedded"))
)
