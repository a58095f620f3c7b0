/** Tokens and money. */
import * as Schema from "effect/Schema"
import * as Dollars from "./Dollars.ts"
import { key, optional } from "./Wire.ts"

export const Usage = Schema.Struct({
  inputTokens: key("input_tokens", Schema.NonNegativeInt),
  outputTokens: key("output_tokens", Schema.NonNegativeInt),
  /** US dollars at list price, for models whose price is known. */
  costUsd: key("cost_usd", Schema.NonNegative.pipe(Schema.finite())),
  /** Whether some of the usage has no known price and is missing from the cost. */
  unpriced: optional(Schema.Boolean)
})
export type Usage = typeof Usage.Type

export const none: Usage = { inputTokens: 0, outputTokens: 0, costUsd: 0 }

export const add = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  costUsd: Dollars.plus(a.costUsd, b.costUsd),
  ...(a.unpriced === true || b.unpriced === true ? { unpriced: true } : {})
})

/** Usage as text: "12,345 in, 678 out, $0.0421", or for a model without a known price "12 in, 3 out, price unknown". */
export const show = (usage: Usage): string =>
  `${usage.inputTokens.toLocaleString("en-US")} in, ${usage.outputTokens.toLocaleString("en-US")} out` +
  (usage.costUsd > 0 ? `, $${usage.costUsd.toFixed(4)}` : "") +
  (usage.unpriced !== true ? "" : usage.costUsd > 0 ? " without what has no known price" : ", price unknown")
