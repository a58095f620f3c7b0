import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { PlanAnswer } from "../../../src/domain/Plan.ts"
import { ReviewAnswer } from "../../../src/domain/Review.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { LanguageModel, type ModelQuestion } from "../../../src/services/model/LanguageModel.ts"
import { choose, layerFromConfig } from "../../../src/services/model/LanguageModels.ts"
import * as Prompts from "../../../src/services/model/Prompts.ts"
import { reviewQuestion } from "../../../src/services/model/ReviewPrompts.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { reviewRequest } from "../../support/ReviewRequests.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"

const key = "sk-secret-key"
const providers = ["anthropic", "openai"] as const
type Provider = typeof providers[number]

const question: ModelQuestion<ReviewAnswer, typeof ReviewAnswer.Encoded> = {
  purpose: "review",
  system: "You review.",
  prompt: "A diff.",
  answer: ReviewAnswer
}
const answer = { verdict: "approve", summary: "Fine", findings: [] } as const

const configOf = (provider: Provider, baseUrl: string): Partial<AppConfigShape> => ({
  [provider]: { apiKey: Option.some(Redacted.make(key)), baseUrl }
})

/** A model on loopback that answers from a script, and the service that asks it. */
const serve = (
  provider: Provider,
  script: ReadonlyArray<ModelStandIn.ModelReply | Effect.Effect<ModelStandIn.ModelReply>>,
  config: Partial<AppConfigShape> = {}
) =>
  Effect.gen(function*() {
    const standIn = yield* ModelStandIn.make(ModelStandIn.replies(script), { expectedKey: key })
    const baseUrl = provider === "anthropic" ? standIn.anthropicUrl : standIn.openAiUrl
    const model = yield* LanguageModel.pipe(
      Effect.provide(Layer.provide(layerFromConfig, layerConfig({ ...configOf(provider, baseUrl), ...config })))
    )
    return { standIn, model }
  })

const usage = { input: 100, output: 10, cacheRead: 20, cacheWrite: 5 }

for (const provider of providers) {
  describe(`LanguageModels: ${provider}`, () => {
    it.scopedLive("reads a JSON answer, and counts every kind of token", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [ModelStandIn.json(answer, { usage })])
        assert.strictEqual(model.provider, provider)
        const { usage: used, value } = yield* model.ask(question)
        assert.deepStrictEqual(value, answer)
        assert.deepInclude(used, { inputTokens: 125, outputTokens: 10 })
        assert.isAbove(used.costUsd, 0)
        const [call] = yield* standIn.calls
        assert.include(call?.system ?? "", "You review.")
        assert.include(call?.text ?? "", "A diff.")
      }))

    it.scopedLive("asks again after errors that pass, as soon as it may", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [
          ModelStandIn.refuse(500),
          ModelStandIn.rateLimited(1),
          ModelStandIn.reset,
          ModelStandIn.json(answer)
        ])
        const before = yield* Clock.currentTimeMillis
        yield* model.ask(question)
        assert.isAtLeast((yield* Clock.currentTimeMillis) - before, 1_000)
        assert.strictEqual((yield* standIn.calls).length, 4)
      }))

    it.scopedLive("takes a refusal for what it is, in the service's words and without the key", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [ModelStandIn.refuse(400, { message: `no, ${key}, never` })])
        const error = yield* Effect.flip(model.ask(question))
        assert.strictEqual(error._tag, "LanguageModelError")
        assert.include(error.message, "(400): no, ***, never")
        assert.strictEqual((yield* standIn.calls).length, 1)
      }))

    it.scopedLive("shows the model once what could not be read", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [
          ModelStandIn.json({ verdict: "perhaps", summary: "x" }, { usage }),
          ModelStandIn.json(answer, { usage })
        ])
        const { usage: used, value } = yield* model.ask(question)
        assert.deepStrictEqual(value, answer)
        assert.deepInclude(used, { inputTokens: 250, outputTokens: 20 })
        const [, repair] = yield* standIn.calls
        assert.include(repair?.text ?? "", "perhaps")
        assert.include(repair?.text ?? "", "verdict")
      }))

    it.scopedLive("gives up after nonsense twice, and tells what it has cost", () =>
      Effect.gen(function*() {
        const { model } = yield* serve(provider, [
          ModelStandIn.text("Hm.", { usage }),
          ModelStandIn.text("Well.", { usage })
        ])
        const error = yield* Effect.flip(model.ask(question))
        if (error._tag !== "UnreadableAnswer") return assert.fail(error.message)
        assert.deepInclude(error.usage, { inputTokens: 250, outputTokens: 20 })
        assert.isAbove(error.usage.costUsd, 0)
      }))

    it.scopedLive("takes no word for a verdict, and no prose for a plan: each is asked for again", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [
          ModelStandIn.text("APPROVED"),
          ModelStandIn.text("LGTM"),
          ModelStandIn.text("# Do it\n\nBecause.\n\n1. Edit a.ts\n2. Test"),
          ModelStandIn.json({ title: "Do it", summary: "Because.", steps: ["Edit a.ts", "Test"] })
        ])
        const review = yield* Effect.flip(model.ask(reviewQuestion(reviewRequest(), "diff")))
        assert.strictEqual(review._tag, "UnreadableAnswer")
        const question = Prompts.planQuestion({
          tag: "data-1",
          repo: "acme/app",
          prompt: "Task",
          firstPrompt: undefined,
          previousPlan: undefined,
          overview: "",
          rejections: []
        })
        const plan = yield* model.ask({ ...question, answer: PlanAnswer })
        assert.deepInclude(plan.value, { title: "Do it", summary: "Because.", steps: ["Edit a.ts", "Test"] })
        assert.strictEqual((yield* standIn.calls).length, 4)
      }))

    it.scopedLive("fails when no answer comes in time, and closes the connection", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [Effect.never], { llmTimeout: Duration.millis(200) })
        const error = yield* Effect.flip(model.ask(question))
        assert.include(error.message, "no answer within 200ms (OPENTL_LLM_TIMEOUT)")
        yield* standIn.journal.awaitEntry((entry) => entry.outcome === "aborted")
        assert.strictEqual((yield* standIn.calls).length, 1)
      }))

    it.scopedLive("aborts the request when it is interrupted", () =>
      Effect.gen(function*() {
        const { model, standIn } = yield* serve(provider, [Effect.never])
        const fiber = yield* Effect.fork(model.ask(question))
        yield* standIn.awaitCalls(1)
        yield* Fiber.interrupt(fiber)
        yield* standIn.journal.awaitEntry((entry) => entry.outcome === "aborted")
      }))

    it.scopedLive("says so when the address is not a model's", () =>
      Effect.gen(function*() {
        const { model } = yield* serve(provider, [ModelStandIn.text("x", { ending: "malformed" })])
        const error = yield* Effect.flip(model.ask(question))
        assert.strictEqual(error._tag, "LanguageModelError")
      }))

    it.scopedLive("asks the model that was named", () =>
      Effect.gen(function*() {
        const named = provider === "anthropic" ? "claude-haiku-4-5" : "gpt-5-mini"
        const { model, standIn } = yield* serve(provider, [ModelStandIn.json(answer)], {
          plannerModel: Option.some(named)
        })
        assert.strictEqual((yield* model.ask(question)).model, named)
        assert.strictEqual((yield* standIn.calls)[0]?.model, named)
      }))
  })
}

