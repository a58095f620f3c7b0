/** An agent that speaks the Agent Client Protocol, as its session sees it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Agent } from "../../../src/domain/Agent.ts"
import { create, history, tags, untilFact, withServer } from "../../support/TestApp.ts"

const agent = Option.some(Agent.Acp({ line: "my-agent --acp" }))

const said = (line: object) => `###OPENTL_ACP### ${JSON.stringify(line)}`

describe("a hosted agent", () => {
  it.effect("is given what starts it, and its shell line is shown to nobody", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const events = yield* history(yield* create({}))
        const [run] = world.engine.specs
        const launch = run?.inputs.find(({ path }) => path === "in/agent.json")?.content
        assert.strictEqual(run?.environment["OPENTL_AGENT"], "acp")
        assert.include(launch?._tag === "Text" ? launch.text : "", "my-agent --acp")
        assert.notInclude(JSON.stringify(events), "my-agent")
      }), { agent }))

  it.effect("has its lines told with what they are", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const call = { kind: "tool_call", title: "write a.ts", status: "completed", locations: ["a.ts"] }
        world.engine.script = () => ({
          lines: [
            said({ ...call, text: "✓ write a.ts" }),
            said({ kind: "plan", text: "to do: [x] Write" }),
            "###OPENTL_ACP### not what it should be"
          ],
          exitCode: 0,
          answer: "Done."
        })
        const events = yield* history(yield* create({}))
        const written = events.find(({ data }) => data === "✓ write a.ts")
        assert.strictEqual(written?.type, "output")
        assert.deepStrictEqual(written?.detail?.["acp"], call)
        const plan = events.find(({ data }) => data.startsWith("to do:"))
        assert.strictEqual(plan?.type, "status")
        assert.deepStrictEqual(plan?.detail?.["acp"], { kind: "plan" })
        assert.isTrue(events.some(({ data, type }) => type === "output" && data.includes("not what it should be")))
      }), { agent }))

  it.effect("that ends its turn as if an error of the model had not happened has failed", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.lastFailure = "bad request (status 400)"
        world.engine.script = () => ({
          lines: [said({ kind: "message", text: "Sorry." })],
          exitCode: 0,
          answer: "Sorry."
        })
        const events = yield* history(yield* create({}))
        assert.strictEqual(
          events.at(-1)?.data,
          "the model's last answer was an error: bad request (status 400): Sorry."
        )
        assert.strictEqual(events.at(-1)?.type, "error")
      }), { agent }))

  it.effect("waits for a budget where that was the error", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.lastFailure = "The session's budget is used up."
        world.gateway.calls = [{
          model: "gpt-5",
          usage: { inputTokens: 1, outputTokens: 1, costUsd: 1 },
          estimated: false
        }]
        world.engine.script = () => ({ lines: [], exitCode: 0, answer: "Sorry." })
        const events = yield* untilFact(yield* create({ budgetUsd: 1 }), "BudgetReached")
        assert.notInclude(tags(events), "AgentFinished")
      }), { agent }))

  it.effect("and no other is judged by it: a command may handle an error by itself", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.lastFailure = "bad request (status 400)"
        const events = yield* history(yield* create({}))
        assert.strictEqual(events.at(-1)?.type, "done")
      })
    ))
})
