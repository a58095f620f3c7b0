/** Which agents can run here, and what the sandbox is given to run them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Agent, type AgentName } from "../../../src/domain/Agent.ts"
import { fill } from "../../../src/domain/AgentLaunch.ts"
import { Agents } from "../../../src/services/agents/Agents.ts"
import { recipes } from "../../../src/services/agents/Recipes.ts"
import { type ImageContents, InstalledAgents } from "../../../src/services/sandbox/InstalledAgents.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const secret = "sk-the-real-key"
const provider = { apiKey: Option.some(Redacted.make(secret)), baseUrl: "http://127.0.0.1:1" }
const none = { apiKey: Option.none(), baseUrl: "http://127.0.0.1:1" }
const all = recipes.map(({ name }) => ({ name, version: "1.2.3" }))

const withAgents = <A, E>(
  use: Effect.Effect<A, E, Agents>,
  { agents = InstalledAgents.layerOf(all), anthropic = provider, google = provider, openai = provider }: {
    readonly agents?: Layer.Layer<InstalledAgents>
    readonly anthropic?: typeof provider | typeof none
    readonly google?: typeof provider | typeof none
    readonly openai?: typeof provider | typeof none
  } = {}
) =>
  Effect.provide(
    use,
    Agents.layerWithoutSandbox.pipe(Layer.provide(agents), Layer.provide(layerConfig({ anthropic, google, openai })))
  )

const start = (name: AgentName, model?: string) =>
  Effect.flatMap(Agents, (agents) => agents.start(Agent.Named({ name }), model))
const check = (name: AgentName) => Effect.flatMap(Agents, (agents) => agents.check(Agent.Named({ name })))
const refusal = (name: AgentName, model?: string) =>
  Effect.map(Effect.flip(Effect.zipRight(check(name), start(name, model))), ({ reason }) => reason)

describe("a public agent", () => {
  for (const { name, providers } of recipes) {
    it.effect(`${name} gets the gateway's address and no key`, () =>
      withAgents(Effect.gen(function*() {
        const { environment, launch } = yield* start(name)
        assert.strictEqual(environment["OPENTL_AGENT"], "acp")
        assert.strictEqual(environment["OPENTL_AGENT_NAME"], name)
        assert.notStrictEqual(environment["OPENTL_AGENT_MODEL"] ?? "", "")
        assert.strictEqual(launch?.command[0], `{{OPENTL_AGENTS}}/bin/${name}`)
        const told = JSON.stringify({ environment, launch })
        assert.notInclude(told, secret)
        assert.include(
          told,
          `{{${{ anthropic: "ANTHROPIC", openai: "OPENAI", google: "GOOGLE_GEMINI" }[providers[0]]}_BASE_URL}}`
        )
        assert.include(told, environment["OPENTL_AGENT_MODEL"] ?? "")
      })))

    it.effect(`${name} is refused where the image lacks it, with the command that mends it`, () =>
      withAgents(
        Effect.map(refusal(name), (reason) => assert.include(reason, `opentl sandbox build --agents ${name}`)),
        { agents: InstalledAgents.layerOf([]) }
      ))

    it.effect(`${name} is refused without a key of a provider whose models it can use`, () =>
      withAgents(
        Effect.map(refusal(name), (reason) => assert.match(reason, /ANTHROPIC_API_KEY|OPENAI_API_KEY|GEMINI_API_KEY/)),
        { anthropic: none, google: none, openai: none }
      ))
  }

  it.effect("is not refused where the engine cannot be asked: the start will say what is wrong", () =>
    withAgents(check("codex"), {
      agents: Layer.succeed(InstalledAgents, { contents: Effect.succeedNone, image: Option.some("opentl-sandbox") })
    }))

  it.effect("is refused in a local sandbox", () =>
    withAgents(Effect.map(refusal("codex"), (reason) => assert.include(reason, "Docker")), {
      agents: Layer.succeed(InstalledAgents, {
        contents: Effect.succeedSome({ exists: false, agents: [] }),
        image: Option.none()
      })
    }))

  it.effect("is refused with the exact command: the image keeps its other agents and its base", () =>
    Effect.gen(function*() {
      const refused = (found: ImageContents) =>
        withAgents(refusal("codex"), {
          agents: Layer.succeed(InstalledAgents, { contents: Effect.succeedSome(found), image: Option.some("img") })
        })
      const pi = { name: "pi", version: "1" }
      assert.strictEqual(
        yield* refused({ exists: true, agents: [pi], base: "debian:bookworm" }),
        "the image img does not have it; run opentl sandbox build --agents pi,codex --base debian:bookworm"
      )
      assert.strictEqual(
        yield* refused({ exists: true, agents: [], base: "node:24-bookworm" }),
        "the image img does not have it; run opentl sandbox build --agents codex"
      )
      assert.strictEqual(
        yield* refused({ exists: false, agents: [] }),
        "there is no image img yet; run opentl sandbox build --agents codex"
      )
    }))
})

describe("the model of a public agent", () => {
  const modelOf = (name: AgentName, model?: string) =>
    Effect.map(start(name, model), ({ environment }) => environment["OPENTL_AGENT_MODEL"])

  it.effect("is the wanted one, at its maker", () =>
    withAgents(Effect.gen(function*() {
      assert.strictEqual(yield* modelOf("opencode", "gpt-5"), "gpt-5")
      assert.include(JSON.stringify(yield* start("opencode", "gpt-5")), "@ai-sdk/openai")
      assert.include(JSON.stringify(yield* start("opencode", "claude-x")), "@ai-sdk/anthropic")
    })))

  it.effect("is one of a provider whose key is set", () =>
    withAgents(
      Effect.map(start("opencode"), (started) => assert.include(JSON.stringify(started), "@ai-sdk/openai")),
      { anthropic: none }
    ))

  it.effect("of another maker than it can use is refused", () =>
    withAgents(Effect.gen(function*() {
      assert.include(yield* refusal("claude-code", "gpt-5"), "cannot use gpt-5")
      assert.include(yield* refusal("codex", "claude-x"), "cannot use claude-x")
      assert.include(yield* refusal("opencode", "gemini-x"), "cannot use gemini-x")
      assert.include(yield* refusal("gemini", "gpt-5"), "choose a model of google")
      assert.include(yield* refusal("opentl", "gemini-x"), "the agent gemini")
    })))
})

describe("the list of agents", () => {
  it.effect("says which of them the image has, at which version", () =>
    withAgents(
      Effect.gen(function*() {
        const list = yield* Effect.flatMap(Agents, ({ list }) => list)
        assert.deepStrictEqual(list.map(({ name }) => name), ["opentl", ...recipes.map(({ name }) => name)])
        assert.deepStrictEqual(list.find(({ name }) => name === "pi"), {
          name: "pi",
          installed: true,
          version: "0.1.2",
          providers: ["anthropic", "openai"]
        })
        assert.isFalse(list.find(({ name }) => name === "codex")?.installed)
        assert.isTrue(list[0]?.installed)
      }),
      { agents: InstalledAgents.layerOf([{ name: "pi", version: "0.1.2" }]) }
    ))
})

describe("a launch's text", () => {
  it("has the sandbox's variables filled in", () => {
    const valueOf = (name: string) => name === "HOME" ? "/home/x" : undefined
    assert.strictEqual(fill("{{HOME}}/bin {{ABSENT}}{{not}} {HOME}", valueOf), "/home/x/bin {{not}} {HOME}")
  })
})
