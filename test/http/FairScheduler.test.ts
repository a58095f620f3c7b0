/** Fibers run in order, and the event loop has its turns, however many of them have something to do. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FairScheduler from "../../src/http/FairScheduler.ts"

/** An event loop by hand: the time that each task takes is told, and turns come when they are called for. */
const eventLoop = () => {
  const soon: Array<() => void> = []
  const turns: Array<() => void> = []
  const loop = { time: 0, turn: 0 }
  const runAll = () => {
    for (;;) {
      const next = soon.shift() ?? turns.shift()
      if (next === undefined) return
      if (soon.length === 0) loop.turn += 1
      next()
    }
  }
  const scheduler = FairScheduler.make({
    now: () => loop.time,
    soon: (run) => void soon.push(run),
    nextTurn: (run) => void turns.push(run)
  })
  return { loop, runAll, scheduler }
}

describe("the scheduler", () => {
  it("gives the event loop turns after every two milliseconds of tasks, and goes on where it was", () => {
    const { loop, runAll, scheduler } = eventLoop()
    const ran: Array<{ readonly task: number; readonly turn: number }> = []
    for (let task = 0; task < 1000; task++) {
      scheduler.scheduleTask(() => {
        loop.time += 0.5
        ran.push({ task, turn: loop.turn })
      }, 0)
    }
    runAll()
    assert.deepStrictEqual(ran.map(({ task }) => task), Array.from({ length: 1000 }, (_, i) => i))
    const tasksOf = new Map<number, number>()
    for (const { turn } of ran) tasksOf.set(turn, (tasksOf.get(turn) ?? 0) + 1)
    assert.isTrue([...tasksOf.values()].every((tasks) => tasks === 4), "four half milliseconds a share")
    const used = [...tasksOf.keys()]
    assert.isTrue(used.every((turn, i) => i === 0 || turn - (used[i - 1] ?? 0) === 8), "eight turns in between")
  })

  it("lets no task that makes another one keep the rest waiting", () => {
    const { loop, runAll, scheduler } = eventLoop()
    let busy = 0
    const again = () => {
      loop.time += 1
      if (++busy < 10_000) scheduler.scheduleTask(again, 0)
    }
    let reached = 0
    scheduler.scheduleTask(again, 0)
    scheduler.scheduleTask(() => {
      reached = busy
    }, 0)
    runAll()
    assert.deepStrictEqual([reached, busy], [1, 10_000])
  })

  it("runs the more urgent first, and what comes alone without a turn in between", () => {
    const { loop, runAll, scheduler } = eventLoop()
    const ran: Array<string> = []
    scheduler.scheduleTask(() => ran.push("late"), 5)
    scheduler.scheduleTask(() => ran.push("soon"), 0)
    runAll()
    scheduler.scheduleTask(() => ran.push("alone"), 0)
    runAll()
    assert.deepStrictEqual([ran, loop.turn <= 2], [["soon", "late", "alone"], true])
  })

  it.live("runs fibers: thousands that are never done do not keep the event loop from its turns", () =>
    Effect.gen(function*() {
      const scheduler = FairScheduler.make()
      const turn = Effect.async<void>((resume) => {
        setImmediate(() => resume(Effect.void))
      })
      yield* Effect.gen(function*() {
        yield* Effect.forEach(Array.from({ length: 2000 }), () => Effect.fork(Effect.forever(Effect.yieldNow())))
        yield* Effect.repeatN(turn, 20)
      }).pipe(Effect.locally(FiberRef.currentScheduler, scheduler))
    }))
})
