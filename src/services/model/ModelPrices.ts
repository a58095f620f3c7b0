/**
 * Models' list prices: from the operator's OPENTL_MODEL_PRICES, then our own list, then the price package. A model in
 * none of them has an unknown price; it is never treated as free.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AppConfig, type AppConfigShape } from "../config/AppConfig.ts"
import { type ProviderName, providerOf, roleModels } from "./ModelChoice.ts"
import * as ModelNames from "./ModelNames.ts"
import type { Price } from "./ModelPrice.ts"
import { ownPrices } from "./OwnPrices.ts"
import * as PackagePrices from "./PackagePrices.ts"

/** A budget cannot be enforced for a model whose price is unknown. */
export class PriceUnknown extends Schema.TaggedError<PriceUnknown>()("PriceUnknown", { model: Schema.String }) {
  override get message() {
    return `the price of the model "${this.model}" is not known, so a session with a budget cannot use it; ` +
      `OPENTL_MODEL_PRICES can name it (${this.model}=in/out, US dollars a million tokens)`
  }
}

export class ModelPrices extends Context.Tag("opentl/services/model/ModelPrices")<ModelPrices, {
  /**
   * The list price of a model at a provider's API (the base URL decides whose list counts). Names are compared without
   * case and provider prefix; a dated snapshot costs the same as its model.
   */
  readonly find: (provider: ProviderName, model: string) => Effect.Effect<Option.Option<Price>>
  /** The same; fails if the price is unknown. */
  readonly require: (provider: ProviderName, model: string) => Effect.Effect<Price, PriceUnknown>
  /**
   * Checks before a session with a budget is created that the prices of the planning and the reviewing model and of the
   * agent's model are known. If the agent uses any other model, the gateway rejects the call.
   */
  readonly requireForBudget: (agentModel: string | undefined) => Effect.Effect<void, PriceUnknown>
}>() {
  static readonly layer = Layer.effect(ModelPrices, Effect.suspend(() => Effect.flatMap(AppConfig, make)))
}

/**
 * The operator gives prices for input, output, and perhaps cached input; writing to the cache costs more than plain
 * input.
 */
const operatorPrices = ({ modelPrices }: AppConfigShape): ReadonlyMap<string, Price> =>
  new Map(modelPrices.map(({ cached, input, model, output }) => [
    ModelNames.normal(model),
    {
      rates: { input, output, cacheRead: cached ?? input, cacheWrite: input * 1.25, cacheWriteHour: input * 2 },
      tiers: [],
      perRequest: 0
    }
  ]))

const make = Effect.fnUntraced(function*(config: AppConfigShape) {
  const lists = [operatorPrices(config), ownPrices]
  const ofPackage = yield* PackagePrices.make

  const find = Effect.fn("ModelPrices.find")((provider: ProviderName, model: string) => {
    const known = lists.flatMap((list) => ModelNames.find(list, model) ?? [])[0]
    return known === undefined ? ofPackage(config[provider].baseUrl, model) : Effect.succeedSome(known)
  })

  const require = (provider: ProviderName, model: string) =>
    Effect.flatMap(
      find(provider, model),
      Option.match({ onNone: () => Effect.fail(new PriceUnknown({ model })), onSome: Effect.succeed })
    )

  return ModelPrices.of({
    find,
    require,
    requireForBudget: Effect.fn("ModelPrices.requireForBudget")((agentModel) =>
      Effect.forEach(
        new Set([...roleModels(config), ...(agentModel === undefined ? [] : [agentModel])]),
        (model) => require(Option.getOrElse(providerOf(config, model), () => "anthropic"), model),
        { discard: true }
      )
    )
  })
})
