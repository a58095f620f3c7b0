import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as RuntimeCopy from "../../../../src/services/sandbox/docker/RuntimeCopy.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"

/** A package with two runtime files, and the copy that a server on a data directory makes of them. */
const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const dataDir = yield* fs.makeTempDirectoryScoped()
  const write = (name: string, text: string) => fs.writeFileString(`${directory}/${name}`, text)
  yield* write("entrypoint.sh", "echo one")
  yield* write("relay.mjs", "relay")
  const isUsed = yield* Ref.make(false)
  const server = Effect.provide(
    RuntimeCopy.make(dataDir, Ref.get(isUsed)),
    SandboxRuntime.layerFrom({ directory, dockerfile: directory })
  )
  return {
    copy: yield* server,
    isUsed,
    write,
    copies: fs.readDirectory(`${dataDir}/runtime`),
    /** The directory that a server finds which is started now. */
    newServer: Effect.flatten(server)
  }
})

layer(NodeContext.layer)("the copy of the runtime files", (it) => {
  it.scoped("has the files, which everyone may read and nobody write", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { copies, copy } = yield* make
      const directory = yield* copy
      const modeOf = (path: string) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777)
      assert.deepStrictEqual((yield* fs.readDirectory(directory)).sort(), ["entrypoint.sh", "relay.mjs"])
      assert.strictEqual(yield* fs.readFileString(`${directory}/entrypoint.sh`), "echo one")
      assert.deepStrictEqual([yield* modeOf(directory), yield* modeOf(`${directory}/relay.mjs`)], [0o755, 0o555])
      assert.strictEqual(yield* copy, directory)
      assert.strictEqual((yield* copies).length, 1)
    }))

  it.scoped("is another one when the package was updated; the earlier one stays as long as there are containers", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { copies, copy, isUsed, write } = yield* make
      const first = yield* copy
      yield* Ref.set(isUsed, true)
      yield* write("entrypoint.sh", "echo second")
      const second = yield* copy
      assert.notStrictEqual(second, first)
      assert.strictEqual(yield* fs.readFileString(`${first}/entrypoint.sh`), "echo one")
      yield* Ref.set(isUsed, false)
      yield* write("entrypoint.sh", "echo the third")
      const third = yield* copy
      const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1)
      // the one before may be mounted by a container that is just being created
      assert.sameMembers(yield* copies, [nameOf(second), nameOf(third)])
    }))

  it.scoped("is replaced under another name where it was damaged, by this process or before it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { copy, isUsed, newServer } = yield* make
      yield* Ref.set(isUsed, true)
      const first = yield* copy
      yield* fs.chmod(`${first}/entrypoint.sh`, 0o755)
      yield* fs.truncate(`${first}/entrypoint.sh`)
      const second = yield* copy
      assert.notStrictEqual(second, first)
      assert.strictEqual(yield* fs.readFileString(`${second}/entrypoint.sh`), "echo one")
      yield* fs.remove(`${second}/relay.mjs`)
      const third = yield* newServer
      assert.notInclude([first, second], third)
      assert.strictEqual(yield* fs.readFileString(`${third}/relay.mjs`), "relay")
      assert.strictEqual(yield* newServer, third)
    }))

  it.scoped("is made again where it is gone, and once for all who ask at the same time", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { copies, copy } = yield* make
      yield* fs.remove(yield* copy, { recursive: true })
      const [one, other] = yield* Effect.all([copy, copy], { concurrency: "unbounded" })
      assert.strictEqual(one, other)
      assert.strictEqual(yield* fs.readFileString(`${one}/relay.mjs`), "relay")
      assert.strictEqual((yield* copies).length, 1)
    }))
})
