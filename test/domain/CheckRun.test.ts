/** Reports of checks: those of earlier versions, and those of runs that were ended over a limit. */
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CheckEnd, type CheckReport, overLimit } from "../../src/domain/CheckRun.ts"

const end = { exitCode: 0, seconds: 1, tail: "" }

describe("a command's end", () => {
  it("is read as earlier versions kept it", () => {
    const read = Schema.decodeSync(Schema.parseJson(CheckEnd))
    assert.deepStrictEqual(read(`{"exit_code":0,"seconds":1,"tail":""}`), end)
  })
})

describe("a run that was ended over a limit", () => {
  const told = (report: Partial<CheckReport>) =>
    overLimit(3, "too much", Option.some({ installs: [], commands: [], ...report }))
  const failed = { exitCode: 137, seconds: 0, tail: "too much", limit: "too much" }

  it("has failed at the command that ran, with the ends before it", () => {
    assert.deepStrictEqual(told({ commands: [end], running: 1 }).commands, [end, failed, null])
    assert.deepStrictEqual(told({ commands: [], running: 0 }).commands, [failed, null, null])
  })

  it("has failed as a whole where it does not tell of which, or tells nonsense", () => {
    const whole = {
      installs: [{ run: "", exitCode: 137, tail: "too much" }],
      commands: [null, null, null]
    }
    assert.deepStrictEqual(overLimit(3, "too much", Option.none()), whole)
    assert.deepStrictEqual(told({ commands: [end, end, end] }), whole)
    assert.deepStrictEqual(told({ commands: [end, end, end], running: 3 }), whole)
    assert.deepStrictEqual(told({ commands: [], running: 2 }), whole)
  })
})
