import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SandboxRuntime } from "../../../src/services/sandbox/SandboxRuntime.ts"

describe("SandboxRuntime", () => {
  it.layer(NodeContext.layer)((it) => {
    it.effect("finds the package's files from where it lies", () =>
      Effect.gen(function*() {
        const runtime = yield* SandboxRuntime
        assert.includeMembers([...(yield* runtime.files)], ["entrypoint.sh", "bridge.mjs", "relay.mjs", "agent.mjs"])
        assert.match(yield* runtime.directory, /\/dist\/sandbox$/)
        assert.match(yield* runtime.dockerfile, /\/sandbox\/Dockerfile$/)
        const fs = yield* FileSystem.FileSystem
        assert.isTrue(yield* fs.exists(runtime.node))
      }).pipe(Effect.provide(SandboxRuntime.layer)))

    it.effect("says what to do where they are not built", () =>
      Effect.gen(function*() {
        const runtime = yield* SandboxRuntime
        const failure = yield* Effect.flip(runtime.files)
        assert.strictEqual(
          failure.message,
          "the sandbox's runtime files are not in /nonexistent/runtime (reinstall the package, or run `npm run build` in a checkout)"
        )
        assert.include((yield* Effect.flip(runtime.dockerfile)).message, "/nonexistent/Dockerfile")
      }).pipe(
        Effect.provide(
          SandboxRuntime.layerFrom({ directory: "/nonexistent/runtime", dockerfile: "/nonexistent/Dockerfile" })
        )
      ))

    it.scoped("sees a build that was made in between, and takes files alone", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const directory = yield* fs.makeTempDirectoryScoped()
        const { files } = yield* Effect.provide(
          SandboxRuntime,
          Layer.fresh(SandboxRuntime.layerFrom({ directory, dockerfile: directory }))
        )
        yield* Effect.flip(files)
        yield* fs.makeDirectory(path.join(directory, "inner"))
        yield* fs.writeFileString(path.join(directory, "entrypoint.sh"), "true")
        assert.deepStrictEqual(yield* files, ["entrypoint.sh"])
      }))
  })
})
