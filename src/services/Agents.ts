/** The agents: for each, what the entrypoint needs to run it headless. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { AgentName } from "../domain/Agent.ts"
import { Agent, available } from "../domain/Agent.ts"
import { AppConfig, type AppConfigShape } from "./config/AppConfig.ts"
import { defaultModels } from "./model/DefaultModels.ts"
import { choose } from "./model/LanguageModels.ts"

export class AgentUnavailable extends Schema.TaggedError<AgentUnavailable>()("AgentUnavailable", {
  agent: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `the agent ${this.agent} cannot run: ${this.reason}`
  }
}

/** The entrypoint's environment for one agent. It contains no secrets: the gateway adds the key. */
export type AgentEnvironment = Readonly<Record<string, string>>

export class Agents extends Context.Tag("opentl/services/Agents")<Agents, {
  /** The agent used if none is named. */
  readonly defaultAgent: Agent
  readonly environment: (agent: Agent, model: string | undefined) => Effect.Effect<AgentEnvironment, AgentUnavailable>
}>() {
  static readonly layer = Layer.effect(
    Agents,
    Effect.map(AppConfig, (config) =>
      Agents.of({
        defaultAgent: Option.getOrElse(config.agent, () => Agent.Named({ name: "opentl" })),
        environment: (agent, model) =>
          Agent.$match(agent, {
            Command: ({ line }) =>
              Effect.succeed({ OPENTL_AGENT: "command", OPENTL_AGENT_COMMAND: line, ...named(config, model) }),
            Named: ({ name }) => name === "opentl" ? builtIn(config, model) : unavailable(name)
          })
      }))
  )
}

const named = (config: AppConfigShape, model: string | undefined): AgentEnvironment => {
  const wanted = model ?? Option.getOrUndefined(config.agentModel)
  return wanted === undefined ? {} : { OPENTL_AGENT_MODEL: wanted }
}

const unavailable = (name: AgentName) =>
  new AgentUnavailable({
    agent: name,
    reason: `its adapter is not part of this version; use ${
      available.join(", ")
    }, or command:<shell line> in the server's configuration`
  })

/** The API dialect for a model, by the same rule as for the planner's model. */
const dialectOf = (config: AppConfigShape, model: string | undefined): "anthropic" | "openai" | undefined =>
  Option.getOrUndefined(
    Option.map(choose({ ...config, plannerModel: Option.fromNullable(model) }), ({ provider }) => provider)
  )

const builtIn = Effect.fnUntraced(function*(config: AppConfigShape, model: string | undefined) {
  const wanted = model ?? Option.getOrUndefined(config.agentModel)
  const dialect = dialectOf(config, wanted)
  if (dialect === undefined) {
    return yield* new AgentUnavailable({
      agent: "opentl",
      reason:
        "it needs a model; set ANTHROPIC_API_KEY or OPENAI_API_KEY, or choose another agent with OPENTL_AGENT=command:<shell line>"
    })
  }
  return { OPENTL_AGENT: "opentl", OPENTL_AGENT_DIALECT: dialect, OPENTL_AGENT_MODEL: wanted ?? defaultModels[dialect] }
})
