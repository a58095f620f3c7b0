import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { makeSession, markers } from "./SessionWorkspace.ts"

/** All that the entrypoint may rely on: bash, git, node, and of coreutils these. */
const imageTools = [
  ..."bash git node cat cp cut env head mkdir mkfifo mv rm sleep tail timeout touch".split(" ")
]

/** A PATH that has the image's tools and the given ones, each of which prints its name and arguments. */
const pathWith = Effect.fn(function*(fakes: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-path-" })
  yield* Effect.forEach(imageTools, (tool) =>
    Effect.flatMap(
      run("bash", ["-c", "type -P \"$0\"", tool]),
      ({ output }) => fs.symlink(output.trimEnd(), `${directory}/${tool}`)
    ))
  yield* Effect.forEach(
    fakes,
    (fake) =>
      fs.writeFileString(`${directory}/${fake}`, "#!/usr/bin/env bash\necho \"ran ${0##*/} $*\"\n").pipe(
        Effect.zipRight(fs.chmod(`${directory}/${fake}`, 0o755))
      )
  )
  return directory
})

const anyPackage = JSON.stringify({ devDependencies: { something: "1" } })

const installLines = Effect.fn(function*(files: Record<string, string>, fakes: ReadonlyArray<string>) {
  const session = yield* makeSession(files)
  const { lines } = yield* session.round("true", { env: { PATH: yield* pathWith(fakes) } })
  return lines.filter((line) => line.startsWith("ran ") || line.includes("Dependency install"))
})

