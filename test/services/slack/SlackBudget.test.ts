import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as HashMap from "effect/HashMap"
import * as Budget from "../../../src/services/slack/SlackBudget.ts"
import { type Buckets, takeTokens } from "../../standins/slack/SlackFaults.ts"
import { rateRules } from "../../standins/slack/SlackRates.ts"

const methods = ["chat.postMessage", "chat.update", "reactions.add", "reactions.remove", "users.info", "views.open"]
const call = FastCheck.record({
  method: FastCheck.constantFrom(...methods),
  channel: FastCheck.constantFrom("C1", "C2", "C3"),
  pace: FastCheck.constantFrom(Budget.answer, Budget.needed, Budget.spare),
  after: FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: 0, max: 4000 }))
})

describe("the budget", () => {
  it("never lets a call out that Slack's own limits would refuse", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(call, { minLength: 50, maxLength: 400 }), (calls) => {
        const out: Array<{ readonly at: number; readonly method: string; readonly channel: string }> = []
        let budget = Budget.none
        let now = 1_000_000
        for (const { after, channel, method, pace } of calls) {
          now += after
          const [{ isTaken, wait }, next] = Budget.take(budget, Budget.bucketsOf(method, channel), pace, now)
          budget = next
          assert.isTrue(!isTaken || wait <= pace.longestWait)
          if (isTaken) out.push({ at: now + wait, channel, method })
        }
        let buckets: Buckets = HashMap.empty()
        for (const { at, channel, method } of out.sort((a, b) => a.at - b.at)) {
          const [excesses, next] = takeTokens(buckets, rateRules(method, { channel }), at)
          buckets = next
          assert.deepStrictEqual(excesses, [])
        }
      }),
      { numRuns: 60 }
    )
  })

  it("serves those who wait in their order, and never before a pause is over", () => {
    const buckets = Budget.bucketsOf("chat.postMessage", "C1")
    let budget = Budget.block(Budget.none, buckets, 5000, 0)
    const waits = Array.from({ length: 10 }, () => {
      const [{ wait }, next] = Budget.take(budget, buckets, Budget.answer, 0)
      budget = next
      return wait
    })
    assert.isTrue(waits.every((wait) => wait >= 5000))
    assert.deepStrictEqual(waits, [...waits].sort((a, b) => a - b))
  })

  it("keeps a share for what must be shown", () => {
    const buckets = Budget.bucketsOf("chat.update", "C1")
    let budget = Budget.none
    let spared = 0
    for (;;) {
      const [{ isTaken }, next] = Budget.take(budget, buckets, Budget.spare, 0)
      if (!isTaken) break
      budget = next
      spared++
    }
    const [needed] = Budget.take(budget, buckets, Budget.needed, 0)
    assert.isBelow(spared, 25)
    assert.deepStrictEqual(needed, { isTaken: true, wait: 0 })
  })
})
