/** The benchmark's results as people read them. */
import { assert, describe, it } from "@effect/vitest"
import { markdown, table } from "../../bench/support/report.mjs"
import { evaluate } from "../../bench/support/statistics.mjs"

const rows = [
  evaluate({
    name: "intake: requests",
    unit: "/s",
    better: "higher",
    ours: [900, 1000, 1100],
    floor: [2000],
    reach: { ratio: 2 }
  }),
  evaluate({ name: "opentl --help", unit: "ms", ours: [160.4], floor: [99.5], reach: { over: 60 }, note: "by hand" }),
  evaluate({ name: "idle", unit: "%", ours: [0.251] })
]

describe("the benchmark's report", () => {
  it("is a table for a terminal", () =>
    assert.deepStrictEqual(table(rows).split("\n"), [
      "intake: requests  1000 /s ±10 %  2000  2.00  2 x     yes",
      "opentl --help     160 ms         99.5  1.61  +60 ms  no",
      "    by hand",
      "idle              0.25 %"
    ]))

  it("is a table for the documentation, with what could not be measured", () =>
    assert.deepStrictEqual(
      markdown({
        date: "2026-11-26T18:45:11.863Z",
        commit: "abc1234",
        node: "24.1.0",
        cores: 2,
        small: false,
        cases: [{ name: "intake", rows }, { name: "start", skipped: "no Docker engine answers" }]
      }).split("\n"),
      [
        "Measured on 2026-11-26 at abc1234, node 24.1.0, 2 cores.",
        "",
        "| case | ours | floor | ours ÷ floor | reach | reached |",
        "| --- | --- | --- | --- | --- | --- |",
        "| intake: requests | 1000 /s ±10 % | 2000 | 2.00 | 2 x | yes |",
        "| opentl --help | 160 ms | 99.5 | 1.61 | +60 ms | no |",
        "| idle | 0.25 % |  |  |  |  |",
        "",
        "Not measured: start (no Docker engine answers)."
      ]
    ))
})