layer(SandboxRuntime.layer, { excludeTestServices: true })("entrypoint.sh, dependencies", (it) => {
  it.scoped("never commits what an install changed", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession({
        "package.json": JSON.stringify({
          name: "app",
          dependencies: { "dep": "file:./dep" },
          scripts: { postinstall: "bash ./postinstall.sh" }
        }),
        "postinstall.sh": [
          "echo changed >> README.md",
          "mkdir -p 'made by/install' && echo x > 'made by/install/x'",
          "git add -A && git commit -qm 'from the install'",
          "echo x > $'odd [a]*? \\\\ name\\n' && echo y > ' y '"
        ].join("\n"),
        "README.md": "hello\n"
      })
      const { lines, result } = yield* session.round("cat README.md; ls -d 'made by' node_modules; echo z > z")
      assert.deepStrictEqual(markers(lines).slice(0, 3), [
        "STATUS Cloning repository",
        "STATUS Installing dependencies (npm install)",
        "STATUS Running agent (command)"
      ])
      assert.strictEqual(lines.filter((line) => line === "changed").length, 0)
      assert.strictEqual(yield* session.changedFiles, "A\tz", lines.join("\n"))
      assert.strictEqual(result?.notes, "")
      assert.isTrue(yield* fs.exists(`${session.repository}/ y `))
    }))

  it.scoped("leaves out a lock file that an install has rewritten, and keeps one that the agent changes", () =>
    Effect.gen(function*() {
      const lock = JSON.stringify({ name: "app", lockfileVersion: 3, requires: true, packages: {} })
      const files = {
        "package.json": JSON.stringify({ name: "app", version: "1.0.0", dependencies: { dep: "file:./dep" } }),
        "package-lock.json": lock
      }
      const session = yield* makeSession(files)
      const setup = "npm install --no-audit --no-fund >/dev/null && grep -o '\"node_modules/dep\"' package-lock.json"
      const { lines } = yield* session.round("cat package-lock.json; echo; echo z > z", { setup })
      assert.include(lines, "\"node_modules/dep\"", "the install has rewritten it")
      assert.include(lines, lock, "the agent finds the repository's own")
      assert.strictEqual(yield* session.changedFiles, "A\tz", lines.join("\n"))
      const other = yield* makeSession(files)
      yield* other.round("echo '{}' > package-lock.json", { setup })
      assert.strictEqual(yield* other.changedFiles, "M\tpackage-lock.json")
    }))

  it.scoped("goes on without where the install fails, and tells the agent", () =>
    Effect.gen(function*() {
      const session = yield* makeSession({ "package.json": anyPackage, "package-lock.json": "{}" })
      const { exitCode, lines, result } = yield* session.round("tail -n 1 \"$OPENTL_PROMPT_FILE\"")
      const failure = "Dependency install failed (npm ci, exit 1): the agent continues without it"
      assert.include(markers(lines), `STATUS ${failure}`)
      assert.strictEqual(lines.at(-2), `- ${failure}`)
      assert.strictEqual(result?.notes, `${failure}\n`)
      assert.strictEqual(exitCode, 0)
    }))

  it.scoped("ends an install that takes too long", () =>
    Effect.gen(function*() {
      const session = yield* makeSession({
        "package.json": JSON.stringify({ dependencies: { d: "file:./d" }, scripts: { preinstall: "sleep 1000" } })
      })
      const { result } = yield* session.round("true", { env: { OPENTL_INSTALL_TIMEOUT: "2" } })
      assert.include(result?.notes ?? "", "(npm install, not finished after 2 s)")
    }))

  it.scoped(
    "installs nothing for a package.json without dependencies, or in a later round",
    () =>
      Effect.gen(function*() {
        const session = yield* makeSession({
          "package.json": "{\"name\":\"app\",\"dependencies\":{}}",
          "package-lock.json": "{}"
        })
        assert.notInclude((yield* session.round("true")).lines.join("\n"), "dependencies")
        const later = yield* session.round(`echo '${anyPackage}' > package.json`)
        assert.notInclude(later.lines.join("\n"), "dependencies")
      })
  )

  it.scoped("chooses the package manager by the lock file", () =>
    Effect.gen(function*() {
      const tools = ["npm", "pnpm", "yarn"]
      const withLock = (lock: string, more = {}) =>
        installLines({ "package.json": anyPackage, [lock]: "", ...more }, tools)
      assert.deepStrictEqual(yield* withLock("package-lock.json"), ["ran npm ci --no-audit --no-fund"])
      assert.deepStrictEqual(yield* withLock("pnpm-lock.yaml"), ["ran pnpm install --frozen-lockfile"])
      assert.deepStrictEqual(yield* withLock("yarn.lock"), ["ran yarn install --frozen-lockfile"])
      assert.deepStrictEqual(yield* withLock("yarn.lock", { ".yarnrc.yml": "" }), ["ran yarn install --immutable"])
      const corepack = yield* installLines({ "package.json": anyPackage, "pnpm-lock.yaml": "" }, ["corepack"])
      assert.deepStrictEqual(corepack, ["ran corepack pnpm install --frozen-lockfile"])
    }))

  it.scoped("installs all parts of a repository, and says which tool is missing", () =>
    Effect.gen(function*() {
      const files = { "package.json": anyPackage, "requirements.txt": "x", "go.mod": "module m" }
      assert.deepStrictEqual(yield* installLines(files, ["npm", "pip3", "go"]), [
        "ran npm install --no-audit --no-fund --no-save --no-package-lock",
        "ran pip3 install --user --disable-pip-version-check -r requirements.txt",
        "ran go mod download"
      ])
      assert.deepStrictEqual(yield* installLines(files, []), [
        "###OPENTL_STATUS### Dependency install skipped (npm install): npm is not in the sandbox",
        "###OPENTL_STATUS### Dependency install skipped (pip install -r requirements.txt): pip3 is not in the sandbox",
        "###OPENTL_STATUS### Dependency install skipped (go mod download): go is not in the sandbox"
      ])
    }))

  it.scoped("installs by uv where there is its lock file and uv, else by pip", () =>
    Effect.gen(function*() {
      const files = { "pyproject.toml": "[project]\nname = \"x\"\n", "uv.lock": "", "requirements.txt": "x" }
      assert.deepStrictEqual(yield* installLines(files, ["uv", "pip3"]), ["ran uv sync --frozen"])
      assert.deepStrictEqual(yield* installLines(files, ["pip3"]), [
        "ran pip3 install --user --disable-pip-version-check -r requirements.txt"
      ])
    }))

  it.scoped("installs a python project only where pyproject.toml describes one", () =>
    Effect.gen(function*() {
      const install = (text: string) => installLines({ "pyproject.toml": text }, ["pip3"])
      assert.deepStrictEqual(yield* install("[tool.ruff]\nline-length = 100\n"), [])
      assert.deepStrictEqual(yield* install("[project]\nname = \"x\"\n"), [
        "ran pip3 install --user --disable-pip-version-check -e ."
      ])
    }))
})
