/**
 * Prices that the price package lacks or counts differently. Read from the providers' own pages
 * (platform.claude.com `about-claude/pricing`, developers.openai.com `api/docs/pricing`). Promotions that may end any
 * day are left out: a budget should be reached too early rather than too late. Pure.
 */
import * as ModelNames from "./ModelNames.ts"
import type { Price, Rates } from "./ModelPrice.ts"

/** When they were read. */
export const readOn = "2026-11-22"

const claude = (input: number, output: number, cacheRead = input * 0.1): Rates => ({
  input,
  output,
  cacheRead,
  cacheWrite: input * 1.25,
  cacheWriteHour: input * 2
})

/** Since GPT-5.6, writing to the cache costs more than plain input. */
const gpt = (input: number, output: number, cacheRead: number): Rates => ({
  input,
  output,
  cacheRead,
  cacheWrite: input * 1.25,
  cacheWriteHour: input * 1.25
})

const flat = (rates: Rates): Price => ({ rates, tiers: [], perRequest: 0 })

const withLong = (rates: Rates, over: number, long: Rates): Price => ({
  rates,
  tiers: [{ over, rates: long }],
  perRequest: 0
})

const sol = withLong(gpt(2, 10, 0.1), 272_000, gpt(4, 15, 0.2))

/** The package contains the promotion announced until 2026-11-21. */
const gpt56Sol = withLong(gpt(5, 30, 0.5), 272_000, gpt(10, 45, 1))

const prices: Readonly<Record<string, Price>> = {
  "claude-fable-5-2": flat(claude(10, 50, 0.25)),
  "claude-mythos-5": flat(claude(10, 50)),
  "claude-mythos-5-1": flat(claude(10, 50, 0.25)),
  "claude-mythos-5-2": flat(claude(10, 50, 0.25)),
  "claude-sonnet-5-5": flat(claude(2, 10, 0.1)),
  "claude-haiku-5-5": withLong(claude(0.1, 0.5), 100_000, claude(0.5, 2.5)),
  "gpt-6.2-sol": sol,
  "gpt-6.1-sol": sol,
  "gpt-5.6": gpt56Sol,
  "gpt-5.6-sol": gpt56Sol
}

/** Keyed by normalized names. */
export const ownPrices: ReadonlyMap<string, Price> = new Map(
  Object.entries(prices).map(([name, price]) => [ModelNames.normal(name), price])
)
