/** How many tests a command ran, by what runners really print: `test/support/runners` has what they printed. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestCounts from "../../src/domain/TestCounts.ts"

type Told = readonly [passed: number, failed: number, skipped: number]

const told = (text: string): Told | undefined => {
  const counts = TestCounts.ofText(text)
  if (counts === undefined) return undefined
  assert.strictEqual(counts.total, counts.passed + counts.failed + counts.skipped)
  return [counts.passed, counts.failed, counts.skipped]
}

const outputOf = (name: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`test/support/runners/${name}.txt`)).pipe(
    Effect.provide(NodeContext.layer)
  )

const counts = (passed: number, failed = 0, skipped = 0): TestCounts.TestCounts => ({
  passed,
  failed,
  skipped,
  total: passed + failed + skipped
})

describe("what a runner prints tells how many tests ran, failed and were skipped", () => {
  const printed: ReadonlyArray<readonly [name: string, told: Told | undefined]> = [
    ["vitest", [5, 1, 6]],
    ["vitest-passing", [2, 0, 2]],
    ["jest", [2, 1, 2]],
    ["jest-coverage", [2, 0, 2]],
    ["mocha", [2, 1, 2]],
    ["mocha-tap", [2, 1, 0]],
    ["node-tap", [4, 0, 2]],
    ["node-spec", [4, 0, 2]],
    ["ava", [2, 0, 3]],
    // it does not say how many passed
    ["ava-failing", undefined],
    ["tap", [1, 0, 2]],
    ["jasmine", [2, 0, 1]],
    ["playwright", [2, 0, 2]],
    ["playwright-failing", [3, 1, 2]],
    ["pytest", [4, 0, 2]],
    ["pytest-quiet", [4, 0, 2]],
    ["pytest-failing", [4, 2, 2]],
    ["unittest", [2, 0, 2]],
    ["unittest-failing", [2, 3, 2]],
    ["cargo", [4, 0, 1]],
    ["go-verbose", [3, 0, 1]],
    // only packages, and the tests that fail
    ["go", undefined],
    ["rspec", [2, 1, 1]],
    ["minitest", [1, 0, 1]],
    ["phpunit", [2, 0, 0]],
    ["phpunit-failing", [3, 1, 2]],
    ["bun", [2, 0, 2]],
    ["deno", [2, 0, 1]]
  ]
  for (const [name, expected] of printed) {
    it.effect(name, () => Effect.map(outputOf(name), (output) => assert.deepStrictEqual(told(output), expected)))
  }

  // lines as the documentation of their runners has them
  const documented: ReadonlyArray<readonly [name: string, output: string, told: Told | undefined]> = [
    [
      "surefire, whose lines of single classes do not count twice",
      "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.04 s -- in ATest\n" +
      "[INFO] Results:\n[INFO]\n[WARNING] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1\n",
      [2, 0, 1]
    ],
    ["gradle, which prints only where a test fails", "3 tests completed, 1 failed, 1 skipped\n", [1, 1, 1]],
    [
      "dotnet",
      "Passed!  - Failed:     0, Passed:     3, Skipped:     1, Total:     4, Duration: 9 ms - a.dll (net8.0)\n",
      [3, 0, 1]
    ],
    ["dotnet's own logger", "Test summary: total: 4, failed: 0, succeeded: 3, skipped: 1, duration: 2.1s\n", [3, 0, 1]],
    ["vstest", "Total tests: 4\n     Passed: 3\n    Skipped: 1\n Total time: 1.2 Seconds\n", [3, 0, 1]],
    ["nextest", "     Summary [   0.178s] 4 tests run: 4 passed (1 slow), 2 skipped\n", [4, 0, 2]],
    ["pytest without tests", "============ no tests ran in 0.01s ============\n", [0, 0, 0]],
    ["vitest without tests", " Test Files  1 passed (1)\n      Tests  no tests\n", [0, 0, 0]]
  ]
  for (const [name, output, expected] of documented) {
    it(name, () => assert.deepStrictEqual(told(output), expected))
  }
})

describe("the count of a command", () => {
  it("is the sum of what several runs in it say", () => {
    assert.deepStrictEqual(told("      Tests  3 passed (3)\n\n      Tests  1 failed | 2 passed (3)\n"), [5, 1, 0])
    assert.deepStrictEqual(told("  2 passing (4ms)\n  1 pending\n\n  3 passing (1s)\n"), [5, 0, 1])
    assert.deepStrictEqual(told("Tests:       2 passed, 2 total\n== 3 passed in 0.10s ==\n"), [5, 0, 0])
  })

  it("is told with the packages' names before the lines, which may be mixed", () => {
    assert.deepStrictEqual(
      told(
        "packages/a test:   2 passing (4ms)\npackages/b test:   3 passing (4ms)\npackages/a test:   1 failing\n" +
          "@x/c:test:       Tests  4 passed (4)\n[d] Tests:       5 passed, 5 total\n"
      ),
      [14, 1, 0]
    )
  })

  it("is read in colour, over a line that was written over, and in pieces", () => {
    assert.deepStrictEqual(
      told(
        "\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m2 passed\u001b[39m\u001b[22m\u001b[90m (2)\u001b[39m\r\n"
      ),
      [2, 0, 0]
    )
    assert.deepStrictEqual(told("running…\rTests:       2 passed, 2 total"), [2, 0, 0])
    const pieces = [..."      Tests  7 passed (7)\n"].reduce(TestCounts.read, TestCounts.nothing)
    assert.strictEqual(TestCounts.countsOf(pieces)?.passed, 7)
  })

  it("stands before as much as a table of coverage, and what is read of a long line does not grow", () => {
    const long = Array.from({ length: 200 }, () => "x".repeat(64_000)).reduce(
      TestCounts.read,
      TestCounts.read(TestCounts.nothing, "      Tests  7 passed (7)\n")
    )
    assert.isBelow(long.rest.length, 1_000)
    assert.strictEqual(TestCounts.countsOf(long)?.passed, 7)
  })

  it("is absent where no runner is known by its words, and never guessed", () => {
    for (
      const text of [
        "",
        "all 12 tests passed\n",
        "# pass 3\n  3 passed\n",
        "ok\n3 errors\nFound 3 errors in 2 files\n",
        // it did not come to its end
        "Running 6 tests using 1 worker\n",
        "Ran 4 tests in 0.000s\n"
      ]
    ) assert.isUndefined(told(text), text)
  })
})

describe("two counts of a command", () => {
  it("are told as what ran before and now, with what was skipped", () => {
    assert.strictEqual(TestCounts.show(counts(117, 0, 3), counts(120, 0, 3)), "120 → 117, 3 skipped")
    assert.strictEqual(TestCounts.show(counts(117, 0, 3), counts(120)), "120 → 117, 0 → 3 skipped")
    assert.strictEqual(TestCounts.show(counts(118, 2), undefined), "120, 2 failed")
    assert.strictEqual(TestCounts.show(counts(120), undefined), "120")
  })

  it("are fewer where fewer ran, more are skipped, or there are fewer in all", () => {
    assert.strictEqual(TestCounts.fewer(counts(3), counts(120)), "120 → 3 tests run")
    assert.strictEqual(TestCounts.fewer(counts(118, 0, 2), counts(120)), "120 → 118 tests run, 0 → 2 tests skipped")
    assert.strictEqual(TestCounts.fewer(counts(120), counts(120, 0, 2)), "122 → 120 tests in all")
    assert.strictEqual(TestCounts.fewer(undefined, counts(120)), "120 tests on the base, and no count here")
    assert.isUndefined(TestCounts.fewer(counts(121), counts(119, 1)))
    assert.isUndefined(TestCounts.fewer(undefined, counts(0)))
  })
})
