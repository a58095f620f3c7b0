/** What a repository's configuration wishes for a session, on the real actors, store and log. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import type { SessionEventView } from "../../../src/domain/EventText.ts"
import { BranchName } from "../../../src/domain/Ids.ts"
import { by, create, endings, history, tells, withServer } from "../../support/TestApp.ts"

const written = (...lines: ReadonlyArray<string>) => new Map([[".opentl/config.yml", `${lines.join("\n")}\n`]])

/** What is said of the configuration. */
const told = (events: ReadonlyArray<SessionEventView>) =>
  events.filter(tells("ConfigurationRead")).map(({ data }) => data)

/** A key for the built-in agent; the operator's default is a command. */
const keyed = {
  sandbox: "local",
  anthropic: { apiKey: Option.some(Redacted.make("sk-real")), baseUrl: "http://127.0.0.1:1" }
} as const

describe("the agent that the configuration names", () => {
  it.effect("works in place of the operator's default, with its model, in every turn", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = written("agent: opentl", "model: claude-haiku-4-5")
        const id = yield* create()
        const sessions = yield* Sessions
        assert.deepStrictEqual(told(yield* history(id)), [
          "the repository's configuration counts: agent, model\nthe agent is opentl\nthe agent's model is claude-haiku-4-5"
        ])
        const session = yield* sessions.get(id)
        assert.deepStrictEqual([session.agent, session.model], ["opentl", "claude-haiku-4-5"])
        world.remote.files = new Map()
        yield* sessions.message(id, "more", by)
        yield* history(id)
        assert.deepStrictEqual(
          world.engine.specs.filter(({ run }) => run.checks === undefined).map(({ environment }) => [
            environment["OPENTL_AGENT"],
            environment["OPENTL_AGENT_MODEL"]
          ]),
          [["opentl", "claude-haiku-4-5"], ["opentl", "claude-haiku-4-5"]]
        )
      }), keyed))

  it.effect("is not taken where a person named one, or the model", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = written("agent: opentl", "model: claude-haiku-4-5")
        const named = yield* create({ agent: "command:true", model: "mine" })
        assert.deepStrictEqual(told(yield* history(named)), [])
        const other = yield* create({ model: "claude-sonnet-5-5" })
        yield* history(other)
        const sessions = yield* Sessions
        const { agent, model } = yield* sessions.get(other)
        assert.deepStrictEqual([agent, model], ["opentl", "claude-sonnet-5-5"])
        assert.deepStrictEqual(
          world.engine.specs.map(({ environment }) => environment["OPENTL_AGENT_MODEL"]),
          ["mine", "claude-sonnet-5-5"]
        )
      }), keyed))

  for (
    const [name, lack] of [["codex", "the local sandbox has no such agents"], ["opentl", "it needs a model"]] as const
  ) {
    it.effect(`that cannot run is told, and the chosen one works: ${lack}`, () =>
      withServer((world) =>
        Effect.gen(function*() {
          world.remote.files = written(`agent: ${name}`, "instructions: Be kind.")
          const events = yield* history(yield* create())
          assert.deepStrictEqual(endings(events), ["complete"])
          const [said = ""] = told(events)
          assert.match(said, /^the repository's configuration counts: instructions\n/)
          assert.include(said, `the configuration's agent ${name} is not used: the agent ${name} cannot run: ${lack}`)
          assert.strictEqual(world.engine.specs[0]?.environment["OPENTL_AGENT"], "command")
        }), { sandbox: "local" }))
  }

  for (
    const [kind, request, config] of [
      ["session", { budgetUsd: 5 }, keyed],
      ["day", {}, { ...keyed, budgetDayUsd: Option.some(50) }]
    ] as const
  ) {
    it.effect(`whose model has no known price is not taken under a budget of the ${kind}`, () =>
      withServer((world) =>
        Effect.gen(function*() {
          world.remote.files = written("agent: opentl", "model: claude-unheard-of-9")
          const events = yield* history(yield* create(request))
          assert.match(told(events).join(""), /agent opentl and model claude-unheard-of-9 are not used: the price of/)
          assert.strictEqual(world.engine.specs[0]?.environment["OPENTL_AGENT"], "command")
        }), config))
  }

  it.effect("does not take the place of one that has begun", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create()
        yield* history(id)
        world.remote.files = written("agent: opentl")
        yield* Effect.flatMap(Sessions, (sessions) => sessions.message(id, "more", by))
        assert.deepStrictEqual(told(yield* history(id)), [])
        const agents = world.engine.specs.map(({ environment }) => environment["OPENTL_AGENT"])
        assert.deepStrictEqual(agents.filter((agent) => agent !== "checks"), ["command", "command"])
      }), keyed))
})

