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
  /** If a directory that is mounted into a container is gone, the engine finds no file in it at all. */
  const checkReadable = (run: RunId) =>
    Effect.unlessEffect(
      new SandboxError({
        operation: "result",
        reason: `nothing in ${runName(run)} can be read: was a directory below ${dataDir} removed?`
      }),
      engine.hasPath(runName(run), DockerContainer.workspace)
    )

  /** Reads one file of the run's `out/`. A link is ignored: it could point anywhere. */
  const takeOut = Effect.fnUntraced(
    function*<A, E, R>(run: RunId, file: string, use: (entry: Tar.ArrivingEntry) => Effect.Effect<A, E, R>) {
      if (!Option.exists(yield* engine.inspectContainer(runName(run)), DockerContainer.wasStarted)) {
        return yield* new SandboxError({ operation: "result", reason: `the run ${runName(run)} does not exist` })
      }
      return yield* Tar.firstEntry(
        engine.getArchive(runName(run), `${DockerContainer.workspace}/${Layout.outputs}/${file}`),
        (entry) => entry.isFile ? Effect.asSome(use(entry)) : Effect.succeedNone
      ).pipe(
        Effect.map(Option.flatten),
        Effect.catchTag("EngineNotFound", () => Effect.zipRight(checkReadable(run), Effect.succeedNone))
      )
    }
  )

  const answer = Effect.fn("DockerSandbox.answer")(
    (run: RunId) => takeOut(run, Layout.answer, (entry) => Layout.readText(entry.content, Layout.answerLimit)),
    Effect.map(Option.getOrElse(() => "")),
    Effect.mapError(failing("result"))
  )

  const bundle = Effect.fn("DockerSandbox.bundle")(
    (run: RunId) =>
      takeOut(
        run,
        Layout.bundle,
        Effect.fnUntraced(function*(entry) {
          yield* Layout.checkBundle(entry.size)
          const file = yield* Effect.provideService(Layout.bundleFile(dataDir), FileSystem.FileSystem, fs)
          yield* Stream.run(entry.content, fs.sink(file))
          return file
        })
      ),
    Effect.mapError(failing("result"))
  )

  return { answer, bundle }
}
