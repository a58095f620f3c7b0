import { assert, describe, it } from "@effect/vitest"
import type { ChangedFile } from "../../src/domain/ChangedFile.ts"
import { changedPrograms } from "../../src/domain/CheckPrograms.ts"

const file = (path: string, changes: Partial<ChangedFile> = {}): ChangedFile => ({
  path,
  previousPath: undefined,
  status: "changed",
  mode: "100644",
  previousMode: "100644",
  ...changes
})

const told = (
  checks: Readonly<Record<string, string>>,
  changed: ReadonlyArray<ChangedFile>,
  scripts: Readonly<Record<string, string>> = {}
) =>
  changedPrograms({ changed, checks: Object.entries(checks).map(([name, run]) => ({ name, run })), scripts })
    .map(({ file, what }) => `${file}: ${what}`)

describe("a file that a check runs by name", () => {
  it("is told when it changes, however the shell line names it", () => {
    const script = [file("scripts/ci.sh")]
    for (
      const line of [
        "bash scripts/ci.sh",
        "./scripts/ci.sh",
        "cd . && ./scripts/ci.sh; echo",
        "X=1 sh -c 'scripts/ci.sh --all'",
        "node --import=./scripts/ci.sh x"
      ]
    ) {
      assert.deepStrictEqual(told({ ci: line }, script), ["scripts/ci.sh: changed; the check runs it: ci"], line)
    }
    assert.deepStrictEqual(told({ ci: "bash scripts/other.sh scripts/ci.sh.bak" }, script), [])
  })

  it("is told when it is deleted, renamed, or becomes a link", () => {
    assert.deepStrictEqual(told({ ci: "bash a.sh" }, [file("a.sh", { status: "deleted", mode: "000000" })]), [
      "a.sh: deleted; the check runs it: ci"
    ])
    assert.deepStrictEqual(told({ ci: "bash a.sh" }, [file("b.sh", { status: "renamed", previousPath: "a.sh" })]), [
      "b.sh: renamed; the check runs it: ci"
    ])
    assert.deepStrictEqual(told({ ci: "bash a.sh" }, [file("a.sh", { mode: "120000" })]), [
      "a.sh: changed; the check runs it: ci"
    ])
  })

  it("is found through the scripts of package.json, what runs before and after them too", () => {
    const scripts = {
      test: "npm run unit && run-s e2e",
      unit: "node tools/unit.mjs",
      e2e: "node tools/e2e.mjs",
      pretest: "tools/prepare.sh",
      posttest: "npm test",
      other: "node tools/other.mjs"
    }
    const changed = ["unit.mjs", "e2e.mjs", "prepare.sh", "other.mjs"].map((name) => file(`tools/${name}`))
    assert.deepStrictEqual(told({ test: "npm run test" }, changed, scripts), [
      "tools/unit.mjs: changed; the check runs it: test",
      "tools/e2e.mjs: changed; the check runs it: test",
      "tools/prepare.sh: changed; the check runs it: test"
    ])
  })

  it("names every check that runs it", () =>
    assert.deepStrictEqual(told({ a: "node x.mjs a", b: "node x.mjs b" }, [file("x.mjs")]), [
      "x.mjs: changed; the checks run it: a, b"
    ]))

  it("is not told when the change only adds it, or when it is a test", () =>
    assert.deepStrictEqual(
      told({ test: "node --test new.mjs slug.test.js" }, [file("new.mjs", { status: "added" }), file("slug.test.js")]),
      []
    ))
})
