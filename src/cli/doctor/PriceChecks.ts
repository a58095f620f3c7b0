/** How old the list of prices is, and whether a session with a budget would find its models in it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import packageJson from "../../../package.json" with { type: "json" }
import { AppConfig } from "../../services/config/AppConfig.ts"
import { ModelPrices } from "../../services/model/ModelPrices.ts"
import { readOn } from "../../services/model/OwnPrices.ts"
import { type DoctorCheck, ok, warn } from "./DoctorCheck.ts"

const lists = `of ${readOn}, and of @pydantic/genai-prices ${packageJson.dependencies["@pydantic/genai-prices"]}`

const prices: DoctorCheck = {
  name: "prices",
  run: Effect.gen(function*() {
    const { agentModel, modelPrices } = yield* AppConfig
    const own = modelPrices.length === 0 ? "" : `OPENTL_MODEL_PRICES (${modelPrices.length}), `
    return yield* (yield* ModelPrices).requireForBudget(Option.getOrUndefined(agentModel)).pipe(
      Effect.as(ok(`${own}${lists}`)),
      Effect.catchAll(({ message, model }) =>
        Effect.succeed(warn(`${own}${lists}; ${message}`, `set OPENTL_MODEL_PRICES=${model}=<in>/<out>`))
      )
    )
  }).pipe(Effect.provide(ModelPrices.layer))
}

export const priceChecks: ReadonlyArray<DoctorCheck> = [prices]
