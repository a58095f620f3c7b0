import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FreeSpace from "../../../src/services/sandbox/FreeSpace.ts"

const info = { type: 0xef53, bsize: 1024 ** 2, blocks: 9, bavail: 4, files: 3, ffree: 2 }
const fuse = 0x65735546

layer(NodeContext.layer)("FreeSpace", (it) => {
  for (const directory of ["/", "/dev/shm", "/proc"]) {
    it.effect(`of ${directory} is what the program stat tells`, () =>
      Effect.gen(function*() {
        const { bytes, files, ...whole } = yield* FreeSpace.of(directory)
        const { bytes: toldBytes, files: toldFiles, ...told } = yield* FreeSpace.byProgram(directory)
        assert.deepStrictEqual(whole, told)
        // others write meanwhile
        assert.isAtMost(Math.abs(bytes - toldBytes), told.totalBytes / 10)
        assert.isAtMost(Math.abs(files - toldFiles), told.totalFiles / 10)
      }))
  }

  it.scoped("of a directory that is not there is not known", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const error = yield* Effect.flip(FreeSpace.of(`${directory}/absent`))
      assert.strictEqual(error._tag, "MeasurementFailed")
      assert.include(error.message, "ENOENT")
    }))

  it("is counted in the blocks that the kernel names, or in the only ones that it has", () => {
    assert.strictEqual(FreeSpace.blockSize({ ...info, frsize: 4096 }), 4096)
    assert.strictEqual(FreeSpace.blockSize({ ...info, type: fuse, frsize: 4096 }), 4096)
    assert.strictEqual(FreeSpace.blockSize(info), 1024 ** 2)
    assert.isUndefined(FreeSpace.blockSize({ ...info, type: fuse }))
  })
})
