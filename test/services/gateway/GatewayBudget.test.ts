/** What a session with a budget can spend through its gateway, whatever is tried from inside. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { answer, chat, itScoped, messages, post, responses, setUp, tokens, user } from "./GatewayKit.ts"

/** A call of each dialect with any body. */
const dialects = [
  ["Anthropic's Messages", "/anthropic/v1/messages", { max_tokens: 16, messages: user }],
  ["OpenAI's Chat Completions", "/openai/v1/chat/completions", { messages: user }],
  ["OpenAI's Responses", "/openai/v1/responses", { input: "hi" }]
] as const

const messagesOf = (body: Readonly<Record<string, unknown>>) =>
  post("/anthropic/v1/messages", { model: "claude-sonnet-4-5", max_tokens: 16, messages: user, ...body })

describe("a model whose price is not known", () => {
  for (const [dialect, path, body] of dialects) {
    itScoped(
      `${dialect}: is refused under a budget, 20 times of 20, in the provider's words`,
      () =>
        Effect.gen(function*() {
          const { api, reports, send } = yield* setUp(answer, { remainingUsd: 1 })
          for (let n = 0; n < 20; n++) {
            const response = yield* send(post(path, { model: "gpt-3.9-turbo-old", ...body }))
            assert.strictEqual(response.status, 400)
            assert.strictEqual(response.headers["x-should-retry"], "false")
            const text = yield* response.text
            assert.match(text, /^\{("type":"error",)?"error":\{/)
            assert.include(text, "gpt-3.9-turbo-old")
            assert.include(text, "OPENTL_MODEL_PRICES")
          }
          assert.lengthOf(yield* api.calls, 0)
          assert.strictEqual(yield* Queue.size(reports), 0)
        })
    )
  }

  itScoped("passes without a budget, and is counted as unpriced", () =>
    Effect.gen(function*() {
      const { reports, send } = yield* setUp(answer)
      yield* Effect.flatMap(
        send(post("/openai/v1/chat/completions", { model: "llama-4", messages: user })),
        ({ text }) => text
      )
      const { usage } = yield* Queue.take(reports)
      assert.deepStrictEqual(usage, { inputTokens: 1500, outputTokens: 200, costUsd: 0, unpriced: true })
    }))

  itScoped("passes under a budget where the operator names its price", () =>
    Effect.gen(function*() {
      const { reports, send } = yield* setUp(answer, {
        remainingUsd: 1,
        config: { modelPrices: [{ model: "Llama-4", input: 1, output: 10, cached: 0.1 }] }
      })
      yield* Effect.flatMap(
        send(post("/openai/v1/chat/completions", { model: "llama-4", messages: user })),
        ({ text }) => text
      )
      const { usage } = yield* Queue.take(reports)
      assert.closeTo(usage.costUsd, (1000 * 1 + 500 * 0.1 + 200 * 10) / 1e6, 1e-12)
    }))
})

describe("a model's price", () => {
  const costOf = (model: string) =>
    Effect.gen(function*() {
      const { reports, send } = yield* setUp(
        () => Effect.succeed(ModelStandIn.text("Hi.", { usage: { input: 1_000_000, output: 0 } })),
        { remainingUsd: 1_000 }
      )
      yield* Effect.flatMap(send(post("/openai/v1/responses", { model, input: "hi" })), ({ text }) => text)
      return (yield* Queue.take(reports)).usage.costUsd
    })

  itScoped("is the same in upper case and behind the provider's prefix", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* Effect.forEach(["gpt-5", "GPT-5", "OpenAI/Gpt-5", "gpt-5-2025-08-07"], costOf),
        [1.25, 1.25, 1.25, 1.25]
      )
    }))

  itScoped("of o1-pro is its own, not that of o1", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.forEach(["o1", "o1-pro"], costOf), [15, 150])
    }))
})

