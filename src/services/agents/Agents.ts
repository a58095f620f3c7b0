/** The agents: for each, what the sandbox needs to run it without a person, a key or a login. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Agent } from "../../domain/Agent.ts"
import type { AgentInfo } from "../../domain/AgentInfo.ts"
import type { AgentLaunch } from "../../domain/AgentLaunch.ts"
import { AppConfig, type AppConfigShape } from "../config/AppConfig.ts"
import { defaultModels } from "../model/DefaultModels.ts"
import { choose, makerOf } from "../model/ModelChoice.ts"
import { buildCommand, type ImageContents, type Installed, InstalledAgents } from "../sandbox/InstalledAgents.ts"
import * as Span from "../support/Span.ts"
import * as AgentModels from "./AgentModels.ts"
import { launchOf } from "./AgentRecipe.ts"
import * as AutoAgent from "./AutoAgent.ts"
import { recipeOf, recipes } from "./Recipes.ts"

export class AgentUnavailable extends Schema.TaggedError<AgentUnavailable>()("AgentUnavailable", {
  agent: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `the agent ${this.agent} cannot run: ${this.reason}`
  }
}

/** How an agent is started. It contains no secrets: the gateway adds the key. */
export interface AgentStart {
  /** The entrypoint's environment. */
  readonly environment: Readonly<Record<string, string>>
  /** For the host program of an agent that speaks the Agent Client Protocol. */
  readonly launch?: AgentLaunch
}

/** The agent of a new session. */
export interface AgentChoice {
  readonly agent: Agent
  /** Why this one, if it was chosen for the session: a sentence. */
  readonly reason?: string
}

export class Agents extends Context.Tag("opentl/services/agents/Agents")<Agents, {
  /**
   * The agent of a session that names none: the configured one, else the one that fits what the image has and which key is
   * set. To be asked once a session, at its creation.
   */
  readonly choose: (model: string | undefined) => Effect.Effect<AgentChoice>
  /** The built-in agent and the public ones, and which of them the sandbox has now. */
  readonly list: Effect.Effect<ReadonlyArray<AgentInfo>>
  /** Fails if the agent's program is known not to be in the image. */
  readonly check: (agent: Agent) => Effect.Effect<void, AgentUnavailable>
  /** Fails if no key is set for a model that it can use. */
  readonly start: (agent: Agent, model: string | undefined) => Effect.Effect<AgentStart, AgentUnavailable>
}>() {
  /** What the sandbox has is left open. */
  static readonly layerWithoutSandbox = Layer.effect(
    Agents,
    Effect.gen(function*() {
      const config = yield* AppConfig
      const installed = yield* InstalledAgents

      const start = (agent: Agent, model: string | undefined): Effect.Effect<AgentStart, AgentUnavailable> =>
        Agent.$match(agent, {
          Command: ({ line }) =>
            Effect.succeed({
              environment: { OPENTL_AGENT: "command", OPENTL_AGENT_COMMAND: line, ...named(config, model) }
            }),
          Acp: ({ line }) => Effect.succeed(spoken(shellLaunch(line), named(config, model))),
          Named: ({ name }) => {
            const recipe = recipeOf(name)
            if (recipe === undefined) return builtIn(config, model)
            return Either.mapBoth(AgentModels.choose(recipe, config, wantedModel(config, model)), {
              onLeft: (reason) => new AgentUnavailable({ agent: recipe.name, reason }),
              onRight: (choice) => spoken(launchOf(recipe, choice), { OPENTL_AGENT_MODEL: choice.name })
            })
          }
        })

      return Agents.of({
        choose: (model) =>
          Option.match(config.agent, {
            onNone: () => Effect.map(installed.contents, (found) => chosen(config, installed.image, found, model)),
            onSome: (agent) => Effect.succeed({ agent })
          }).pipe(Span.within("Agents.choose")),
        list: Effect.map(
          installed.contents,
          (found) => describe(Option.match(found, { onNone: () => [], onSome: ({ agents }) => agents }))
        ),
        check: (agent) =>
          agent._tag === "Named" && recipeOf(agent.name) !== undefined
            ? Span.within("Agents.check")(isInstalled(installed, agent.name))
            : Effect.void,
        start: (agent, model) => Span.within("Agents.start")(start(agent, model))
      })
    })
  )

  static readonly layer = this.layerWithoutSandbox.pipe(Layer.provide(InstalledAgents.layer))
}

