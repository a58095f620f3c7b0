/** A session's budget on the real actors: what is refused, what is said, what ends a turn. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Agent } from "../../../src/domain/Agent.ts"
import { LanguageModelError } from "../../../src/services/model/LanguageModel.ts"
import { create, history, untilFact, withServer } from "../../support/TestApp.ts"

const keys = { anthropic: { apiKey: Option.some(Redacted.make("sk")), baseUrl: "http://127.0.0.1:1" } }
const refusal = (changes: Parameters<typeof create>[0]) =>
  Effect.map(Effect.flip(create(changes)), (error) => error._tag === "InvalidRequest" ? error.reason : "")

/** A call that the agent makes; the planner's and the reviewer's cost $0.01 each. */
const call = (costUsd: number) => ({
  model: "gpt-5",
  usage: { inputTokens: 100, outputTokens: 10, costUsd },
  estimated: false
})
const unpriced = {
  model: "llama-4",
  usage: { inputTokens: 100, outputTokens: 10, costUsd: 0, unpriced: true },
  estimated: false
}

const usageTexts = (events: ReadonlyArray<{ readonly type: string; readonly data: string }>) =>
  events.flatMap(({ data, type }) => type === "usage" ? [data] : [])
const warnings = (events: ReadonlyArray<{ readonly detail?: Readonly<Record<string, unknown>> }>) =>
  events.flatMap(({ detail }) => detail?.["warning"] === undefined ? [] : [detail["warning"]])

describe("a session with a budget", () => {
  it.effect("is not created for a planner or an agent whose price is not known", () =>
    withServer(() =>
      Effect.gen(function*() {
        const reason = yield* refusal({ budgetUsd: 1 })
        assert.include(reason, "\"my-planner\"")
        assert.include(reason, "OPENTL_MODEL_PRICES")
        yield* create({})
      }), { ...keys, agent: Option.some(Agent.Named({ name: "opentl" })), plannerModel: Option.some("my-planner") }))

  it.effect("is created where the operator names the prices, and needs none of an agent for a plan alone", () =>
    withServer(() =>
      Effect.gen(function*() {
        yield* create({ model: "LLAMA-4" })
        yield* create({ model: "llama-5", planOnly: true })
        assert.include(yield* refusal({ model: "llama-5" }), "\"llama-5\"")
      }), {
      ...keys,
      agent: Option.some(Agent.Named({ name: "opentl" })),
      budgetUsd: Option.some(1),
      modelPrices: [{ model: "llama-4", input: 1, output: 1 }]
    }))

  it.effect("gives the agent what plan and earlier rounds have left", () =>
    withServer((world) =>
      Effect.gen(function*() {
        yield* history(yield* create({ budgetUsd: 1 }))
        assert.closeTo(world.gateway.opened[0]?.remainingUsd ?? 0, 0.99, 1e-9)
      })
    ))

  it.effect("is warned once at 80 %, and once more is not said", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.calls = [call(0.5), call(0.3), call(0.1)]
        const events = yield* history(yield* create({ budgetUsd: 1 }))
        assert.deepStrictEqual(warnings(events), ["81 % of the session's budget of $1 is spent"])
        assert.include(usageTexts(events)[2] ?? "", "$0.3000; 81 % of the session's budget of $1 is spent")
      })
    ))

  it.effect("says that it is spent where one answer goes over", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.calls = [call(2)]
        const events = yield* untilFact(yield* create({ budgetUsd: 1 }), "BudgetReached")
        assert.deepStrictEqual(warnings(events), ["the session's budget of $1 is spent"])
        assert.deepStrictEqual(world.model.asked.map(({ purpose }) => purpose), ["plan"])
      })
    ))
})

describe("a session without a budget", () => {
  it.effect("says once that a model's price is not known", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.calls = [unpriced, call(0.5), unpriced]
        const events = yield* history(yield* create({}))
        assert.deepStrictEqual(warnings(events), [
          "the price of llama-4 is not known, so its calls are not in the cost (OPENTL_MODEL_PRICES can name it)"
        ])
        assert.strictEqual(usageTexts(events).filter((text) => text.includes("OPENTL_MODEL_PRICES")).length, 1)
        assert.strictEqual(usageTexts(events)[3], "agent (llama-4): 100 in, 10 out, price unknown")
      })
    ))
})

describe("a question that fails", () => {
  it.effect("is recorded with what it has cost before it ends the turn", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = () =>
          new LanguageModelError({
            provider: "anthropic",
            operation: "messages",
            reason: "no answer",
            isRetryable: false,
            spent: { model: "m", usage: { inputTokens: 6, outputTokens: 300, costUsd: 0.3 } }
          })
        const events = yield* history(yield* create({ budgetUsd: 1 }))
        assert.deepStrictEqual(usageTexts(events), ["plan (m): 6 in, 300 out, $0.3000 (estimated)"])
        assert.strictEqual(events[events.length - 1]?.type, "error")
      })
    ))
})
