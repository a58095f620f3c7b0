/** A command loads itself and what it uses, and nothing else. Seen at the built program: it caches what it has loaded. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spec } from "../../src/cli/AllCommands.ts"
import { loaders } from "../../src/cli/LoadedCommand.ts"
import { run, serve } from "../support/Program.ts"

/** Prints which of node's own modules were loaded, behind what the program prints. */
const tracing = `process.on("exit", () => process.stderr.write(process.moduleLoadList.join(" ")))`

/** The program's files that were loaded, without their hashes, and node's modules. */
const loadedBy = (environment: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    yield* fs.writeFileString(`${directory}/trace.cjs`, tracing)
    const cache = `${environment["OPENTL_DATA_DIR"] ?? ""}/cache`
    yield* fs.remove(cache, { recursive: true, force: true })
    const { code, err } = yield* run({ ...environment, NODE_OPTIONS: `--require ${directory}/trace.cjs` }, ...args)
    assert.strictEqual(code, 0, err)
    const files = yield* fs.readDirectory(cache)
    return { files: files.map((file) => file.replace(/(-[\w-]{8})?\.cjs$/, "")), node: err }
  })

const makeWorld = Effect.gen(function*() {
  const dataDir = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  return { OPENTL_DATA_DIR: dataDir, OPENTL_SANDBOX: "local" }
})

/** The parts of the program that a list uses nothing of: the server, other commands, markdown. */
const foreign = /^(InProcess|SandboxLayer|DoctorChecks|Markdown|AllCommands|(?!List)[A-Z][a-z]+Command)$/

const isLight = ({ files, node }: { readonly files: ReadonlyArray<string>; readonly node: string }) => {
  assert.include(files, "ListCommand")
  assert.deepStrictEqual(files.filter((file) => foreign.test(file)), [])
  // the loader of Node 24 uses worker threads by itself
  assert.notMatch(node, /undici|child_process/)
}

describe("a command that is loaded by its name", () => {
  it("is each that help lists, but help itself", () => {
    const names = spec.subcommands.map(({ path }) => path[1] ?? "")
    assert.deepStrictEqual(Object.keys(loaders).sort(), names.filter((name) => name !== "help").sort())
  })

  it.live("loads neither the server nor fetch for a list from a server", () =>
    Effect.gen(function*() {
      const environment = yield* makeWorld
      yield* serve(environment)
      const loaded = yield* loadedBy(environment, "list")
      isLight(loaded)
      assert.include(loaded.files, "ApiClient")
      assert.notInclude(loaded.files, "ReadOnly")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)), 60_000)

  it.live("loads neither the server nor the client for a list of a data directory", () =>
    Effect.gen(function*() {
      const environment = yield* makeWorld
      // makes the database
      yield* run(environment, "list")
      const loaded = yield* loadedBy(environment, "list")
      isLight(loaded)
      assert.include(loaded.files, "ReadOnly")
      assert.notInclude(loaded.files, "ApiClient")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)), 60_000)
})