describe("LanguageModels", () => {
  it.scopedLive("takes a tool's input from Anthropic, which cannot be forced everywhere", () =>
    Effect.gen(function*() {
      const { model, standIn } = yield* serve("anthropic", [
        ModelStandIn.tools([{ name: "answer", input: answer }], { text: "Here." })
      ])
      assert.deepStrictEqual((yield* model.ask(question)).value, answer)
      const [call] = yield* standIn.calls
      assert.deepStrictEqual(call?.tools.map((tool) => tool.name), ["answer"])
      assert.deepInclude(call?.body, { tool_choice: { type: "auto", disable_parallel_tool_use: true } })
    }))

  it.scopedLive("asks OpenAI for structured output, and a server without it in words alone", () =>
    Effect.gen(function*() {
      const { model, standIn } = yield* serve("openai", [
        ModelStandIn.refuse(400, { message: "'response_format' of type 'json_schema' is not supported" }),
        ModelStandIn.json(answer)
      ])
      assert.deepStrictEqual((yield* model.ask(question)).value, answer)
      const [first, second] = yield* standIn.calls
      assert.property(first?.body, "response_format")
      assert.notProperty(second?.body, "response_format")
      assert.include(second?.system ?? "", "request_changes")
      assert.deepStrictEqual(second?.tools, [])
    }))

  it.effect("goes by the model's name, then by the key", () =>
    Effect.sync(() => {
      const anthropic = { ...testConfig.anthropic, apiKey: Option.some(Redacted.make("a")) }
      const openai = { ...testConfig.openai, apiKey: Option.some(Redacted.make("o")) }
      const chosen = (keys: Partial<AppConfigShape>, model?: string) =>
        Option.getOrUndefined(Option.map(
          choose({ ...testConfig, ...keys, plannerModel: Option.fromNullable(model) }),
          ({ apiKey, provider }) => `${provider} ${Redacted.value(apiKey)}`
        ))
      assert.strictEqual(chosen({}), undefined)
      assert.strictEqual(chosen({ anthropic, openai }), "anthropic a")
      assert.strictEqual(chosen({ openai }), "openai o")
      assert.strictEqual(chosen({ anthropic, openai }, "gpt-5"), "openai o")
      assert.strictEqual(chosen({ anthropic, openai }, "o4-mini"), "openai o")
      assert.strictEqual(chosen({ anthropic, openai }, "claude-opus-5"), "anthropic a")
      assert.strictEqual(chosen({ openai }, "llama-4"), "openai o")
    }))

  it.scoped("has no model without a key, and says what to set", () =>
    Effect.gen(function*() {
      const model = yield* LanguageModel
      assert.strictEqual(model.provider, "none")
      assert.include((yield* Effect.flip(model.ask(question))).message, "ANTHROPIC_API_KEY")
    }).pipe(Effect.provide(layerFromConfig), Effect.provide(layerConfig())))

  it.scoped("lets the test's clock govern the time-out", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const { model } = yield* serve("anthropic", [Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)])
      const fiber = yield* Effect.fork(Effect.flip(model.ask(question)))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("299 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 second")
      assert.include((yield* Fiber.join(fiber)).message, "no answer within 5m")
    }))
})
