/**
 * What tokens cost, at list price. Read on 2026-11-22 from the providers' own pages (platform.claude.com
 * `about-claude/pricing`, developers.openai.com `api/docs/pricing`), promotions left out, so that a budget is rather
 * reached too early than too late. A model that is not listed costs 0: it may run on the user's own machine.
 */
import type { Usage } from "../../domain/Usage.ts"

/** US dollars a million tokens. */
interface Price {
  readonly input: number
  readonly output: number
  /** Input tokens that came from the cache, and that were written to it. */
  readonly cacheRead: number
  readonly cacheWrite: number
  /** A prompt of more tokens than this costs so many times as much, the whole request. */
  readonly long?: { readonly over: number; readonly input: number; readonly output: number }
}

const claude = (input: number, output: number, cacheRead = input * 0.1): Price => ({
  input,
  output,
  cacheRead,
  cacheWrite: input * 1.25
})

/** Since GPT-5.6 what is written to the cache costs more than plain input; before, it was free of surcharge. */
const gpt = (input: number, output: number, cacheRead: number, cacheWrite = input): Price => ({
  input,
  output,
  cacheRead,
  cacheWrite
})

const longGpt = { long: { over: 272_000, input: 2, output: 1.5 } } as const

/** By the beginning of the model's name; the longest one that fits counts. */
const prices: Readonly<Record<string, Price>> = {
  "claude-fable-5": claude(10, 50),
  "claude-fable-5-1": claude(10, 50, 0.25),
  "claude-fable-5-2": claude(10, 50, 0.25),
  "claude-mythos-5": claude(10, 50),
  "claude-mythos-5-1": claude(10, 50, 0.25),
  "claude-mythos-5-2": claude(10, 50, 0.25),
  "claude-opus-5-5": claude(4, 20, 0.2),
  "claude-opus-5": claude(5, 25),
  "claude-opus-4-5": claude(5, 25),
  "claude-opus-4-6": claude(5, 25),
  "claude-opus-4-7": claude(5, 25),
  "claude-opus-4-8": claude(5, 25),
  "claude-opus-4": claude(15, 75),
  "claude-sonnet-5-5": claude(2, 10, 0.1),
  "claude-sonnet-5": claude(2, 10),
  "claude-sonnet-4": claude(3, 15),
  "claude-haiku-5-5": { ...claude(0.1, 0.5), long: { over: 100_000, input: 5, output: 5 } },
  "claude-haiku-4-5": claude(1, 5),
  "gpt-6.2-sol": { ...gpt(2, 10, 0.1, 2.5), ...longGpt },
  "gpt-6.1-sol": { ...gpt(2, 10, 0.1, 2.5), ...longGpt },
  "gpt-6-sol": { ...gpt(2, 10, 0.2, 2.5), ...longGpt },
  "gpt-6-luna": { ...gpt(0.1, 0.5, 0.01, 0.125), ...longGpt },
  "gpt-6-astra": { ...gpt(10, 50, 1, 12.5), ...longGpt },
  "gpt-5.6": { ...gpt(5, 30, 0.5, 6.25), ...longGpt },
  "gpt-5.6-terra": { ...gpt(2, 12, 0.2, 2.5), ...longGpt },
  "gpt-5.6-luna": { ...gpt(0.2, 1.2, 0.02, 0.25), ...longGpt },
  "gpt-5.5": { ...gpt(5, 30, 0.5), ...longGpt },
  "gpt-5.5-pro": gpt(30, 180, 3),
  "gpt-5.4": { ...gpt(2.5, 15, 0.25), ...longGpt },
  "gpt-5.4-mini": gpt(0.75, 4.5, 0.075),
  "gpt-5.4-nano": gpt(0.2, 1.25, 0.02),
  "gpt-5.4-pro": gpt(30, 180, 3),
  "gpt-5.3": gpt(1.75, 14, 0.175),
  "gpt-5.2": gpt(1.75, 14, 0.175),
  "gpt-5.2-pro": gpt(21, 168, 21),
  "gpt-5.1": gpt(1.25, 10, 0.125),
  "gpt-5.1-mini": gpt(0.25, 2, 0.025),
  "gpt-5.1-codex-mini": gpt(0.25, 2, 0.025),
  "gpt-5": gpt(1.25, 10, 0.125),
  "gpt-5-mini": gpt(0.25, 2, 0.025),
  "gpt-5-nano": gpt(0.05, 0.4, 0.005),
  "gpt-5-pro": gpt(15, 120, 15),
  "gpt-4.1": gpt(2, 8, 0.5),
  "gpt-4.1-mini": gpt(0.4, 1.6, 0.1),
  "gpt-4.1-nano": gpt(0.1, 0.4, 0.025),
  "gpt-4o": gpt(2.5, 10, 1.25),
  "gpt-4o-mini": gpt(0.15, 0.6, 0.075),
  "o1": gpt(15, 60, 7.5),
  "o3": gpt(2, 8, 0.5),
  "o3-mini": gpt(1.1, 4.4, 0.55),
  "o4-mini": gpt(1.1, 4.4, 0.275)
}

/** Tokens of one request. The three kinds of input do not overlap. */
export interface Tokens {
  /** Neither read from nor written to the cache. */
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
}

/** `gpt-5` fits `gpt-5-2025-08-07`, and not `gpt-5.1`. A gateway's prefix (`openai/…`) does not count. */
const priceOf = (model: string): Price | undefined => {
  const name = model.slice(model.lastIndexOf("/") + 1)
  const fitting = Object.entries(prices).filter(([prefix]) =>
    name.startsWith(prefix) && /^($|[-@:])/.test(name.slice(prefix.length))
  )
  return fitting.sort(([a], [b]) => b.length - a.length)[0]?.[1]
}

/** The price of one request in US dollars; 0 for a model that is not listed. */
export const cost = (model: string, tokens: Tokens): number => {
  const price = priceOf(model)
  if (price === undefined) return 0
  const { cacheRead = 0, cacheWrite = 0, input, output } = tokens
  const long = price.long !== undefined && input + cacheRead + cacheWrite > price.long.over ? price.long : undefined
  const forInput = (input * price.input + cacheRead * price.cacheRead + cacheWrite * price.cacheWrite) *
    (long?.input ?? 1)
  return (forInput + output * price.output * (long?.output ?? 1)) / 1_000_000
}

/** The price of one request of which only the totals are known, in US dollars. */
export const costUsd = (model: string, inputTokens: number, outputTokens: number): number =>
  cost(model, { input: inputTokens, output: outputTokens })

/** What one request adds to a session's usage: all kinds of input together, and their price. */
export const usage = (model: string, tokens: Tokens): Usage => ({
  inputTokens: tokens.input + (tokens.cacheRead ?? 0) + (tokens.cacheWrite ?? 0),
  outputTokens: tokens.output,
  costUsd: cost(model, tokens)
})
