import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DiskLimit from "../../../src/services/sandbox/DiskLimit.ts"

const mib = 1024 ** 2
const limits = { diskBytes: 100 * mib, diskReserveBytes: 50 * mib }

const free = (mebibytes: number, files = 900): DiskLimit.FreeSpace => ({
  bytes: mebibytes * mib,
  totalBytes: 1000 * mib,
  files,
  totalFiles: 1000
})
const use = (mebibytes: number, changes: Partial<DiskLimit.DiskUse> = {}): DiskLimit.DiskUse => ({
  bytes: mebibytes * mib,
  files: 1,
  isWhole: true,
  ...changes
})

const spaces = Schema.Int.pipe(Schema.between(0, 1000))

interface Step {
  readonly seen?: DiskLimit.DiskUse
  readonly before?: number
  readonly after?: number
}

/** The progress after some measurements, a second each, ten apart, of a run that began with 500 MiB free. */
const progressOf = (...steps: ReadonlyArray<Step>): DiskLimit.Progress =>
  steps.reduce(
    (progress, { after, before = 500, seen }, index) =>
      DiskLimit.measured(progress, {
        seen: Option.fromNullable(seen),
        freeBefore: free(before),
        freeAfter: free(after ?? before),
        begunAt: index * 10_000,
        endedAt: index * 10_000 + 1_000
      }),
    DiskLimit.begun(free(500), 0)
  )

const overOwn = (...steps: ReadonlyArray<Step>) =>
  Option.map(DiskLimit.overOwn(limits, progressOf(...steps)), ({ reason }) => reason)

describe("a run's own limit", () => {
  it("is passed by what was measured", () => {
    assert.deepStrictEqual(overOwn({ seen: use(100) }), Option.none())
    assert.deepStrictEqual(
      overOwn({ seen: use(101) }),
      Option.some("the round used more disk than OPENTL_DISK allows (100 MiB): it was ended, and its workspace removed")
    )
  })

  it("counts every file as 4 KiB at least", () => {
    assert.isTrue(Option.isNone(overOwn({ seen: use(1, { files: 25_600 }) })))
    assert.isTrue(Option.isSome(overOwn({ seen: use(1, { files: 25_601 }) })))
  })

  it("holds although something is hidden, while the worst is within it", () => {
    const hidden = { seen: use(10, { isWhole: false }), before: 450 }
    assert.deepStrictEqual(overOwn({ seen: use(10) }, hidden, hidden, hidden, hidden), Option.none())
  })

  it("what the disk has lost meanwhile counts as the run's where it is hidden, and the third time ends it", () => {
    const hidden = { seen: use(10, { isWhole: false }), before: 380 }
    assert.deepStrictEqual(overOwn({ seen: use(10) }, hidden, hidden), Option.none())
    assert.deepStrictEqual(
      overOwn({ seen: use(10) }, hidden, hidden, hidden),
      Option.some(
        "the round's disk use could no longer be measured: it was ended, and its workspace removed"
      )
    )
  })

  it("so with measurements that fail", () => {
    assert.isTrue(Option.isNone(overOwn({}, { before: 390 }, { before: 390 }, { before: 450 })))
    assert.isTrue(Option.isSome(overOwn({}, { before: 390 }, { before: 390 }, { before: 390 })))
  })

  it("is forgiven by a whole measurement", () => {
    const failed = { before: 380 }
    assert.isTrue(Option.isNone(overOwn({ seen: use(10) }, failed, failed, { seen: use(20), before: 380 }, failed)))
  })
})

describe("the first measurement", () => {
  const isDue = (at: number, space = free(500)) =>
    DiskLimit.isDue(limits, DiskLimit.begun(free(500), 10_000), space, 10_000 + at)

  it("waits for two seconds", () => {
    assert.isFalse(isDue(1_999))
    assert.isTrue(isDue(2_000))
  })

  it("is made at once where much was written, in bytes or in files", () => {
    assert.isFalse(isDue(0, free(494)))
    assert.isTrue(isDue(0, free(493)))
    assert.isFalse(isDue(0, { ...free(500), files: free(500).files - 1_599 }))
    assert.isTrue(isDue(0, { ...free(500), files: free(500).files - 1_600 }))
  })

  it.prop(
    "assumes the worst if it fails: all that the disk has lost since the run's start, however late that was seen",
    [spaces, spaces, spaces],
    ([start, before, after]) => {
      const failed = { seen: Option.none(), freeBefore: free(before), freeAfter: free(after), begunAt: 0, endedAt: 0 }
      const { use } = DiskLimit.measured(DiskLimit.begun(free(start), 0), failed)
      assert.deepStrictEqual(use, { bytes: Math.max(0, start - after) * mib, files: 0, isWhole: false })
    }
  )

  it.prop(
    "of a run that writes more than its limit is due when it has written that, however fast it is",
    [Schema.Int.pipe(Schema.between(101, 500)), Schema.Int.pipe(Schema.between(0, 5_000))],
    ([written, at]) => assert.isTrue(isDue(at, free(500 - written)))
  )
})

