import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as DiskLimit from "../../../src/services/sandbox/DiskLimit.ts"
import * as LimitReached from "../../../src/services/sandbox/LimitReached.ts"
import * as RunLimits from "../../../src/services/sandbox/RunLimits.ts"
import { testConfig } from "../../support/TestConfig.ts"

const limits = { ...testConfig.limits, diskBytes: 1000 }
const tooFull = LimitReached.diskTooFull(limits.diskBytes)

/** The limits of runs, and the marks that they write. `left` is what an ended run has left. */
const makeLimits = Effect.fnUntraced(function*(left: RunLimits.Runs<never>["left"], read: Effect.Effect<string>) {
  const marks = yield* Ref.make<ReadonlyArray<string>>([])
  const runLimits = yield* RunLimits.make<never>(limits, {
    writeMark: (_run, text) => Ref.update(marks, (all) => [...all, text]),
    readMark: () => Effect.map(read, Option.liftPredicate((text) => text !== "")),
    kill: () => Effect.void,
    probe: () => Effect.never,
    left
  })
  return { ...runLimits, marks: Ref.get(marks) }
})

const using = (bytes: number): DiskLimit.DiskUse => ({ bytes, files: 0, isWhole: true })

describe("what an ended run has left", () => {
  it.effect("is measured while its mark is read: every round waits for both", () =>
    Effect.gen(function*() {
      const measuring = yield* Deferred.make<void>()
      const reading = yield* Deferred.make<void>()
      const { endOf, marks, settle } = yield* makeLimits(
        () => Effect.as(Effect.zipRight(Deferred.succeed(measuring, undefined), Deferred.await(reading)), using(1001)),
        Effect.as(Effect.zipRight(Deferred.succeed(reading, undefined), Deferred.await(measuring)), "")
      )
      yield* settle("run")
      assert.deepStrictEqual(yield* endOf("run"), Option.some(tooFull))
      assert.deepStrictEqual(yield* marks, [LimitReached.toJson(tooFull)])
    }))

  it.effect("ends no run again that was ended for its disk", () =>
    Effect.gen(function*() {
      const { endOf, marks, settle } = yield* makeLimits(
        () => Effect.succeed(using(1001)),
        Effect.succeed(LimitReached.toJson(LimitReached.diskUnknown))
      )
      yield* settle("run")
      assert.deepStrictEqual(yield* endOf("run"), Option.some(LimitReached.diskUnknown))
      assert.deepStrictEqual(yield* marks, [])
    }))
})
