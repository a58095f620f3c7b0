import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as HttpModel from "../../../sandbox/agent/HttpModel.ts"
import { LanguageModel } from "../../../sandbox/agent/LanguageModel.ts"
import { Turn } from "../../../sandbox/agent/Transcript.ts"
import { configLayer } from "./AgentKit.ts"

const request = {
  system: "",
  tools: [],
  transcript: [Turn.User({ text: "hello" })],
  toolUse: "auto",
  onRetry: () => Effect.void
} as const

type Answer =
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  | "lost"
  | "never"

const fine = { status: 200, body: "{\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}" }

/** Asks an API that gives these answers, the last one for ever, and tells at which seconds it was asked. */
const ask = (answers: ReadonlyArray<Answer>) =>
  Effect.gen(function*() {
    const attempts = yield* Ref.make<ReadonlyArray<number>>([])
    const client = HttpClient.make((request) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const before = yield* Ref.getAndUpdate(attempts, (all) => [...all, now / 1000])
        const answer = answers[Math.min(before.length, answers.length - 1)] ?? "lost"
        if (answer === "never") return yield* Effect.never
        return answer === "lost"
          ? yield* new HttpClientError.RequestError({ request, reason: "Transport", cause: "ECONNREFUSED" })
          : HttpClientResponse.fromWeb(request, new Response(answer.body, answer))
      })
    )
    const fiber = yield* Effect.flatMap(LanguageModel, (model) => model.reply(request)).pipe(
      Effect.either,
      Effect.provide(
        HttpModel.layer.pipe(
          Layer.provide(configLayer("anthropic", "http://api")),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
        )
      ),
      Effect.fork
    )
    yield* TestClock.adjust("1 hour")
    const result = yield* Fiber.join(fiber)
    return { result, attempts: yield* Ref.get(attempts) }
  })

const refusal = (status: number, type: string, message: string) => ({
  status,
  body: JSON.stringify({ error: { type, message } })
})

describe("HttpModel", () => {
  it.effect("is patient with a lost connection for minutes, not for ever", () =>
    Effect.gen(function*() {
      const { attempts, result } = yield* ask(["lost"])
      assert.strictEqual(result._tag, "Left")
      const last = attempts.at(-1) ?? 0
      assert.isAtLeast(last, 120)
      assert.isAtMost(last, 300)
      assert.isBelow(attempts[1] ?? 0, 1)
      assert.isAbove(attempts.length, 8)
    }))

  it.effect("waits as long as the API asks for, in place of its own back-off", () =>
    Effect.gen(function*() {
      const { attempts } = yield* ask([
        { status: 429, body: "", headers: { "retry-after": "37" } },
        { status: 529, body: "", headers: { "retry-after": "3" } },
        fine
      ])
      assert.deepStrictEqual(attempts, [0, 37, 40])
    }))

  it.effect("waits two minutes at the most", () =>
    Effect.gen(function*() {
      const { attempts } = yield* ask([{ status: 503, body: "", headers: { "retry-after": "86400" } }, fine])
      assert.deepStrictEqual(attempts, [0, Duration.toSeconds("2 minutes")])
    }))

  it.effect("retries what may succeed later, and nothing else", () =>
    Effect.gen(function*() {
      const attemptsAt = (status: number) =>
        Effect.map(ask([{ status, body: "" }, fine]), ({ attempts }) => attempts.length)
      assert.deepStrictEqual(
        yield* Effect.forEach([408, 409, 429, 500, 502, 503, 504, 529], attemptsAt),
        Array(8).fill(2)
      )
      assert.deepStrictEqual(yield* Effect.forEach([400, 401, 402, 403, 404, 413, 422], attemptsAt), Array(7).fill(1))
    }))

  it.effect("takes an attempt without an answer for a lost connection", () =>
    Effect.gen(function*() {
      const { attempts, result } = yield* ask(["never", fine])
      assert.strictEqual(result._tag, "Right")
      assert.isAbove(attempts[1] ?? 0, Duration.toSeconds("15 minutes"))
    }))

  it.effect("tells budget, overflow and refusal apart", () =>
    Effect.gen(function*() {
      const failure = (answer: Answer) => Effect.flatMap(ask([answer]), ({ result }) => Effect.flip(result))
      const budget = yield* failure(refusal(402, "budget_exceeded", "used up"))
      assert.deepStrictEqual([budget._tag, budget.message], ["BudgetExceeded", "used up"])
      const billing = yield* failure(refusal(402, "billing_error", "no credit"))
      assert.strictEqual(billing.message, "The model API refused the request with HTTP 402: no credit")
      const overflow = yield* failure(refusal(400, "invalid_request_error", "prompt is too long: 9 > 1"))
      assert.strictEqual(overflow._tag, "ContextOverflow")
      const page = yield* failure({ status: 403, body: "<html>nginx</html>" })
      assert.strictEqual(page.message, "The model API refused the request with HTTP 403: <html>nginx</html>")
      const unreadable = yield* failure({ status: 200, body: "hello" })
      assert.include(unreadable.message, "The model API sent a reply that cannot be read")
    }))
})
