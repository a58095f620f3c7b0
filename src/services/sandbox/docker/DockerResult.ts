/** Reads an ended run's result from its container through the engine's archives. */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type RunId, runName, SandboxError } from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"
import * as Tar from "../Tar.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import { failing } from "./DockerErrors.ts"

export const make = (engine: Context.Tag.Service<DockerEngine>, fs: FileSystem.FileSystem, dataDir: string) => {
  /** Reads one file of the run's `out/`. A link is ignored: it could point anywhere. */
  const takeOut = <A, E, R>(run: RunId, file: string, use: (entry: Tar.ArrivingEntry) => Effect.Effect<A, E, R>) =>
    Tar.firstEntry(
      engine.getArchive(runName(run), `${DockerContainer.workspace}/${Layout.outputs}/${file}`),
      (entry) => entry.isFile ? Effect.asSome(use(entry)) : Effect.succeedNone
    ).pipe(
      Effect.map(Option.flatten),
      Effect.catchTag("EngineNotFound", () => Effect.succeedNone)
    )

  return Effect.fn("DockerSandbox.result")(
    function*(run: RunId) {
      if (!Option.exists(yield* engine.inspectContainer(runName(run)), DockerContainer.wasStarted)) {
        return yield* new SandboxError({ operation: "result", reason: `the run ${runName(run)} does not exist` })
      }
      const answer = yield* takeOut(run, Layout.answer, (entry) => Layout.readText(entry.content, Layout.answerLimit))
      const bundle = yield* takeOut(run, Layout.bundle, (entry) =>
        Effect.gen(function*() {
          yield* Layout.checkBundle(entry.size)
          const file = yield* Effect.provideService(Layout.bundleFile(dataDir), FileSystem.FileSystem, fs)
          yield* Stream.run(entry.content, fs.sink(file))
          return file
        }))
      return { answer: Option.getOrElse(answer, () => ""), bundle }
    },
    Effect.mapError(failing("result"))
  )
}
