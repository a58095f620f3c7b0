import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { refusal, setupWeb } from "./SlackClients.ts"
import { type Buckets, Fault, makeFaults, type RateRule, takeTokens } from "./SlackFaults.ts"
import { at, stringAt } from "./SlackJson.ts"

const rule: RateRule = { burst: 5, key: "C1", name: "posts", perSecond: 1 }

describe("rate limits", () => {
  it.prop(
    "admit no more than the burst and the rate together allow, and a call that waited as told",
    [FastCheck.array(FastCheck.integer({ max: 3000, min: 0 }), { maxLength: 60 })],
    ([gaps]) => {
      const end = gaps.reduce(
        (run, gap) => {
          const now = run.now + gap
          const [excesses, buckets] = takeTokens(run.buckets, [rule], now)
          const wait = excesses[0]?.retryAfter
          if (wait !== undefined) assert.isEmpty(takeTokens(buckets, [rule], now + wait * 1000)[0])
          return { admitted: run.admitted + (wait === undefined ? 1 : 0), buckets, now }
        },
        { admitted: 0, buckets: HashMap.empty<string, { tokens: number; at: number }>() satisfies Buckets, now: 0 }
      )
      assert.isAtMost(end.admitted, rule.burst + end.now / 1000 * rule.perSecond)
      assert.isAtLeast(end.admitted, Math.min(gaps.length, rule.burst))
    }
  )

  it.scoped("make posts over one a second to a channel violations, refused where limits are enforced", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setupWeb({ enforceLimits: true })
      const post = (channel: string) =>
        Effect.either(Effect.tryPromise(() => web.chat.postMessage({ channel, text: "x" })))
      const results = yield* Effect.forEach(["C1", "C1", "C1", "C1", "C1", "C1", "C2"], post)
      assert.deepStrictEqual(results.map((result) => result._tag), [
        "Right",
        "Right",
        "Right",
        "Right",
        "Right",
        "Left",
        "Right"
      ])
      const violations = yield* slack.violations
      assert.deepStrictEqual(violations.map((each) => [each.rule, each.key]), [["chat.postMessage to a channel", "C1"]])
    }))
})

describe("faults", () => {
  it.effect("meet the calls of their method in the order they were injected, each as often as asked", () =>
    Effect.gen(function*() {
      const faults = yield* makeFaults
      yield* faults.inject("a", Fault.ServerError({ status: 500 }), 2)
      yield* faults.inject("*", Fault.LostResponse())
      const taken = yield* Effect.forEach(["b", "a", "a", "a"], faults.take)
      assert.deepStrictEqual(taken.map(Option.map((fault) => fault._tag)), [
        Option.some("LostResponse"),
        Option.some("ServerError"),
        Option.some("ServerError"),
        Option.none()
      ])
    }))

  it.scopedLive("are 429 with Retry-After, 500, a lost request, a lost response", () =>
    Effect.gen(function*() {
      const { slack, web } = yield* setupWeb()
      const post = (text: string) => refusal(() => web.chat.postMessage({ channel: "C1", text }))
      yield* slack.inject("chat.postMessage", Fault.RateLimited({ retryAfter: 7 }), 2)
      yield* slack.inject("chat.postMessage", Fault.ServerError({ status: 500 }))
      yield* slack.inject("chat.postMessage", Fault.LostRequest())
      yield* slack.inject("chat.postMessage", Fault.LostResponse())
      yield* slack.inject("chat.postMessage", Fault.Refused({ error: "restricted_action" }))
      assert.strictEqual(at(yield* post("1"), "retryAfter"), 7)
      assert.strictEqual(at(yield* post("2"), "retryAfter"), 7)
      assert.strictEqual(at(yield* post("3"), "statusCode"), 500)
      assert.strictEqual(stringAt(yield* post("4"), "code"), "slack_webapi_request_error")
      assert.strictEqual(stringAt(yield* post("5"), "code"), "slack_webapi_request_error")
      assert.strictEqual(stringAt(yield* post("6"), "data", "error"), "restricted_action")
      // Only the lost response left its effect.
      assert.deepStrictEqual((yield* slack.messages("C1")).map((message) => message.text), ["5"])
      assert.deepStrictEqual((yield* slack.journal).map((entry) => entry.outcome), [
        "http 429",
        "http 429",
        "http 500",
        "lost request",
        "lost response",
        "restricted_action"
      ])
    }))
})