const describe = (installed: ReadonlyArray<Installed>): ReadonlyArray<AgentInfo> => [
  { name: "opentl", installed: true, providers: ["anthropic", "openai"] },
  ...recipes.map(({ name, providers }): AgentInfo => {
    const found = installed.find((agent) => agent.name === name)
    return {
      name,
      installed: found !== undefined,
      ...(found === undefined ? {} : { version: found.version }),
      providers
    }
  })
]

const chosen = (
  config: AppConfigShape,
  image: Option.Option<string>,
  found: Option.Option<ImageContents>,
  model: string | undefined
): AgentChoice => {
  const { name, reason } = AutoAgent.decide({
    candidates: recipes,
    installed: Option.map(found, ({ agents }) => agents.map(({ name }) => name)),
    image,
    keys: config,
    model: wantedModel(config, model)
  })
  return { agent: Agent.Named({ name }), reason: `auto chose ${name}: ${reason}` }
}

const wantedModel = (config: AppConfigShape, model: string | undefined): string | undefined =>
  model ?? Option.getOrUndefined(config.agentModel)

const named = (config: AppConfigShape, model: string | undefined): Readonly<Record<string, string>> => {
  const wanted = wantedModel(config, model)
  return wanted === undefined ? {} : { OPENTL_AGENT_MODEL: wanted }
}

const spoken = (launch: AgentLaunch, environment: Readonly<Record<string, string>>): AgentStart => ({
  environment: { OPENTL_AGENT: "acp", OPENTL_AGENT_NAME: launch.agent, ...environment },
  launch
})

/** The operator's own program, in an unchanged environment. */
const shellLaunch = (line: string): AgentLaunch => ({
  agent: "acp",
  command: ["bash", "-c", line],
  environment: {},
  files: [],
  continues: ["resume", "load"]
})

/** Refuses an agent that the image is known not to have. */
const isInstalled = ({ contents, image }: Context.Tag.Service<InstalledAgents>, agent: string) =>
  Effect.flatMap(
    contents,
    Option.match({
      onNone: () => Effect.void,
      onSome: (found) =>
        found.agents.some(({ name }) => name === agent)
          ? Effect.void
          : new AgentUnavailable({
            agent,
            reason: Option.match(image, {
              onNone: () => "the local sandbox has no such agents; use Docker, or acp:<shell line>",
              onSome: (image) =>
                `${found.exists ? `the image ${image} does not have it` : `there is no image ${image} yet`}; run ${
                  buildCommand(found, agent)
                }`
            })
          })
    })
  )

const builtIn = Effect.fnUntraced(function*(config: AppConfigShape, model: string | undefined) {
  const wanted = wantedModel(config, model)
  // by the same rule as for the planner's model
  const chosen = choose({ ...config, plannerModel: Option.fromNullable(wanted) })
  if (Option.isNone(chosen)) {
    return yield* new AgentUnavailable({
      agent: "opentl",
      reason: wanted !== undefined && makerOf(wanted) === "google"
        ? `it cannot use ${wanted}; choose a model of anthropic or openai with --model, or the agent gemini with --agent`
        : "it needs a model; set ANTHROPIC_API_KEY or OPENAI_API_KEY, or choose another agent with OPENTL_AGENT=command:<shell line>"
    })
  }
  const { provider } = chosen.value
  return {
    environment: {
      OPENTL_AGENT: "opentl",
      OPENTL_AGENT_DIALECT: provider,
      OPENTL_AGENT_MODEL: wanted ?? defaultModels[provider]
    }
  }
})