describe("many calls at once", () => {
  const requests = [
    ["Anthropic's Messages", 200, (stream: boolean) => messagesOf({ max_tokens: 10_000, stream }), 15],
    [
      "OpenAI's Chat Completions",
      50,
      (stream: boolean) =>
        post("/openai/v1/chat/completions", {
          model: "gpt-5",
          messages: user,
          max_completion_tokens: 15_000,
          stream
        }),
      10
    ],
    ["OpenAI's Responses", 50, responses, 10]
  ] as const
  for (const [dialect, count, request, price] of requests) {
    for (const stream of [false, true]) {
      const form = `${dialect}, ${stream ? "streamed" : "whole"}`
      itScoped(`${form}: ${count} against $1 spend no more than that and one answer`, () =>
        Effect.gen(function*() {
          const output = Math.round(150_000 / price)
          const { api, reports, send } = yield* setUp(
            () => Effect.succeed(ModelStandIn.text("Hi.", { usage: { input: 10, output } })),
            { remainingUsd: 1 }
          )
          const statuses = yield* Effect.forEach(
            Array.from({ length: count }, () => request(stream)),
            (request) => Effect.flatMap(send(request), (response) => Effect.as(response.text, response.status)),
            { concurrency: count }
          )
          const booked = yield* Queue.takeAll(reports)
          const total = [...booked].reduce((sum, { usage }) => sum + usage.costUsd, 0)
          assert.isAtLeast(total, 1)
          assert.isAtMost(total, 1 + 0.1501)
          assert.deepStrictEqual([...new Set(statuses)].sort(), [200, 402])
          assert.strictEqual(statuses.filter((status) => status === 200).length, (yield* api.calls).length)
        }))
    }
  }

  itScoped(
    "one goes out alone where more than the budget is reserved for it; then nothing is left",
    () =>
      Effect.gen(function*() {
        const { api, reports, send } = yield* setUp(answer, { remainingUsd: 0.001 })
        assert.strictEqual((yield* send(chat(false))).status, 200)
        yield* Queue.take(reports)
        const refused = yield* send(messages(false))
        assert.strictEqual(refused.status, 402)
        assert.deepStrictEqual(yield* refused.json, {
          type: "error",
          error: { type: "budget_exceeded", message: "The session's budget is used up." }
        })
        const openAi = yield* send(responses(true))
        assert.strictEqual(openAi.status, 402)
        assert.nestedPropertyVal(yield* openAi.json, "error.type", "budget_exceeded")
        assert.strictEqual((yield* send(HttpClientRequest.get("/openai/v1/models"))).status, 200)
        assert.lengthOf(yield* api.calls, 1)
      })
  )
})

describe("calls that were under way when the server was killed", () => {
  itScoped(
    "are counted as far as they may have come, and what was reserved for them is free again",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { api, close, dataDir, directory, open, reports, send } = yield* setUp(() => Effect.never, {
          remainingUsd: 1
        })
        // together they reserve all of the budget
        yield* Effect.fork(Effect.replicateEffect(send(messagesOf({ max_tokens: 30_000 })), 2, { concurrency: 2 }))
        yield* api.awaitCalls(2)
        const calls = `${dataDir}/model-calls/${directory.slice(directory.lastIndexOf("/") + 1)}`
        const left = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
        yield* fs.copy(calls, left, { preserveTimestamps: true, overwrite: true })
        yield* close
        yield* Queue.takeAll(reports)
        // as a killed server leaves it
        yield* fs.copy(left, calls, { preserveTimestamps: true })
        yield* open
        const found = [...yield* Queue.takeAll(reports)]
        assert.deepStrictEqual(found.map(({ estimated, model }) => [estimated, model]), [
          [true, "claude-sonnet-4-5"],
          [true, "claude-sonnet-4-5"]
        ])
        // at least the prompt, and not all that was reserved
        for (const { usage } of found) {
          assert.isAbove(usage.inputTokens, 0)
          assert.isAtMost(usage.costUsd, 0.2)
        }
        yield* Effect.fork(send(messagesOf({ max_tokens: 10 })))
        yield* api.awaitCalls(3)
      })
  )

  itScoped("leave nothing behind when they were settled", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { dataDir, directory, reports, send } = yield* setUp(answer, { remainingUsd: 1 })
      yield* Effect.flatMap(send(messages(true)), ({ text }) => text)
      yield* Queue.take(reports)
      const calls = `${dataDir}/model-calls/${directory.slice(directory.lastIndexOf("/") + 1)}`
      yield* Effect.repeat(fs.readDirectory(calls), { until: (names) => !names.some((name) => name.endsWith(".json")) })
    }))
})

describe("a stream that is cut before it says its usage", () => {
  for (const [dialect, path, body] of dialects) {
    itScoped(`${dialect}: costs its prompt and every word that came`, () =>
      Effect.gen(function*() {
        const words = "word ".repeat(20_000)
        const { reports, send } = yield* setUp(() => Effect.succeed(ModelStandIn.text(words, { ending: "cut" })), {
          remainingUsd: 10
        })
        const model = path.startsWith("/anthropic") ? "claude-sonnet-4-5" : "gpt-5"
        const content = "prompt ".repeat(3_000)
        const request = "input" in body
          ? { ...body, input: content }
          : { ...body, messages: [{ role: "user", content }], max_tokens: 100_000 }
        const response = yield* send(post(path, { model, stream: true, ...request }))
        yield* Effect.exit(response.text)
        const { estimated, usage } = yield* Queue.take(reports)
        assert.isTrue(estimated)
        assert.isAtLeast(usage.inputTokens, 3_000)
        // half of the text comes before the cut
        assert.isAtLeast(usage.outputTokens, 10_000)
        assert.isAtLeast(usage.costUsd, 0.1)
      }))
  }
})

describe("an upstream error", () => {
  itScoped("costs nothing", () =>
    Effect.gen(function*() {
      const { reports, send } = yield* setUp(
        ({ index }) =>
          Effect.succeed(index < 3 ? ModelStandIn.refuse(529) : ModelStandIn.text("Hi.", { usage: tokens })),
        { remainingUsd: 0.001 }
      )
      for (const status of [529, 529, 529, 200]) assert.strictEqual((yield* send(messages(false))).status, status)
      yield* Queue.take(reports)
      assert.strictEqual(yield* Queue.size(reports), 0)
    }))
})
