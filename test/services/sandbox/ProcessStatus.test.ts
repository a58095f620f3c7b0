/** What is read of a process. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as ProcessStatus from "../../../src/services/sandbox/ProcessStatus.ts"

describe("the status of a process", () => {
  it.prop(
    "reads a status line whatever the program is called",
    [FastCheck.string(), FastCheck.nat()],
    ([program, start]) => {
      const rest = ["S", "1", "77", "78", ...Array.from({ length: 15 }, (_, i) => `${i}`), `${start}`, "0", "0"].join(
        " "
      )
      const line = `4711 (${program.replaceAll("\n", " ")}) ${rest}\n`
      assert.deepStrictEqual(
        ProcessStatus.parse(line),
        Option.some({ pid: 4711, state: "S", group: 77, startTime: `${start}` })
      )
    }
  )

  it("reads nothing from what is no status line", () => {
    for (const line of ["", "x", "1 (sh) S", "0 (sh) S 1 1 1"]) {
      assert.isTrue(Option.isNone(ProcessStatus.parse(line)))
    }
  })
})
