import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as DiskLimit from "../../../src/services/sandbox/DiskLimit.ts"
import * as DiskWatch from "../../../src/services/sandbox/DiskWatch.ts"
import * as LimitReached from "../../../src/services/sandbox/LimitReached.ts"

const mib = 1024 ** 2
const limits = { diskBytes: 100 * mib, diskReserveBytes: 0 }

type Used = Effect.Effect<DiskLimit.DiskUse, DiskWatch.MeasurementFailed | DiskWatch.RunEnded>

const using = (mebibytes: number): Used => Effect.succeed({ bytes: mebibytes * mib, files: 1, isWhole: true })
const failing = Effect.fail(new DiskWatch.MeasurementFailed({ reason: "busy" }))

/** A watched run on a disk with 500 MiB free: how often it was looked at and measured. */
const watched = Effect.fnUntraced(function*(used: Used) {
  const free = yield* Ref.make(500)
  const looks = yield* Ref.make(0)
  const measurements = yield* Ref.make(0)
  const look = Effect.zipRight(
    Ref.update(looks, (count) => count + 1),
    Effect.map(Ref.get(free), (mebibytes): DiskLimit.FreeSpace => ({
      bytes: mebibytes * mib,
      totalBytes: 1000 * mib,
      files: 900,
      totalFiles: 1000
    }))
  )
  const watch = yield* DiskWatch.make(limits)
  const fiber = yield* Effect.fork(watch.untilOver("run", {
    free: Stream.repeatEffectWithSchedule(look, Schedule.spaced("1 second")),
    used: Effect.zipRight(Ref.update(measurements, (count) => count + 1), used)
  }))
  return {
    free,
    fiber,
    looks: Ref.get(looks),
    measurements: Ref.get(measurements)
  }
})

describe("a watched run", () => {
  it.effect("is measured when two seconds have passed, and then every ten", () =>
    Effect.gen(function*() {
      const run = yield* watched(using(1))
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(yield* run.measurements, 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* run.measurements, 1)
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(yield* run.measurements, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* run.measurements, 2)
    }))

  it.effect("that ends before is not measured, and no longer looked at", () =>
    Effect.gen(function*() {
      const run = yield* watched(using(1))
      yield* TestClock.adjust("1500 millis")
      yield* Fiber.interrupt(run.fiber)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* run.looks, yield* run.measurements], [2, 0])
    }))

  it.effect("is ended within a second of writing more than its limit, at its beginning, too", () =>
    Effect.gen(function*() {
      const run = yield* watched(using(101))
      yield* TestClock.adjust("100 millis")
      yield* Ref.set(run.free, 399)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        yield* Fiber.join(run.fiber),
        LimitReached.diskTooFull(limits.diskBytes)
      )
    }))

  it.effect("whose measurements fail is ended if what the disk has lost since its beginning could be too much", () =>
    Effect.gen(function*() {
      const run = yield* watched(failing)
      yield* TestClock.adjust("100 millis")
      yield* Ref.set(run.free, 399)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* Fiber.join(run.fiber), LimitReached.diskUnknown)
    }))

  it.effect("goes on if measurements fail while the disk has lost less", () =>
    Effect.gen(function*() {
      const run = yield* watched(failing)
      yield* TestClock.adjust("100 millis")
      yield* Ref.set(run.free, 401)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* Fiber.poll(run.fiber)))
      // at once, and then not more often than the disk is looked at
      assert.strictEqual(yield* run.measurements, 60)
    }))

  it.effect("is no longer looked at when a measurement finds that it has ended", () =>
    Effect.gen(function*() {
      const run = yield* watched(Effect.fail(new DiskWatch.RunEnded()))
      yield* TestClock.adjust("2 seconds")
      const looks = yield* run.looks
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* run.looks, looks)
      assert.isTrue(Option.isNone(yield* Fiber.poll(run.fiber)))
    }))
})
