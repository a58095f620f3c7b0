/** Which changes ask for a comparison of tests with the base, and for which commands. */
import { assert, describe, it } from "@effect/vitest"
import type { CheckEnd } from "../../src/domain/CheckRun.ts"
import { isAskedOfBase, type Touched, touchedBy } from "../../src/domain/ComparedTests.ts"
import * as Patch from "../../src/domain/Patch.ts"
import { added, type Change, diffOf } from "../support/Patches.ts"
import { changed, deleted } from "../support/Weakening.ts"

const touched = (...changes: ReadonlyArray<Change>): Touched => {
  const diff = diffOf(changes)
  return touchedBy(diff.changed, Patch.sections(diff.patch))
}

const lines = ["-a", "+b"]

describe("a change touches", () => {
  it("tests that there were: changed, removed, renamed, and what they read", () => {
    for (
      const change of [
        changed("src/a.test.ts", lines),
        changed("tests/cases/a.json", lines),
        deleted("spec/a_spec.rb", "x"),
        changed("a.ts", lines, { status: "renamed", previousPath: "a.test.ts" }),
        changed("src/lib.rs", ["-    #[test]"])
      ]
    ) assert.strictEqual(touched(added("b.ts", "b"), change), "tests", change.path)
  })

  it("what decides how they are run", () => {
    for (
      const change of [
        changed("package.json", lines),
        changed("vitest.config.ts", lines),
        added("sub/.npmrc", "x"),
        changed("pyproject.toml", lines),
        changed("Makefile", lines)
      ]
    ) assert.strictEqual(touched(changed("a.test.ts", lines), change), "configuration", change.path)
  })

  it("neither, where it adds tests or changes code", () => {
    assert.isUndefined(
      touched(
        added("a.test.ts", "x"),
        changed("src/a.ts", lines),
        changed("src/lib.rs", lines),
        added("package.json", "{}")
      )
    )
  })
})

describe("a command is run on the base", () => {
  const tests = { passed: 1, failed: 0, skipped: 0, total: 1 }
  const end = (exitCode: number | undefined, isCounted = false): CheckEnd => ({
    ...(exitCode === undefined ? {} : { exitCode }),
    seconds: 1,
    tail: "",
    ...(isCounted ? { tests } : {})
  })

  it("if it fails, and for its tests where the change touches them", () => {
    const table: ReadonlyArray<readonly [end: CheckEnd | undefined, touched: Touched, isAsked: boolean]> = [
      [end(1), undefined, true],
      [end(0, true), undefined, false],
      [end(0, true), "tests", true],
      [end(0), "tests", false],
      [end(0), "configuration", true],
      [end(undefined), "configuration", false],
      [undefined, "configuration", false]
    ]
    for (const [ended, what, isAsked] of table) assert.strictEqual(isAskedOfBase(ended, what), isAsked)
  })
})
