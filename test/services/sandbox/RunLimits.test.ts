import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as DiskLimit from "../../../src/services/sandbox/DiskLimit.ts"
import * as RunLimits from "../../../src/services/sandbox/RunLimits.ts"

const mib = 1024 ** 2
const limits = { outputBytes: mib, diskBytes: 100 * mib, diskReserveBytes: 10 * mib }

/** Runs that leave `left` MiB on a disk whose free space, in MiB, is read one value after the other; none: unknown. */
const make = Effect.fnUntraced(function*(left: number, ...free: ReadonlyArray<number | undefined>) {
  const seen = { measured: 0, killed: 0 }
  const values = [...free]
  const runs = yield* RunLimits.make(
    { ...limits, memoryBytes: mib, cpus: 1, pids: 1 },
    {
      writeMark: () => Effect.void,
      readMark: () => Effect.succeedNone,
      kill: () => Effect.sync(() => void seen.killed++),
      probe: () => ({ free: Stream.never, used: Effect.never }),
      freeNow: Effect.sync(() =>
        Option.map(Option.fromNullable(values.shift()), (mebibytes): DiskLimit.FreeSpace => ({
          bytes: mebibytes * mib,
          totalBytes: 1000 * mib,
          files: 1000,
          totalFiles: 1000
        }))
      ),
      left: () =>
        Effect.sync(() => {
          seen.measured++
          return { bytes: left * mib, files: 1, isWhole: true }
        })
    }
  )
  return { runs, seen }
})

describe("an ended run", () => {
  it.effect("is not measured where the disk has lost little since it began", () =>
    Effect.gen(function*() {
      const { runs, seen } = yield* make(1, 500, 495)
      yield* runs.begin("run")
      yield* runs.settle("run")
      assert.deepStrictEqual(seen, { measured: 0, killed: 0 })
    }))

  it.effect("is measured where the disk has lost much, and ended for what it left", () =>
    Effect.gen(function*() {
      const { runs, seen } = yield* make(200, 500, 300)
      yield* runs.begin("run")
      yield* runs.settle("run")
      assert.strictEqual(seen.measured, 1)
      assert.strictEqual(Option.getOrThrow(yield* runs.endOf("run")).resource, "disk")
    }))

  for (
    const [what, free] of [
      ["before it began", [undefined, 500]],
      ["when it ended", [500, undefined]]
    ] as const
  ) {
    it.effect(`is measured where the free space was not known ${what}`, () =>
      Effect.gen(function*() {
        const { runs, seen } = yield* make(1, ...free)
        yield* runs.begin("run")
        yield* runs.settle("run")
        assert.strictEqual(seen.measured, 1)
      }))
  }

  it.effect("that another server started is measured, and so is one that was forgotten", () =>
    Effect.gen(function*() {
      const { runs, seen } = yield* make(1, 500, 499, 499)
      yield* runs.settle("another server's")
      yield* runs.begin("run")
      yield* runs.forget("run")
      yield* runs.settle("run")
      assert.strictEqual(seen.measured, 2)
    }))
})
