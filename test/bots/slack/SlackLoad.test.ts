import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { exceeded, isKind, kindOf, setup } from "./SlackKit.ts"

const many = 50

/** Time passes forty times as fast as it does, so that the network keeps up with it. */
const pacing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(
    effect,
    Effect.forever(Effect.zipRight(
      Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5))),
      TestClock.adjust("200 millis")
    ))
  )

describe("many sessions in one channel", () => {
  it.scoped("stay within Slack's limits, and every one of them shows its end once", () =>
    pacing(Effect.gen(function*() {
      const { serve, slack } = yield* setup({ enforceLimits: true })
      yield* serve({}, { maxSessions: many })
      const requests = yield* Effect.forEach(
        Array.from({ length: many }, (_, index) => index),
        (index) => slack.mention({ channel: "C1", user: "U1", text: `task ${index}` })
      )
      const { messages } = yield* slack.until((state) =>
        requests.every(({ message }) =>
          state.messages.some((each) =>
            each.ts === message.ts && each.reactions.some(({ name }) => name === "white_check_mark")
          )
        )
      )
      for (const { message } of requests) {
        const thread = messages.filter((each) => each.threadTs === message.ts)
        assert.deepStrictEqual(thread.map(kindOf).filter((kind) => kind !== undefined).sort(), ["card", "status"])
        assert.include(thread.find(isKind("status"))?.text ?? "", "Done")
      }
      assert.deepStrictEqual(yield* exceeded(slack), [])
      assert.strictEqual((yield* slack.files("C1")).length, many)
    })))
})
