import { assert, describe, it } from "@effect/vitest"
import { pipe } from "effect/Function"
import * as Schedule from "../../../src/bots/shared/DeliverySchedule.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import type { Delivery } from "../../../src/services/store/Outbox.ts"

const delivery = (watcher: string, attempts = 0): Delivery => ({
  sessionId: SessionId.make("0123456789ab"),
  watcher,
  target: {},
  memo: {},
  told: 0,
  head: 1,
  attempts
})
const ada = delivery("slack:ada")
const bob = delivery("slack:bob")

const dueAt = (schedule: Schedule.DeliverySchedule, now: number, behind: ReadonlyArray<Delivery> = []) =>
  Schedule.due(schedule, behind, now).map(({ delivery, isRefresh }) => [delivery.watcher, isRefresh])

describe("the schedule of deliveries", () => {
  it("looks at a watcher at most once a second", () => {
    const schedule = pipe(Schedule.empty, Schedule.kept(ada, 5000))
    assert.deepStrictEqual(dueAt(schedule, 5999, [ada]), [])
    assert.deepStrictEqual(dueAt(schedule, 6000, [ada]), [["slack:ada", false]])
    assert.deepStrictEqual(dueAt(schedule, 5999, [bob]), [["slack:bob", false]])
  })

  it("puts who waited longest first", () => {
    const schedule = pipe(Schedule.empty, Schedule.kept(bob, 1000), Schedule.kept(ada, 2000))
    assert.deepStrictEqual(dueAt(schedule, 9000, [ada, bob]), [["slack:bob", false], ["slack:ada", false]])
    assert.deepStrictEqual(dueAt(schedule, 9000, [ada, delivery("slack:new")])[0], ["slack:new", false])
  })

  it("shows a turn at work anew every twelve seconds, behind all that is news", () => {
    const schedule = pipe(Schedule.empty, Schedule.kept(ada, 0), Schedule.shown(ada, true, 0))
    assert.deepStrictEqual(dueAt(schedule, 11_999), [])
    assert.deepStrictEqual(dueAt(schedule, 12_000), [["slack:ada", true]])
    assert.deepStrictEqual(dueAt(schedule, 12_000, [bob]), [["slack:bob", false], ["slack:ada", true]])
    assert.deepStrictEqual(dueAt(schedule, 12_000, [ada]), [["slack:ada", false]])
  })

  it("leaves a turn alone that waits or is over", () => {
    const schedule = pipe(
      Schedule.empty,
      Schedule.kept(ada, 0),
      Schedule.shown(ada, true, 0),
      Schedule.shown(ada, false, 1000)
    )
    assert.deepStrictEqual(dueAt(schedule, 1_000_000), [])
  })

  it("waits as long as the platform says, else ever longer, for a minute at most", () => {
    assert.strictEqual(Schedule.waitAfter(ada, 3500), 3500)
    assert.deepStrictEqual([0, 1, 2, 3, 30].map((attempts) => Schedule.waitAfter(delivery("x", attempts), undefined)), [
      1000,
      2000,
      4000,
      8000,
      60_000
    ])
  })

  it("after a failure tries the news again when it may, and the elapsed time not before the next refresh", () => {
    const schedule = pipe(
      Schedule.empty,
      Schedule.kept(ada, 0),
      Schedule.shown(ada, true, 0),
      Schedule.postponed(ada, 3000, 12_000)
    )
    assert.deepStrictEqual(dueAt(schedule, 14_999, [ada]), [])
    assert.deepStrictEqual(dueAt(schedule, 15_000, [ada]), [["slack:ada", false]])
    assert.deepStrictEqual(dueAt(schedule, 23_999), [])
    assert.deepStrictEqual(dueAt(schedule, 24_000), [["slack:ada", true]])
  })

  it("holds everything back while the platform refuses the app, and never shortens that", () => {
    const schedule = pipe(Schedule.empty, Schedule.paused(5000, 0), Schedule.paused(1000, 0))
    assert.isTrue(Schedule.isPaused(schedule, 4999))
    assert.isFalse(Schedule.isPaused(schedule, 5000))
  })

  it("forgets who was told everything, after a minute", () => {
    const schedule = pipe(Schedule.empty, Schedule.kept(ada, 0), Schedule.kept(bob, 0), Schedule.shown(bob, true, 0))
    const later = Schedule.tidied(Schedule.longestBackoff + 1001)(schedule)
    assert.deepStrictEqual(dueAt(later, 1_000_000), [["slack:bob", true]])
    assert.deepStrictEqual(dueAt(Schedule.tidied(1000)(schedule), 1000, [ada]), [["slack:ada", false]])
  })
})