describe("the next measurement", () => {
  const isDue = (progress: DiskLimit.Progress, at: number, mebibytes = 500) =>
    DiskLimit.isDue(limits, progress, free(mebibytes), at)

  it("costs a twentieth of the time", () => {
    const progress = progressOf({ seen: use(1) })
    assert.isFalse(isDue(progress, 20_999))
    assert.isTrue(isDue(progress, 21_000))
  })

  it("is sooner where much was written, or something is hidden", () => {
    assert.isFalse(isDue(progressOf({ seen: use(1) }), 4_000, 495))
    assert.isTrue(isDue(progressOf({ seen: use(1) }), 4_000, 490))
    assert.isTrue(isDue(progressOf({ seen: use(1, { isWhole: false }) }), 4_000))
  })

  it("waits for a second even after one that failed at once", () => {
    const failed = { seen: Option.none(), freeBefore: free(500), freeAfter: free(500), begunAt: 0, endedAt: 0 }
    const progress = DiskLimit.measured(DiskLimit.begun(free(500), 0), failed)
    assert.isFalse(isDue(progress, 999))
    assert.isTrue(isDue(progress, 1_000))
  })
})

describe("the disk's reserve", () => {
  const overReserve = (
    space: DiskLimit.FreeSpace,
    uses: Readonly<Record<string, DiskLimit.DiskUse>>,
    urgentForMillis = 0
  ) =>
    Option.isSome(
      DiskLimit.overReserve(limits, { free: space, run: "a", uses: new Map(Object.entries(uses)), urgentForMillis })
    )

  it("ends the largest where the runs hold what is lacking", () => {
    assert.isFalse(overReserve(free(50), { a: use(90), b: use(10) }))
    assert.isTrue(overReserve(free(49), { a: use(90), b: use(10) }))
    assert.isFalse(overReserve(free(49), { a: use(10), b: use(90) }))
    assert.isTrue(overReserve(free(0), { a: use(26), b: use(25) }))
  })

  it("ends nobody at once where others hold it, and everybody where that stays", () => {
    assert.isFalse(overReserve(free(0), { a: use(1) }))
    assert.isFalse(overReserve(free(0), { a: use(1) }, 29_999))
    assert.isTrue(overReserve(free(0), { a: use(1), b: use(3) }, 30_000))
    assert.isTrue(overReserve(free(0), {}, 30_000))
    assert.isFalse(DiskLimit.isUrgent(limits, free(13)))
    assert.isTrue(DiskLimit.isUrgent(limits, free(12)))
  })

  it("is a tenth of a small disk", () => {
    const small = { ...free(11), totalBytes: 100 * mib }
    assert.isFalse(overReserve(small, { a: use(80) }))
    assert.isTrue(overReserve({ ...small, bytes: 9 * mib }, { a: use(80) }))
  })

  it("is kept of the number of files, too", () => {
    assert.isTrue(overReserve(free(500, 19), { a: use(1, { files: 500 }), b: use(90) }))
    assert.isFalse(overReserve(free(500, 21), { a: use(1, { files: 500 }) }))
    assert.isFalse(overReserve({ ...free(500), files: 0, totalFiles: 0 }, { a: use(1) }, 60_000))
  })

  it("can be switched off", () =>
    assert.isTrue(Option.isNone(
      DiskLimit.overReserve({ ...limits, diskReserveBytes: 0 }, {
        free: free(0, 0),
        run: "a",
        uses: new Map([["a", use(90)]]),
        urgentForMillis: 60_000
      })
    )))
})
