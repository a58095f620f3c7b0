import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as LiveOutput from "../../../sandbox/agent/LiveOutput.ts"

const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`)
const text = (from: number, to: number) => lines(from, to).map((line) => `${line}\n`).join("")

/** Pieces of output at their times in seconds; what was told at each, and in the end. */
const watch = (...pieces: ReadonlyArray<readonly [seconds: number, text: string]>) => {
  let output = LiveOutput.start(0)
  const told = pieces.map(([seconds, piece]) => {
    const [next, lines] = LiveOutput.push(output, piece, seconds * 1000)
    output = next
    return lines
  })
  return [...told, LiveOutput.finish(output)]
}

describe("the output of a command that runs", () => {
  it("is told line by line as it comes, the last one without an end, too", () => {
    assert.deepStrictEqual(watch([0, "one\ntw"], [1, "o\r\n"], [2, "three"]), [["one"], ["two"], [], ["three"]])
  })

  it("tells an empty line where something follows, once", () => {
    assert.deepStrictEqual(watch([0, "\n\none\n\n\n"], [1, "two\n\n"]), [["", "one"], ["", "two"], []])
  })

  it("is thinned out where there is too much of it, and says how much is missing", () => {
    assert.deepStrictEqual(watch([0, text(1, 1000)]), [
      lines(1, 200),
      ["[… 780 lines left out …]", ...lines(981, 1000)]
    ])
  })

  it("goes on being told where it goes on for long", () => {
    const [, quiet, later, end] = watch([0, text(1, 300)], [3, text(301, 310)], [4, text(311, 400)])
    assert.deepStrictEqual(quiet, [])
    assert.deepStrictEqual(later, ["[… 110 lines left out …]", ...lines(311, 330)])
    assert.deepStrictEqual(end, ["[… 50 lines left out …]", ...lines(381, 400)])
  })

  it("shows no endless line", () => {
    const [, end] = watch([0, "x".repeat(1_000_000)])
    assert.deepStrictEqual(end, [`${"x".repeat(400)}…`])
  })

  const piece = FastCheck.tuple(FastCheck.nat({ max: 5 }), FastCheck.nat({ max: 120 }))
  it.prop(
    "loses no line from the count, and tells the first and the last",
    [FastCheck.array(piece, { minLength: 1 })],
    ([pieces]) => {
      let now = 0
      let from = 1
      const told = watch(...pieces.map(([pause, count]) => {
        now += pause
        from += count
        return [now, text(from - count, from - 1)] as const
      })).flat()
      const gaps = told.map((line) => Number(/^\[… (\d+) lines left out …\]$/.exec(line)?.[1] ?? 0))
      assert.strictEqual(gaps.reduce((sum, count) => sum + (count === 0 ? 1 : count), 0), from - 1)
      assert.strictEqual(told[0], from === 1 ? undefined : "line 1")
      assert.strictEqual(told.at(-1), from === 1 ? undefined : `line ${from - 1}`)
    }
  )
})
