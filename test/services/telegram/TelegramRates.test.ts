import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Rates from "../../../src/services/telegram/TelegramRates.ts"

describe("rates of Telegram", () => {
  const calls = FastCheck.array(
    FastCheck.record({ after: FastCheck.integer({ min: 0, max: 3000 }), chat: FastCheck.constantFrom(1, 2, -3) }),
    { maxLength: 120 }
  )

  /** When each call goes out. */
  const sent = (plan: ReadonlyArray<{ readonly after: number; readonly chat: number }>) => {
    let now = 0
    let rates = Rates.none
    return plan.map(({ after, chat }) => {
      now += after
      const reserved = Rates.reserve(rates, Rates.ratesOf(chat), now, Infinity)
      rates = reserved.rates
      return { at: now + reserved.wait, chat }
    })
  }

  const most = (times: ReadonlyArray<number>, window: number) =>
    Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + window).length))

  it.prop("are kept in every window of time", [calls], ([plan]) => {
    const all = sent(plan)
    for (const chat of [1, 2, -3]) {
      const times = all.filter((call) => call.chat === chat).map(({ at }) => at)
      assert.isAtMost(most(times, 1000), 3)
      assert.isAtMost(most(times, 10_000), 12)
      if (chat < 0) assert.isAtMost(most(times, 60_000), 20)
    }
  })

  it("are kept for all chats together", () => {
    const all = sent(Array.from({ length: 200 }, (_, chat) => ({ after: 0, chat })))
    assert.isAtMost(most(all.map(({ at }) => at), 1000), 45)
    assert.isAbove(all[199]?.at ?? 0, 7000)
  })

  it("an impatient call reserves nothing", () => {
    const limits = Rates.ratesOf(1)
    const two = Rates.reserve(Rates.reserve(Rates.none, limits, 0, 0).rates, limits, 0, 0)
    assert.strictEqual(two.wait, 0)
    const third = Rates.reserve(two.rates, limits, 0, 500)
    assert.strictEqual(third.wait, 1000)
    assert.strictEqual(third.rates, two.rates)
    assert.strictEqual(Rates.reserve(third.rates, limits, 1000, 0).wait, 0)
  })

  it("nothing goes out before Telegram's own time", () => {
    const [, chat] = Rates.ratesOf(1)
    const held = chat === undefined ? Rates.none : Rates.hold(Rates.none, chat, 5000)
    assert.strictEqual(Rates.reserve(held, Rates.ratesOf(1), 1000, Infinity).wait, 4000)
  })
})
