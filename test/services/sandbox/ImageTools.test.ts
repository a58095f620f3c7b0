/** Tools in the image: how the build installs them, and what it says where one cannot be had. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { run } from "../../sandbox/Processes.ts"

const script = fileURLToPath(new URL("../../../sandbox/tools.sh", import.meta.url))

const shell = ["sh", "cat", "cp", "chmod", "cut", "grep", "head", "rm", "sed", "tail", "tr", "mkdir"]

/** A program that is there once a package manager has made it. */
const program = (directory: string, name: string, says: string) =>
  `printf '#!/bin/sh\\necho "${says}"\\n' > ${directory}/${name}; chmod 755 ${directory}/${name}`

/** Runs the script on a PATH with the shell's own programs and the given ones, whose texts are scripts. */
const install = Effect.fn("install")(function*(
  args: ReadonlyArray<string>,
  programs: (directory: string) => Readonly<Record<string, string>>
) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-tools-" })
  const bin = `${directory}/bin`
  yield* fs.makeDirectory(bin)
  yield* Effect.forEach(shell, (tool) =>
    Effect.flatMap(
      run("bash", ["-c", "type -P \"$0\"", tool]),
      ({ output }) => fs.symlink(output.trimEnd(), `${bin}/${tool}`)
    ))
  yield* Effect.forEach(Object.entries(programs(bin)), ([name, text]) =>
    Effect.zipRight(
      fs.writeFileString(`${bin}/${name}`, `#!/bin/sh\n${text}\n`),
      fs.chmod(`${bin}/${name}`, 0o755)
    ))
  const { exitCode, output } = yield* run("env", [
    "-i",
    `PATH=${bin}`,
    `TMPDIR=${directory}`,
    `${bin}/sh`,
    script,
    ...args
  ])
  return { code: exitCode, lines: output.trimEnd().split("\n") }
})

const go = (bin: string) => program(bin, "go", "go version go1.19.8 linux/amd64")
const python = (bin: string) => program(bin, "python3", "3.11.2")
const node = { node: "echo v24.1.0" }

layer(NodeContext.layer, { excludeTestServices: true })("tools.sh", (it) => {
  it.scoped("installs what the base lacks by apt-get, whose lists are fetched once", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* install(["required", "python", "go"], (bin) => ({
        ...node,
        // the script shows what a package manager printed only where it failed
        "apt-get": `echo "$*" >> ${bin}/asked; case $* in *golang-go*) ${go(bin)} ;; *python3-venv*) ${
          python(bin)
        } ;; esac`,
        asks: `cat ${bin}/asked`
      }))
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(lines, [
        "installing python",
        "installing go",
        "opentl.tools node=24.1.0 python=3.11.2 go=1.19.8"
      ])
    }))

  it.scoped("uses apk where that is the base's", () =>
    Effect.gen(function*() {
      const { lines } = yield* install(["required", "python", "uv", "go"], (bin) => ({
        apk: `case $* in "add --no-cache go") ${go(bin)} ;; "add --no-cache python3 py3-pip") ${
          python(bin)
        } ;; "add --no-cache uv") ${program(bin, "uv", "uv 0.9.0 (x)")} ;; esac`
      }))
      assert.strictEqual(lines.at(-1), "opentl.tools python=3.11.2 uv=0.9.0 go=1.19.8")
    }))

  it.scoped("installs nothing that the base has", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* install(["required", "python", "go"], () => ({
        python3: "echo 3.13.1",
        go: "echo go version go1.25.0 linux/amd64",
        "apt-get": "echo asked; exit 1"
      }))
      assert.deepStrictEqual([code, lines], [0, ["opentl.tools python=3.13.1 go=1.25.0"]])
    }))

  it.scoped("takes a python without venv or pip for none", () =>
    Effect.gen(function*() {
      const { lines } = yield* install(["required", "python"], (bin) => ({
        python3: "echo \"ModuleNotFoundError: No module named 'ensurepip'\" >&2; exit 1",
        "apt-get": `case $* in *python3-venv*) ${python(bin)} ;; esac`
      }))
      assert.strictEqual(lines.at(-1), "opentl.tools python=3.11.2")
    }))

  const broken = { "apt-get": "echo 'E: Could not resolve deb.example.org'; exit 100" }

  it.scoped("fails in one line where a required tool cannot be had", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* install(["required", "go"], () => broken)
      assert.strictEqual(code, 1)
      assert.match(
        lines.at(-1) ?? "",
        /^opentl: go cannot be put into the image: apt-get: E: Could not resolve deb\.example\.org/
      )
      const none = yield* install(["required", "python"], () => ({}))
      assert.match(none.lines.at(-1) ?? "", /^opentl: python cannot .*neither apt-get nor apk/)
    }))

  it.scoped("goes on without a tool that is only wanted, and says so", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* install(["wanted", "python", "uv"], () => ({ ...broken, ...node }))
      assert.strictEqual(code, 0)
      assert.strictEqual(lines.filter((line) => line.startsWith("opentl: ")).length, 2)
      assert.strictEqual(lines.at(-1), "opentl.tools node=24.1.0")
    }))
})
