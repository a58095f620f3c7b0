/**
 * What models cost, at list price: the operator's OPENTL_MODEL_PRICES, below it our own list, below that the price
 * package's. A model that none of them has is of unknown price; it is never taken for free.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AppConfig, type AppConfigShape } from "../config/AppConfig.ts"
import { plannerModel, type ProviderName, providerOf } from "./ModelChoice.ts"
import * as ModelNames from "./ModelNames.ts"
import type { Price } from "./ModelPrice.ts"
import { ownPrices } from "./OwnPrices.ts"
import * as PackagePrices from "./PackagePrices.ts"

/** A budget cannot be kept for a model whose price is not known. */
export class PriceUnknown extends Schema.TaggedError<PriceUnknown>()("PriceUnknown", { model: Schema.String }) {
  override get message() {
    return `the price of the model "${this.model}" is not known, so a session with a budget cannot use it; ` +
      `OPENTL_MODEL_PRICES can name it (${this.model}=in/out, US dollars a million tokens)`
  }
}

export class ModelPrices extends Context.Tag("opentl/services/model/ModelPrices")<ModelPrices, {
  /**
   * The list price of a model that is asked at a provider's API (its base URL decides whose list counts). Names are
   * compared without case and provider's prefix; a dated snapshot costs what its model costs.
   */
  readonly find: (provider: ProviderName, model: string) => Effect.Effect<Option.Option<Price>>
  /** The same, refused where it is not known. */
  readonly require: (provider: ProviderName, model: string) => Effect.Effect<Price, PriceUnknown>
  /**
   * What a session with a budget needs to be known before it is created: the price of the model that plans and reviews,
   * and of the agent's where that is known. Whatever else an agent asks for, the gateway refuses at the call.
   */
  readonly requireForBudget: (agentModel: string | undefined) => Effect.Effect<void, PriceUnknown>
}>() {
  static readonly layer = Layer.effect(ModelPrices, Effect.suspend(() => Effect.flatMap(AppConfig, make)))
}

/** The operator says input, output, and perhaps cached input; writing to the cache is dearer than reading plain input. */
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
        new Set([...Option.toArray(plannerModel(config)), ...(agentModel === undefined ? [] : [agentModel])]),
        (model) => require(Option.getOrElse(providerOf(config, model), () => "anthropic"), model),
        { discard: true }
      )
    )
  })
})
