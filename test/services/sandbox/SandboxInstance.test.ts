import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { instanceOf } from "../../../src/services/sandbox/SandboxInstance.ts"

describe("SandboxInstance", () => {
  it.scopedLive("an installation keeps the id it was given at first, and no two have the same", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const root = yield* fs.makeTempDirectoryScoped()
      const id = yield* instanceOf(`${root}/a/data`)
      assert.match(id, /^[0-9a-f]{16}$/)
      assert.strictEqual(yield* instanceOf(`${root}/a/data`), id)
      assert.notStrictEqual(yield* instanceOf(`${root}/b`), id)
      yield* fs.writeFileString(`${root}/b/instance`, "not an id")
      assert.match(yield* instanceOf(`${root}/b`), /^[0-9a-f]{16}$/)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("says where it cannot be kept", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      const failure = yield* Effect.flip(instanceOf(`${file}/data`))
      assert.include(failure.message, "(check OPENTL_DATA_DIR)")
    }).pipe(Effect.provide(NodeContext.layer)))
})
