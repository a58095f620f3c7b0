import { assert, describe, it } from "@effect/vitest"
import type { ChangedFile } from "../../src/domain/ChangedFile.ts"
import { changedPrograms, changedScripts } from "../../src/domain/CheckPrograms.ts"

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

  it("is told when it is named like a test, and no test runner runs it", () => {
    for (
      const [line, path] of [
        ["bash scripts/run-tests.sh", "scripts/run-tests.sh"],
        ["python3 run_tests.py", "run_tests.py"],
        ["bash -c ./all.test.sh", "all.test.sh"]
      ] as const
    ) {
      assert.deepStrictEqual(told({ ci: line }, [file(path)]), [`${path}: changed; the check runs it: ci`], line)
    }
    assert.deepStrictEqual(told({ ci: "python3 -m pytest a_test.py" }, [file("a_test.py")]), [])
  })

  it("is told when the line names its directory and the rest apart", () => {
    for (const line of ["cd ci/all && ./run.sh", "cd ci/all/; sh run.sh", "bash -c 'cd ./ci && bash all/run.sh'"]) {
      assert.deepStrictEqual(told({ ci: line }, [file("ci/all/run.sh")]), [
        "ci/all/run.sh: changed; the check runs it: ci"
      ])
    }
    assert.deepStrictEqual(told({ ci: "cd web && ./run.sh" }, [file("ci/run.sh")]), [])
  })

  it("is told when a program reads it without being told to", () => {
    for (
      const [line, path] of [
        ["make test", "Makefile"],
        ["make -C web test", "web/Makefile"],
        ["make test", "rules/test.mk"],
        ["just test", "justfile"],
        ["./gradlew test", "app/build.gradle.kts"],
        ["mvn -q verify", "pom.xml"],
        ["pnpm test", "pnpm-workspace.yaml"]
      ] as const
    ) {
      for (const status of ["changed", "added"] as const) {
        assert.deepStrictEqual(told({ ci: line }, [file(path, { status })]), [
          `${path}: ${status}; the check runs it: ci`
        ])
      }
    }
    assert.deepStrictEqual(told({ ci: "npm test" }, [file("Makefile"), file("pnpm-workspace.yaml")]), [])
  })

  it("is told when Python takes it for the module that it runs", () => {
    for (const path of ["pytest.py", "pytest/__main__.py"]) {
      assert.deepStrictEqual(told({ pytest: "python3 -m pytest" }, [file(path, { status: "added" })]), [
        `${path}: added; the check runs it: pytest`
      ])
    }
    assert.deepStrictEqual(told({ pytest: "python3 -m pytest" }, [file("src/pytest.py", { status: "added" })]), [])
  })
})

describe("a script that a check runs", () => {
  const changes = (scripts: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>) =>
    changedScripts({ checks: [{ name: "test", run: "npm run test" }], scripts, now }).map(({ file, what }) =>
      `${file}: ${what}`
    )

  it("is told when it changes, whatever its name is", () => {
    const scripts = { test: "npm run unit", unit: "node a.js", start: "node b.js" }
    assert.deepStrictEqual(changes(scripts, { ...scripts, unit: "true", start: "true" }), [
      `package.json: the script unit was changed from "node a.js" to "true"`
    ])
    assert.deepStrictEqual(changes(scripts, { test: "npm run unit" }), [
      `package.json: the script unit was removed; it was "node a.js"`
    ])
    assert.deepStrictEqual(changes(scripts, { ...scripts, preunit: "exit 0" }), [
      `package.json: the script preunit was added: "exit 0"`
    ])
    assert.deepStrictEqual(changes(scripts, { ...scripts, other: "x" }), [])
  })
})
