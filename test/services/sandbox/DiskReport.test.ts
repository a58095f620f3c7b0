import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as DiskReport from "../../../src/services/sandbox/DiskReport.ts"

const report = (...lines: ReadonlyArray<string>) => DiskReport.diskUse([...lines, ""].join("\n"), 1)

describe("DiskReport", () => {
  it("reads the free space", () => {
    assert.deepStrictEqual(
      DiskReport.freeSpace("free 4096 10 100 7 9"),
      Option.some({ bytes: 40_960, totalBytes: 409_600, files: 7, totalFiles: 9 })
    )
    for (const line of ["", "free", "free 1 2 3 4", "free 1 2 3 4 x", "used 1 2 3 4 5", "free 1 2 3 4 -5"]) {
      assert.isTrue(Option.isNone(DiskReport.freeSpace(line)), line)
    }
  })

  it("reads what a directory takes", () =>
    assert.deepStrictEqual(
      report("5\t/workspace", "files 3\t/workspace", "end"),
      Option.some({ bytes: 5120, files: 3, isWhole: true })
    ))

  it("says when something was hidden", () =>
    assert.deepStrictEqual(
      report("hidden", "5\t/workspace", "hidden", "files 3\t/workspace", "end"),
      Option.some({ bytes: 5120, files: 3, isWhole: false })
    ))

  it("a report that broke off is none", () => {
    assert.isTrue(Option.isNone(report("5\t/workspace", "files 3\t/workspace")))
    assert.isTrue(Option.isNone(report("5\t/workspace", "end")))
    assert.isTrue(Option.isNone(report("end")))
    assert.isTrue(Option.isNone(report("")))
    assert.isTrue(Option.isNone(DiskReport.diskUse("5\t/a\nfiles 1\t/a\nend\n", 2)))
  })

  it("adds deleted files that are still open, each once, of the measured disks alone", () =>
    assert.deepStrictEqual(
      report(
        "device 7",
        "device 8",
        "open 0 4 512 7 100",
        "open 0 4 512 7 100",
        "open 0 2 512 8 100",
        "open 1 900 512 7 101",
        "open 0 900 512 9 102",
        "5\t/workspace",
        "files 3\t/workspace",
        "end"
      ),
      Option.some({ bytes: 5120 + 6 * 512, files: 3, isWhole: true })
    ))
})
