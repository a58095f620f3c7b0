import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Check, checkFiles, checksOf, type CheckTree, detect, kindOf } from "../../src/domain/Checks.ts"

/** A commit with these files, as it is read for the detection. */
const tree = (files: Readonly<Record<string, string>>): CheckTree => ({
  paths: new Set(Object.keys(files).filter((path) => kindOf(path) !== undefined)),
  files: new Map(Object.entries(files).filter(([path]) => checkFiles.includes(path)))
})

const scripts = (lines: Readonly<Record<string, unknown>>, ...others: ReadonlyArray<string>) =>
  tree({ "package.json": JSON.stringify({ scripts: lines }), ...Object.fromEntries(others.map((path) => [path, ""])) })

const lines = (checks: ReadonlyArray<Check>) => checks.map(({ run }) => run)
const names = (checks: ReadonlyArray<Check>) => checks.map(({ name }) => name)

describe("the checks of a repository", () => {
  const cases: ReadonlyArray<readonly [name: string, files: Readonly<Record<string, string>>, ReadonlyArray<string>]> =
    [
      ["nothing that is known", { "README.md": "", "main.c": "", "lib/go.mod": "", "lib/package.json": "{}" }, []],
      ["Go", { "go.mod": "module a" }, ["go vet ./...", "go test ./..."]],
      ["Rust", { "Cargo.toml": "" }, ["cargo test"]],
      ["pytest.ini", { "pytest.ini": "" }, ["python3 -m pytest"]],
      [".pytest.ini", { ".pytest.ini": "" }, ["python3 -m pytest"]],
      ["conftest.py", { "conftest.py": "" }, ["python3 -m pytest"]],
      ["pyproject.toml", { "pyproject.toml": "[project]\n[tool.pytest.ini_options]\n" }, ["python3 -m pytest"]],
      ["pyproject.toml of pytest 9", { "pyproject.toml": "[tool.pytest]\n" }, ["python3 -m pytest"]],
      ["pyproject.toml without pytest", { "pyproject.toml": "[project]\n# [tool.pytest]\n[tool.pytester]" }, []],
      ["tox.ini", { "tox.ini": "[tox]\n[pytest]\n" }, ["python3 -m pytest"]],
      ["tox.ini without pytest", { "tox.ini": "[tox]\n[testenv]\ncommands = pytest\n" }, []],
      ["setup.cfg", { "setup.cfg": "[tool:pytest]\n" }, ["python3 -m pytest"]],
      ["setup.cfg without pytest", { "setup.cfg": "[metadata]\n" }, []],
      ["test files that lie about", { "src/app/test_it.py": "" }, ["python3 -m pytest"]],
      ["test files by their end", { "it_test.py": "" }, ["python3 -m pytest"]],
      ["other Python files", { "src/tests.py": "", "contest.py": "", "test_it.pyc": "", "latest.py": "" }, []],
      ["test files of others", { "node_modules/gyp/test_a.py": "", ".venv/b_test.py": "", "vendor/test_c.py": "" }, []],
      ["a makefile", { Makefile: "all:\n\ttrue\ntest: all\n\ttrue\n" }, ["make test"]],
      ["a makefile's rule with several targets", { Makefile: "check test::\n" }, ["make test"]],
      ["a makefile without the target", { Makefile: ".PHONY: test\ntest := 1\ntests:\n\ttest: x\n# test:\n" }, []],
      ["the makefile that make takes", { makefile: "all:\n", Makefile: "test:\n" }, []],
      ["a makefile beside another tool", { Makefile: "test:\n", "go.mod": "" }, ["go vet ./...", "go test ./..."]],
      ["several tools", { "Cargo.toml": "", "conftest.py": "", "package.json": "{\"scripts\":{\"test\":\"jest\"}}" }, [
        "npm run test",
        "python3 -m pytest",
        "cargo test"
      ]]
    ]
  for (const [name, files, expected] of cases) {
    it(`are found by ${name}`, () => assert.deepStrictEqual(lines(detect(tree(files))), expected))
  }

  it("are the known scripts, quick ones first, and the tests behind the build", () =>
    assert.deepStrictEqual(
      names(
        detect(scripts({ test: "a", build: "b", typecheck: "c", check: "d", lint: "e", start: "f", pretest: "g" }))
      ),
      ["typecheck", "lint", "check", "build", "test"]
    ))

  const managers: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [[], "npm run test"],
    [["package-lock.json"], "npm run test"],
    [["npm-shrinkwrap.json", "bun.lock"], "npm run test"],
    [["pnpm-lock.yaml", "package-lock.json"], "pnpm run test"],
    [["yarn.lock", "package-lock.json"], "yarn run test"],
    [["bun.lock"], "bun run test"],
    [["bun.lockb"], "bun run test"],
    [["packages/a/pnpm-lock.yaml"], "npm run test"]
  ]
  for (const [files, run] of managers) {
    it(`run scripts with the package manager of [${files.join(", ")}]`, () =>
      assert.deepStrictEqual(lines(detect(scripts({ test: "vitest" }, ...files))), [run]))
  }

  const none: ReadonlyArray<readonly [what: string, lines: Readonly<Record<string, unknown>>]> = [
    ["npm's placeholder", { test: "echo \"Error: no test specified\" && exit 1" }],
    ["a placeholder that succeeds", { test: "echo 'No tests specified'" }],
    ["an empty script", { test: "  " }],
    ["what is no line", { test: ["vitest"], lint: null, build: 1 }],
    ["a runner that is told to watch", {
      test: "jest --coverage --watch",
      build: "tsc -p . -w",
      check: "vitest watch"
    }],
    ["a watching program", { lint: "nodemon lint.js", test: "jest --watchAll", build: "ng build --watch=true" }]
  ]
  for (const [what, lines] of none) it(`are not ${what}`, () => assert.deepStrictEqual(detect(scripts(lines)), []))

  it("are scripts that do not watch by themselves, or are told not to", () => {
    const lines = {
      test: "vitest",
      check: "jest --watchAll=false",
      build: "ng build --watch=false",
      lint: "npm run a -w b"
    }
    assert.deepStrictEqual(names(detect(scripts(lines))), ["lint", "check", "build", "test"])
  })

  const calls: ReadonlyArray<readonly [lines: Readonly<Record<string, string>>, ReadonlyArray<string>]> = [
    [{ check: "npm run lint && npm test", lint: "eslint .", test: "vitest" }, ["lint", "test"]],
    [{ check: "pnpm lint && yarn run -s test", lint: "eslint .", test: "vitest" }, ["lint", "test"]],
    [{ check: "run-s lint test", lint: "eslint .", test: "vitest" }, ["lint", "test"]],
    [{ test: "npm run check", check: "npm run lint", lint: "eslint ." }, ["lint"]],
    // what only looks like it
    [{ check: "npm run lint && tsc", lint: "eslint ." }, ["lint", "check"]],
    [{ check: "npm run lint -- --fix", lint: "eslint ." }, ["lint", "check"]],
    [{ check: "npm run lint || npm test", lint: "eslint .", test: "vitest" }, ["lint", "check", "test"]],
    [{ check: "npm run lint", lint: "eslint .", precheck: "tsc" }, ["lint", "check"]],
    [{ check: "npm run lint", lint: "eslint .", postcheck: "tsc" }, ["lint", "check"]],
    [{ check: "npm run lint && npm run format", lint: "eslint .", format: "prettier" }, ["lint", "check"]],
    [{ check: "bun test", test: "vitest" }, ["check", "test"]],
    [{ check: "npm test", test: "echo no test specified && exit 1" }, ["check"]],
    // calls in a circle
    [{ test: "npm test" }, ["test"]],
    [{ test: "npm run check", check: "npm test" }, ["check", "test"]],
    [{ lint: "npm run check", test: "npm run check", check: "npm test" }, ["lint", "check", "test"]]
  ]
  for (const [lines, expected] of calls) {
    it(`leave out what is run anyway in ${JSON.stringify(lines)}`, () =>
      assert.deepStrictEqual(names(detect(scripts(lines))), expected))
  }

  for (
    const manifest of ["", "{", "[]", "null", "1", "{\"scripts\":[]}", "{\"scripts\":\"test\"}", "[".repeat(100_000)]
  ) {
    it(`are none of the manifest ${manifest.slice(0, 20)}`, () =>
      assert.deepStrictEqual(detect(tree({ "package.json": manifest })), []))
  }

  it("are found at once in a script of any length", () => {
    const line = "echo no test specified tsc ".repeat(10_000)
    assert.deepStrictEqual(names(detect(scripts({ test: line, lint: `npm run ${"a".repeat(100_000)}` }))), [
      "lint",
      "test"
    ])
  })

  it.prop("have different names, and each is a line", [
    FastCheck.dictionary(
      FastCheck.constantFrom("test", "lint", "check", "build", "typecheck", "pretest", "__proto__"),
      FastCheck.oneof(
        FastCheck.string(),
        FastCheck.constantFrom("npm test", "npm run lint && npm run check", "run-p lint build", "vitest", "pnpm t"),
        FastCheck.jsonValue()
      )
    ),
    FastCheck.subarray(["go.mod", "Cargo.toml", "conftest.py", "pnpm-lock.yaml"])
  ], ([lines, others]) => {
    const checks = detect(scripts(lines, ...others))
    assert.strictEqual(new Set(names(checks)).size, checks.length)
    for (const { run } of checks) assert.match(run, /^(npm|pnpm|python3|go|cargo) /)
  })
})

describe("the checks of a change", () => {
  const verify = [{ name: "all", run: "make all", timeoutSeconds: 60 }]
  const base = scripts({ test: "vitest", lint: "eslint ." })

  it("are the configured ones alone", () =>
    assert.deepStrictEqual(checksOf({ config: { verify }, base, head: base }), verify))

  it("are none if the configuration lists none", () =>
    assert.deepStrictEqual(checksOf({ config: { verify: [] }, base, head: base }), []))

  it("are those of the base, and those that only the head has", () => {
    const head = tree({
      "package.json": "{\"scripts\":{\"build\":\"tsc\",\"test\":\"true\"}}",
      "pnpm-lock.yaml": "",
      "go.mod": ""
    })
    assert.deepStrictEqual(lines(checksOf({ config: {}, base, head })), [
      "npm run lint",
      "npm run test",
      "pnpm run build",
      "go vet ./...",
      "go test ./..."
    ])
  })

  it("are all of the head's in a new project", () =>
    assert.deepStrictEqual(names(checksOf({ config: {}, base: tree({}), head: base })), ["lint", "test"]))

  it("are those of the base where the head has lost them", () =>
    assert.deepStrictEqual(names(checksOf({ config: {}, base, head: tree({}) })), ["lint", "test"]))
})
