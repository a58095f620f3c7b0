/** Small files are found and read at once, and nothing is that is no file, or behind a link. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as SmallFiles from "../../../src/services/support/SmallFiles.ts"

const makeDirectory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)
  yield* fs.writeFileString(`${directory}/file`, "grün\n")
  yield* fs.makeDirectory(`${directory}/inner`)
  yield* fs.writeFileString(`${directory}/inner/file`, "")
  yield* fs.symlink("file", `${directory}/link`)
  yield* fs.symlink("inner", `${directory}/linked`)
  assert.strictEqual(yield* Command.exitCode(Command.make("mkfifo", `${directory}/pipe`)), 0)
  return directory
})

layer(NodeContext.layer)("a small file", (it) => {
  it.scoped("has a size, and nothing else has", () =>
    Effect.gen(function*() {
      const directory = yield* makeDirectory
      const sizes = yield* Effect.forEach(
        ["file", "inner/file", "inner", "link", "linked/file", "pipe", "absent", "absent/file"],
        (name) => SmallFiles.sizeOf(`${directory}/${name}`)
      )
      assert.deepStrictEqual(sizes.map(Option.getOrUndefined), [6n, 0n, ...Array.from({ length: 6 }, () => undefined)])
    }))

  it.scoped("is read up to a number of bytes, without half a character", () =>
    Effect.gen(function*() {
      const file = `${yield* makeDirectory}/file`
      const texts = yield* Effect.forEach([0, 2, 3, 4, 6, 100], (bytes) => SmallFiles.beginning(file, bytes))
      assert.deepStrictEqual(texts, ["", "gr", "gr", "grü", "grün\n", "grün\n"])
      // of the kernel's files nobody knows the size
      assert.include(yield* SmallFiles.beginning("/proc/self/status", 100_000), "\nVmRSS:")
    }))

  it.scoped("that is not there cannot be read", () =>
    Effect.gen(function*() {
      const directory = yield* makeDirectory
      const missing = yield* Effect.either(SmallFiles.beginning(`${directory}/absent`, 10))
      assert.isTrue(Either.isLeft(missing) && missing.left.message.includes("ENOENT"))
      assert.isFalse(yield* SmallFiles.canRead(`${directory}/absent`))
      assert.isTrue(yield* SmallFiles.canRead(directory))
    }))
})
