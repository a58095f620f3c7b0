import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { build } from "rolldown"

const entries = {
  capture: "capture.ts",
  relay: "relay.ts",
  bridge: "bridge.ts",
  agent: "agent/main.ts",
  acp: "acp/main.ts",
  checks: "checks/main.ts"
}

/** The files that the host puts into a sandbox, bundled from the sources into a temporary directory. */
export class SandboxRuntime extends Context.Tag("opentl/test/SandboxRuntime")<SandboxRuntime, {
  readonly directory: string
}>() {
  static readonly layer = Layer.scoped(
    SandboxRuntime,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const sources = yield* path.fromFileUrl(new URL("../../sandbox/", import.meta.url))
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-runtime-" })
      yield* Effect.forEach(Object.entries(entries), ([name, entry]) =>
        Effect.tryPromise(() =>
          build({
            input: path.join(sources, entry),
            platform: "node",
            logLevel: "silent",
            // what is loaded only when it is needed is a file beside it
            output: {
              dir: directory,
              entryFileNames: `${name}.mjs`,
              chunkFileNames: `${name}-[name].mjs`,
              format: "esm"
            }
          })
        ))
      yield* Effect.forEach(
        ["entrypoint.sh", "disk.sh"],
        (script) => fs.copyFile(path.join(sources, script), path.join(directory, script))
      )
      return SandboxRuntime.of({ directory })
    })
  ).pipe(Layer.provideMerge(NodeContext.layer))
}
