/** A session's socket lies in a directory that is ours, behind one that only we can enter. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SessionId } from "../../../src/domain/Ids.ts"
import * as GatewayDirectory from "../../../src/services/gateway/GatewayDirectory.ts"

const session = SessionId.make("0123456789ab")

layer(NodeContext.layer)("the directory of a session's socket", (it) => {
  it.scoped("can be entered by a container's user, and its parent by us alone", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped()
      const { directory, socket } = yield* GatewayDirectory.create(dataDir, session)
      assert.strictEqual(directory, `${dataDir}/gateways/${session}`)
      assert.strictEqual(socket, `${directory}/gateway.sock`)
      const modes = yield* Effect.forEach([directory, `${dataDir}/gateways`], (path) =>
        Effect.map(fs.stat(path), ({ mode }) => (mode & 0o777).toString(8)))
      assert.deepStrictEqual(modes, ["755", "700"])
    }))

  it.scoped("is refused where its parent leads elsewhere", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped()
      const elsewhere = yield* fs.makeTempDirectoryScoped()
      yield* fs.symlink(elsewhere, `${dataDir}/gateways`)
      const error = yield* Effect.flip(GatewayDirectory.create(dataDir, session))
      assert.strictEqual(error._tag, "GatewayDirectoryTaken")
      assert.deepStrictEqual(yield* fs.readDirectory(elsewhere), [])
    }))
})
