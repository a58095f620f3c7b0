/** Which agent a session gets that leaves the choice to OpenTL, and what it says about it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Agent } from "../../../src/domain/Agent.ts"
import { Agents } from "../../../src/services/agents/Agents.ts"
import * as AutoAgent from "../../../src/services/agents/AutoAgent.ts"
import { recipes } from "../../../src/services/agents/Recipes.ts"
import { InstalledAgents } from "../../../src/services/sandbox/InstalledAgents.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"

const set = { apiKey: Option.some(Redacted.make("sk-1")), baseUrl: "http://127.0.0.1:1" }
const none = { apiKey: Option.none(), baseUrl: "http://127.0.0.1:1" }

const decide = (
  installed: ReadonlyArray<string> | undefined,
  { anthropic = none, image = "img", model, openai = none }: {
    readonly anthropic?: typeof set | typeof none
    readonly openai?: typeof set | typeof none
    readonly model?: string
    readonly image?: string | null
  } = {}
) => {
  const { name, reason } = AutoAgent.decide({
    candidates: recipes,
    installed: Option.fromNullable(installed),
    image: Option.fromNullable(image),
    keys: { ...testConfig, anthropic, openai },
    model
  })
  return `${name}: ${reason}`
}

const all = recipes.map(({ name }) => name)

describe("auto", () => {
  it("is the first agent of the image that can use a model whose key is set", () => {
    assert.strictEqual(decide(["codex"], { openai: set }), "codex: the image has it, OPENAI_API_KEY is set")
    assert.match(decide(all, { anthropic: set, openai: set }), /^claude-code: .*ANTHROPIC_API_KEY is set, and it is /)
    assert.match(decide(all, { openai: set }), /^codex: .*preferred to opencode, pi, goose, qwen/)
    assert.match(decide(["qwen", "pi"], { anthropic: set }), /^pi: the image has it, ANTHROPIC_API_KEY is set$/)
  })

  it("does not depend on the order in which the image names them", () => {
    assert.strictEqual(
      decide([...all].reverse(), { anthropic: set, openai: set }),
      decide(all, { anthropic: set, openai: set })
    )
  })

  it("goes by the named model's maker", () => {
    assert.match(
      decide(all, { anthropic: set, openai: set, model: "gpt-6" }),
      /^codex: the image has it, it can use gpt-6/
    )
    assert.match(
      decide(["codex"], { anthropic: set, openai: set, model: "claude-x" }),
      /^opentl: .*cannot use claude-x/
    )
    // the key of the model's maker is what counts
    assert.match(decide(["claude-code"], { openai: set, model: "claude-x" }), /^opentl: .*set ANTHROPIC_API_KEY/)
  })

  it("is the built-in agent where there is no other, or none that has a key, and says so", () => {
    assert.strictEqual(decide([], { anthropic: set }), "opentl: the image img has no other agent")
    assert.strictEqual(
      decide(["codex"], { anthropic: set }),
      "opentl: no other agent of the image img can be used (codex: it needs a model; set OPENAI_API_KEY)"
    )
    assert.strictEqual(decide([], { image: null, anthropic: set }), "opentl: the local sandbox has no other agent")
    assert.match(
      decide(undefined, { anthropic: set }),
      /^opentl: the engine cannot say now which agents the image img has/
    )
    assert.strictEqual(decide(["a-later-one"], { anthropic: set }), "opentl: the image img has no other agent")
  })
})

describe("the agent of a session that names none", () => {
  const choose = (config: Parameters<typeof layerConfig>[0], model?: string) =>
    Effect.flatMap(Agents, (agents) => agents.choose(model)).pipe(Effect.provide(
      Agents.layerWithoutSandbox.pipe(
        Layer.provide(
          InstalledAgents.layerOf([{ name: "codex", version: "1" }, { name: "claude-code", version: "2" }])
        ),
        Layer.provide(layerConfig(config))
      )
    ))

  it.effect("is the configured one, without a word", () =>
    Effect.gen(function*() {
      const agent = Agent.Command({ line: "true" })
      assert.deepStrictEqual(yield* choose({ agent: Option.some(agent), anthropic: set }), { agent })
    }))

  it.effect("is chosen where the configuration says auto, by the configured model too", () =>
    Effect.gen(function*() {
      const auto = { agent: Option.none(), anthropic: set, openai: set }
      const { agent, reason } = yield* choose(auto)
      assert.deepStrictEqual(agent, Agent.Named({ name: "claude-code" }))
      assert.match(reason ?? "", /^auto chose claude-code: /)
      assert.deepStrictEqual((yield* choose(auto, "gpt-6")).agent, Agent.Named({ name: "codex" }))
      const configured = yield* choose({ ...auto, agentModel: Option.some("gpt-6") })
      assert.deepStrictEqual(configured.agent, Agent.Named({ name: "codex" }))
    }))
})