describe("the base that the configuration names", () => {
  it.effect("is what a session forks from, unless a person named one", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = written("base: develop")
        const events = yield* history(yield* create())
        assert.deepStrictEqual(told(events), ["the repository's configuration counts: base"])
        yield* history(yield* create({ base: BranchName.make("release") }))
        assert.deepStrictEqual(world.remote.proposals.map(({ base }) => base), ["develop", "release"])
      })
    ))

  it.effect("is told where there is no such branch, and the default branch is taken", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = written("base: gone")
        world.remote.missing = ["gone"]
        const events = yield* history(yield* create())
        assert.deepStrictEqual(told(events), ["the configuration's base is not used: acme/app has no branch gone"])
        assert.deepStrictEqual(world.remote.proposals.map(({ base }) => base), ["main"])
      })
    ))
})

describe("the domains that the configuration names", () => {
  const asking = written("egress: [packages.example.com]", "verify: [npm test]")

  it.effect("reach the gateway of agent and checks where the operator lets the repository ask", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = asking
        const events = yield* history(yield* create())
        assert.deepStrictEqual(told(events), ["the repository's configuration counts: verify, egress"])
        const granted = world.gateway.opened.map(({ egress }) => egress)
        assert.isAtLeast(granted.length, 2)
        for (const egress of granted) assert.deepStrictEqual(egress, ["packages.example.com"])
      }), { egressRepos: ["acme/*"] }))

  for (
    const [egressRepos, egress, why] of [
      [["acme/other", "other/*"], "allowlist", "(OPENTL_EGRESS_REPOS)"],
      [["acme/app"], "none", "(OPENTL_EGRESS=none)"]
    ] as const
  ) {
    it.effect(`are told as not used: ${why}`, () =>
      withServer((world) =>
        Effect.gen(function*() {
          world.remote.files = asking
          const [said = ""] = told(yield* history(yield* create()))
          assert.match(said, /^the repository's configuration counts: verify\nthe configuration's egress is not used: /)
          assert.include(said, why)
          if (egress === "allowlist") {
            for (const opened of world.gateway.opened) assert.deepStrictEqual(opened.egress, [])
          }
        }), { egressRepos, egress }))
  }
})

describe("the pull request that the configuration describes", () => {
  it.effect("is proposed so, and what it lacks is said", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = written(
          "pull_request:",
          "  draft: true",
          "  labels: [bot]",
          "  reviewers: [ada, acme/core]",
          "  title_prefix: \"[bot]\""
        )
        world.remote.problems = ["asking ada for a review failed (422): no"]
        const id = yield* create()
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["complete"])
        const [first] = world.remote.proposals
        assert.deepInclude(first, {
          opensAsDraft: true,
          labels: ["bot"],
          reviewers: ["ada", "acme/core"],
          draft: false
        })
        assert.isUndefined(first?.known)
        assert.match(first?.title ?? "", /^\[bot\] /)
        assert.deepStrictEqual(events.filter(tells("ProposalFlawed")).map(({ data, type }) => [type, data]), [
          ["status", "asking ada for a review failed (422): no"]
        ])
        yield* Effect.flatMap(Sessions, (sessions) => sessions.message(id, "more", by))
        yield* history(id)
        assert.strictEqual(world.remote.proposals[1]?.known, 7)
      })
    ))
})
