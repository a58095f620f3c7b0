/**
 * The agent and the model that a repository's configuration wishes for. What a person asked for goes before it, and it goes
 * before the operator's defaults. An agent that cannot run is not taken.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Agent from "../../domain/Agent.ts"
import type { RepositoryConfig } from "../../domain/RepositoryConfig.ts"
import type { SessionSpec } from "../../domain/SessionEvent.ts"
import { Agents } from "../../services/agents/Agents.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { ModelPrices } from "../../services/model/ModelPrices.ts"

export interface AgentWish {
  /** The wishes that count, by key. */
  readonly taken: Partial<Pick<SessionSpec, "agent" | "model">>
  /** Why they do not count, as a sentence. */
  readonly problem?: string
}

export const make = Effect.gen(function*() {
  const agents = yield* Agents
  const { budgetDayUsd } = yield* AppConfig
  const prices = yield* ModelPrices

  return Effect.fn("AgentWish.decide")(function*(
    spec: SessionSpec,
    config: RepositoryConfig
  ): Effect.fn.Return<AgentWish> {
    const isOpen = (key: "agent" | "model") => spec.unasked?.includes(key) === true && config[key] !== undefined
    const name = isOpen("agent") ? config.agent : undefined
    const model = isOpen("model") ? config.model : undefined
    if (name === undefined && model === undefined) return { taken: {} }
    const wanted = model ?? spec.model
    const decide = Effect.gen(function*() {
      const agent = name !== undefined && name !== "auto"
        ? Agent.Agent.Named({ name })
        : spec.unasked?.includes("agent") === true
        ? (yield* agents.choose(wanted)).agent
        : spec.agent
      yield* agents.check(agent)
      const { environment } = yield* agents.start(agent, wanted)
      // without a model of its own, the agent's is not known beforehand: the gateway refuses one without a price
      if (spec.budgetUsd !== undefined || Option.isSome(budgetDayUsd)) {
        yield* prices.requireForBudget(environment["OPENTL_AGENT_MODEL"])
      }
      return {
        taken: {
          ...(name === undefined && Agent.spell(agent) === Agent.spell(spec.agent) ? {} : { agent }),
          ...(model === undefined ? {} : { model })
        }
      }
    })
    const wishes = [
      ...(name === undefined ? [] : [`agent ${name}`]),
      ...(model === undefined ? [] : [`model ${model}`])
    ]
    return yield* Effect.catchAll(
      decide,
      (error): Effect.Effect<AgentWish> =>
        Effect.succeed({
          taken: {},
          problem: `the configuration's ${wishes.join(" and ")} ${
            wishes.length === 1 ? "is" : "are"
          } not used: ${error.message}`
        })
    )
  })
})
