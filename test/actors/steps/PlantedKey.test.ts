/** A key that somebody planted, wherever an agent, a model or a check says it: nobody is told it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import { approve, plan } from "../../fakes/FakeModel.ts"
import { plantedKey } from "../../fakes/FakeScanner.ts"
import { added, diffOf } from "../../support/Patches.ts"
import { by, create, history, untilFact, withServer, type World } from "../../support/TestApp.ts"
import { askedOf, scripts, test } from "./VerifyKit.ts"

const hosted = { agent: Option.some(Agent.Acp({ line: "my-agent --acp" })) }
const acp = (line: object) => `###OPENTL_ACP### ${JSON.stringify(line)}`

const reviewed = (world: World) => world.model.asked.filter(({ purpose }) => purpose === "review")

describe("a planted key", () => {
  it.effect("is in no line that the agent printed, which are as many as they were", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.script = () => ({
          lines: [
            "before",
            `result: ${plantedKey}!`,
            plantedKey.slice(0, 9),
            `${plantedKey.slice(9)} after`,
            acp({ kind: "tool_call", title: `read ${plantedKey}`, text: `✓ ${plantedKey}`, locations: [plantedKey] }),
            acp({ kind: "plan", text: `to do: ${plantedKey}` })
          ],
          exitCode: 0,
          answer: "Done."
        })
        const events = yield* history(yield* create())
        const lines = events.filter(({ detail }) => detail?.["line"] !== undefined)
        assert.deepStrictEqual(lines.map(({ data }) => data), [
          "before",
          "result: [left out: planted]!",
          plantedKey.slice(0, 9),
          "[left out: planted] after",
          "✓ [left out: planted]",
          "to do: [left out: planted]"
        ])
        assert.notInclude(JSON.stringify(events), plantedKey)
      }), hosted))

  it.effect("is not in the agent's last words, and the reviewer is not told it", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const agents = world.engine.script
        world.engine.script = (run) => ({ ...agents(run), answer: `I have found\n${plantedKey}\nthere.` })
        const events = yield* history(yield* create())
        assert.notInclude(JSON.stringify(events), plantedKey)
        assert.include(reviewed(world)[0]?.prompt, "I have found")
        assert.notInclude(reviewed(world)[0]?.prompt, plantedKey)
        assert.notInclude(JSON.stringify(world.remote.proposals), plantedKey)
      })
    ))

  it.effect("is not in the list of files, where it is a file's name", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.diff = () => diffOf([added("src/a.ts", "one"), added(`src/${plantedKey}.ts`, "one")])
        const events = yield* history(yield* create())
        const changes = events.find(({ type }) => type === "diff")
        assert.include(changes?.data, "src/a.ts")
        assert.notInclude(JSON.stringify(changes), plantedKey)
      })
    ))

  it.effect("is not in what a check prints, neither in the event nor in what is kept", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = scripts
        const agents = world.engine.script
        world.engine.script = (run) =>
          run.checks === undefined ? agents(run) : {
            exitCode: 0,
            report: JSON.stringify({
              installs: [],
              commands: askedOf(world.engine.specs.at(-1) ?? assert.fail("nothing runs"))
                .map(() => ({ exit_code: 1, seconds: 1, tail: `expected\n${plantedKey}\nto be` }))
            })
          }
        const id = yield* create()
        const events = yield* history(id)
        const report = yield* Effect.flatMap(Sessions, (sessions) => sessions.verification(id))
        const tails = report.commands.map(({ run, tail }) => [run, tail])
        assert.include(JSON.stringify(tails), "to be")
        assert.include(JSON.stringify(tails), test)
        assert.notInclude(JSON.stringify(tails), plantedKey)
        assert.notInclude(JSON.stringify(events), plantedKey)
      })
    ))

  it.effect("is in no question, plan or review", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose, n) =>
          Effect.succeed(
            purpose === "review"
              ? {
                ...approve,
                summary: `good: ${plantedKey}`,
                remarks: [`see ${plantedKey}`],
                ticks: [{ point: 1, state: "done", where: plantedKey }]
              }
              : n === 1
              ? { questions: [`Is it ${plantedKey}?`] }
              : { ...plan(`Use ${plantedKey}`), acceptance: [`${plantedKey} is used`] }
          )
        const id = yield* create()
        yield* untilFact(id, "QuestionsAsked")
        yield* Effect.flatMap(Sessions, (sessions) => sessions.message(id, "Yes", by))
        const events = yield* history(id)
        assert.include(JSON.stringify(events), "good: [left out: planted]")
        assert.include(JSON.stringify(events), "Is it [left out: planted]?")
        assert.include(JSON.stringify(events), "Use [left out: planted]")
        assert.notInclude(JSON.stringify(events), plantedKey)
        assert.notInclude(JSON.stringify(world.remote.proposals), plantedKey)
      })
    ))
})
