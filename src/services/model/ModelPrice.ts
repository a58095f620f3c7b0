/** Token prices. Pure. */
import * as Schema from "effect/Schema"
import * as Dollars from "../../domain/Dollars.ts"
import type { Usage } from "../../domain/Usage.ts"

/** In US dollars per million tokens. */
export const Rates = Schema.Struct({
  input: Schema.NonNegative,
  output: Schema.NonNegative,
  /** Input tokens read from the prompt cache. */
  cacheRead: Schema.NonNegative,
  /** Input tokens written to the cache, for minutes and for an hour. */
  cacheWrite: Schema.NonNegative,
  cacheWriteHour: Schema.NonNegative
})
export type Rates = typeof Rates.Type

export const Price = Schema.Struct({
  rates: Rates,
  /** Requests with more than `over` input tokens are billed entirely at other rates. Ascending. */
  tiers: Schema.Array(Schema.Struct({ over: Schema.NonNegative, rates: Rates })),
  /** In US dollars for each request, whatever its tokens. */
  perRequest: Schema.NonNegative
})
export type Price = typeof Price.Type

/** The tokens of one request. The kinds of input do not overlap. */
export interface Tokens {
  /** Input neither read from nor written to the cache. */
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly cacheWriteHour?: number
}

const million = 1_000_000

const ratesFor = (price: Price, inputTokens: number): Rates =>
  price.tiers.findLast(({ over }) => inputTokens > over)?.rates ?? price.rates

/** All kinds of input together. */
export const inputOf = ({ cacheRead = 0, cacheWrite = 0, cacheWriteHour = 0, input }: Tokens): number =>
  input + cacheRead + cacheWrite + cacheWriteHour

/** The price of one request, in US dollars. */
export const cost = (price: Price, tokens: Tokens): number => {
  const rates = ratesFor(price, inputOf(tokens))
  const { cacheRead = 0, cacheWrite = 0, cacheWriteHour = 0, input, output } = tokens
  return price.perRequest + (
        input * rates.input + cacheRead * rates.cacheRead + cacheWrite * rates.cacheWrite +
        cacheWriteHour * rates.cacheWriteHour + output * rates.output
      ) / million
}

/** The most that one request can cost, in US dollars, assuming that all its input is of the most expensive kind. */
export const costAtMost = (price: Price, tokens: { readonly input: number; readonly output: number }): number => {
  const rates = ratesFor(price, tokens.input)
  const dearest = Math.max(rates.input, rates.cacheRead, rates.cacheWrite, rates.cacheWriteHour)
  return price.perRequest + (tokens.input * dearest + tokens.output * rates.output) / million
}

/** The usage of one request. Without a price its cost is 0, and the usage is marked as unpriced. */
export const usage = (price: Price | undefined, tokens: Tokens): Usage => ({
  inputTokens: inputOf(tokens),
  outputTokens: tokens.output,
  ...(price === undefined ? { costUsd: 0, unpriced: true } : { costUsd: Dollars.exact(cost(price, tokens)) })
})
