/** Tokens and money. */
import * as Schema from "effect/Schema"
import { key } from "./Wire.ts"

export const Usage = Schema.Struct({
  inputTokens: key("input_tokens", Schema.NonNegativeInt),
  outputTokens: key("output_tokens", Schema.NonNegativeInt),
  /** US dollars at list price; 0 for a model whose price is not known. */
  costUsd: key("cost_usd", Schema.NonNegative)
})
export type Usage = typeof Usage.Type

export const none: Usage = { inputTokens: 0, outputTokens: 0, costUsd: 0 }

export const add = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  costUsd: a.costUsd + b.costUsd
})

/** "12,345 in, 678 out, $0.0421" */
export const show = (usage: Usage): string =>
  `${usage.inputTokens.toLocaleString("en-US")} in, ${usage.outputTokens.toLocaleString("en-US")} out` +
  (usage.costUsd > 0 ? `, $${usage.costUsd.toFixed(4)}` : "")
