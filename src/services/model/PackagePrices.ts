/**
 * Prices from the package `@pydantic/genai-prices`. Its data is used, but not its search, which matches prefixes of
 * names. The package is 0.8 MB of source, so it is loaded on first use.
 */
import type { ConditionalPrice, MatchLogic, ModelInfo, ModelPrice, Provider } from "@pydantic/genai-prices"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ModelNames from "./ModelNames.ts"
import type { Price, Rates } from "./ModelPrice.ts"

const Amount = Schema.NonNegative
const Rate = Schema.Union(
  Amount,
  Schema.Struct({ base: Amount, tiers: Schema.Array(Schema.Struct({ start: Amount, price: Amount })) })
)
type Rate = typeof Rate.Type
const Optional = Schema.optional(Rate)

/** The prices that are used. A model without both of the first is not a chat model. */
const Listed = Schema.Struct({
  input_mtok: Rate,
  output_mtok: Rate,
  output_reasoning_mtok: Optional,
  cache_read_mtok: Optional,
  cache_write_mtok: Optional,
  cache_write_1h_mtok: Optional,
  requests_kcount: Schema.optional(Amount)
})
const decodeListed = Schema.decodeUnknownOption(Listed)

const at = (rate: Rate, inputTokens: number): number =>
  typeof rate === "number" ? rate : rate.tiers.findLast(({ start }) => inputTokens > start)?.price ?? rate.base

const startsOf = (rate: Rate | undefined): ReadonlyArray<number> =>
  rate === undefined || typeof rate === "number" ? [] : rate.tiers.map(({ start }) => start)

/** A missing cache price defaults to the price of plain input. */
const toPrice = (listed: typeof Listed.Type): Price => {
  const ratesAt = (tokens: number): Rates => {
    const input = at(listed.input_mtok, tokens)
    const cacheWrite = at(listed.cache_write_mtok ?? listed.input_mtok, tokens)
    return {
      input,
      output: Math.max(at(listed.output_mtok, tokens), at(listed.output_reasoning_mtok ?? 0, tokens)),
      cacheRead: at(listed.cache_read_mtok ?? listed.input_mtok, tokens),
      cacheWrite,
      cacheWriteHour: listed.cache_write_1h_mtok === undefined ? cacheWrite : at(listed.cache_write_1h_mtok, tokens)
    }
  }
  const starts = new Set([listed.input_mtok, listed.output_mtok, listed.cache_read_mtok].flatMap(startsOf))
  return {
    rates: ratesAt(0),
    tiers: [...starts].sort((a, b) => a - b).map((over) => ({ over, rates: ratesAt(over + 1) })),
    perRequest: (listed.requests_kcount ?? 0) / 1000
  }
}

const namesIn = (match: MatchLogic): ReadonlyArray<string> =>
  "or" in match
    ? match.or.flatMap(namesIn)
    : "equals" in match
    ? [match.equals]
    : "starts_with" in match
    ? [match.starts_with]
    : []

/** The prices on a given day: the last entry whose condition holds. One that holds for some hours counts all day. */
const inForce = (prices: ModelInfo["prices"], today: string): ModelPrice | undefined =>
  Array.isArray(prices)
    ? prices.findLast(({ constraint }: ConditionalPrice) =>
      constraint?.type !== "start_date" || constraint.start_date <= today
    )?.prices
    : prices

/** The provider list for an API at this URL: the provider's own, else those of the APIs that we support. */
const listsFor = (find: (options: { providerApiUrl?: string; providerId?: string }) => Provider | undefined) => {
  const byId = (id: string) => Option.toArray(Option.fromNullable(find({ providerId: id })))
  return (baseUrl: string): ReadonlyArray<Provider> => {
    const own = find({ providerApiUrl: baseUrl })
    return own === undefined
      ? [...byId("anthropic"), ...byId("openai"), ...byId("google")]
      : [own, ...(own.fallback_model_providers ?? []).flatMap(byId)]
  }
}

/** A provider's models by normalized name; the first of two with one name. */
const index = (provider: Provider): ReadonlyMap<string, ModelInfo> => {
  const models = new Map<string, ModelInfo>()
  for (const model of provider.models) {
    for (const name of [model.id, ...namesIn(model.match)].map(ModelNames.normal)) {
      if (!models.has(name)) models.set(name, model)
    }
  }
  return models
}

/** The runtime caches the module. A cached effect would also cache the interruption of its first caller. */
const load = Effect.promise(() => import("@pydantic/genai-prices"))

/** Looks up a model at the API with this base URL. */
export const make = Effect.sync(() => {
  const indexes = new Map<string, ReadonlyMap<string, ModelInfo>>()
  const indexOf = (provider: Provider) => {
    const models = indexes.get(provider.id) ?? index(provider)
    indexes.set(provider.id, models)
    return models
  }
  return (baseUrl: string, model: string): Effect.Effect<Option.Option<Price>> =>
    Effect.zipWith(load, DateTime.now, ({ findProvider }, now) =>
      Option.fromNullable(
        listsFor(findProvider)(baseUrl).flatMap((provider) => ModelNames.find(indexOf(provider), model) ?? [])[0]
      ).pipe(
        Option.flatMapNullable(({ prices }) => inForce(prices, DateTime.formatIsoDateUtc(now))),
        Option.flatMap(decodeListed),
        Option.map(toPrice)
      ))
})
