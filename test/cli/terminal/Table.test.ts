import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { jsonDocument, jsonLine } from "../../../src/cli/Json.ts"
import * as Table from "../../../src/cli/terminal/Table.ts"
import { width } from "../../../src/cli/terminal/TerminalText.ts"

const widths = FastCheck.array(FastCheck.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 })
const shrinks = FastCheck.array(
  FastCheck.record({ column: FastCheck.nat({ max: 5 }), to: FastCheck.integer({ min: 1, max: 60 }) })
)
const total = (columns: ReadonlyArray<number>) => columns.reduce((sum, n) => sum + n, 2 * (columns.length - 1))

describe("fit", () => {
  it.prop(
    "only ever narrows, and not below what a shrink allows",
    [widths, FastCheck.nat({ max: 200 }), shrinks],
    ([natural, room, steps]) => {
      const fitted = Table.fit(natural, room, steps)
      natural.forEach((before, column) => {
        const floor = Math.min(before, ...steps.filter((step) => step.column === column).map(({ to }) => to))
        assert.isAtMost(fitted[column] ?? 0, before)
        assert.isAtLeast(fitted[column] ?? 0, floor)
      })
    }
  )

  it.prop("takes no more than is missing", [widths, FastCheck.nat({ max: 200 }), shrinks], ([natural, room, steps]) => {
    assert.isAtLeast(total(Table.fit(natural, room, steps)), Math.min(total(natural), room))
  })
})

describe("lines", () => {
  it.prop("stand in columns whatever is in the cells", [
    FastCheck.array(FastCheck.constantFrom("a", "日本", "👍🏽", "", "long text"))
  ], ([cells]) => {
    const columns = [{ header: "H", cells }, { header: "END", cells: cells.map(() => "|") }]
    const places = Table.lines(columns, undefined, [], (text) => text).map((line, row) =>
      width(row === 0 ? line.slice(0, -3) : line.slice(0, -1))
    )
    assert.strictEqual(new Set(places).size, 1)
  })
})

describe("JSON", () => {
  const text = FastCheck.string({ unit: "binary" })

  it.prop("holds nothing that a terminal acts on, and says the same", [text], ([value]) => {
    for (const json of [jsonDocument(Schema.String)(value), jsonLine(Schema.String)(value)]) {
      assert.notMatch(json.trimEnd(), /[\x00-\x1f\x7f-\x9f]/)
      assert.strictEqual(JSON.parse(json), value)
    }
  })

  it("is one document a line", () => {
    assert.strictEqual(jsonLine(Schema.Struct({ a: Schema.String }))({ a: "x\ny" }), "{\"a\":\"x\\ny\"}\n")
  })
})
