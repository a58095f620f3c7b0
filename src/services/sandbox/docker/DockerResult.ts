/** Reads an ended run's result: from its volume where it lies, or else through the engine's archives. */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SmallFiles from "../../support/SmallFiles.ts"
import { type RunId, runName, SandboxError } from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"
import * as Tar from "../Tar.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import { failing } from "./DockerErrors.ts"
import type { EndedContainers } from "./EndedContainers.ts"
import { Found, type VolumeInPlace } from "./VolumeInPlace.ts"

interface Parts {
  readonly containers: EndedContainers
  readonly dataDir: string
  readonly engine: Context.Tag.Service<DockerEngine>
  readonly fs: FileSystem.FileSystem
  readonly volumes: VolumeInPlace
}

/** What to do with a file, wherever it is read. */
interface Use<A, E1, E2, R> {
  readonly arriving: (entry: Tar.ArrivingEntry) => Effect.Effect<A, E1, R>
  readonly inPlace: (path: string, size: bigint) => Effect.Effect<A, E2, R>
}

export const make = ({ containers, dataDir, engine, fs, volumes }: Parts) => {
  /** If a directory that is mounted into a container is gone, the engine finds no file in it at all. */
  const checkReadable = (run: RunId) =>
    Effect.unlessEffect(
      new SandboxError({
        operation: "result",
        reason: `nothing in ${runName(run)} can be read: was a directory below ${dataDir} removed?`
      }),
      engine.hasPath(runName(run), DockerContainer.workspace)
    )

  const throughEngine = <A, E, R>(
    run: RunId,
    file: string,
    { arriving }: Pick<Use<A, E, never, R>, "arriving">
  ) =>
    Tar.firstEntry(
      engine.getArchive(runName(run), `${DockerContainer.workspace}/${file}`),
      (entry) => entry.isFile ? Effect.asSome(arriving(entry)) : Effect.succeedNone
    ).pipe(
      Effect.map(Option.flatten),
      Effect.catchTag("EngineNotFound", () => Effect.zipRight(checkReadable(run), Effect.succeedNone))
    )

  /** Reads one file of the run's `out/`. A link is ignored: it could point anywhere. */
  const takeOut = Effect.fnUntraced(function*<A, E1, E2, R>(run: RunId, name: string, use: Use<A, E1, E2, R>) {
    const info = yield* containers.inspect(runName(run))
    if (!Option.exists(info, DockerContainer.wasStarted)) {
      return yield* new SandboxError({ operation: "result", reason: `the run ${runName(run)} does not exist` })
    }
    const file = `${Layout.outputs}/${name}`
    const found = run.checks !== undefined || Option.exists(info, DockerContainer.isRunning)
      ? Option.none()
      : yield* volumes.find(run.sessionId, file)
    if (Option.isNone(found)) return yield* throughEngine(run, file, use)
    return yield* Found.$match(found.value, {
      File: ({ path, size }) => Effect.asSome(use.inPlace(path, size)),
      Nothing: () => Effect.succeedNone
    })
  })

  const text = (run: RunId, file: string, limit: number) =>
    takeOut(run, file, {
      arriving: (entry) => Layout.readText(entry.content, limit),
      inPlace: (path, size) =>
        Effect.mapError(
          SmallFiles.beginning(path, Math.min(limit, Number(size))),
          ({ reason }) => new SandboxError({ operation: "result", reason })
        )
    }).pipe(
      Effect.map(Option.getOrElse(() => "")),
      Effect.mapError(failing("result"))
    )

  const answer = Effect.fn("DockerSandbox.answer")((run: RunId) => text(run, Layout.answer, Layout.answerLimit))

  const checkReport = Effect.fn("DockerSandbox.checkReport")((run: RunId) =>
    text(run, Layout.checkReport, Layout.checkReportLimit)
  )

  const bundle = Effect.fn("DockerSandbox.bundle")(
    (run: RunId) =>
      takeOut(run, Layout.bundle, {
        arriving: Effect.fnUntraced(function*(entry) {
          yield* Layout.checkBundle(entry.size)
          const file = yield* Effect.provideService(Layout.resultFile(dataDir), FileSystem.FileSystem, fs)
          yield* Stream.run(entry.content, fs.sink(file))
          return file
        }),
        // the run has ended, and its files stay until it is removed
        inPlace: (path, size) => Effect.as(Layout.checkBundle(size), path)
      }),
    Effect.mapError(failing("result"))
  )

  /** Only of a run whose end was seen, that of its processes too: the engine tells that later. */
  const bundleInPlace = Effect.fn("DockerSandbox.bundleInPlace")(function*(run: RunId) {
    if (!(yield* containers.wasSeen(runName(run)))) return Option.none()
    return Option.flatMap(
      yield* volumes.find(run.sessionId, `${Layout.outputs}/${Layout.bundle}`),
      Found.$match({ File: ({ path }) => Option.some(path), Nothing: () => Option.none<string>() })
    )
  })

  const takeDependencies = Effect.fn("DockerSandbox.takeDependencies")(
    (run: RunId, limit: number) =>
      throughEngine(run, `${Layout.outputs}/${Layout.dependencies}`, {
        arriving: Effect.fnUntraced(function*(entry) {
          yield* Layout.checkDependencies(entry.size, limit)
          const file = yield* Effect.provideService(Layout.resultFile(dataDir), FileSystem.FileSystem, fs)
          yield* Stream.run(entry.content, fs.sink(file))
          return file
        })
      }),
    Effect.mapError(failing("result"))
  )

  return { answer, bundle, bundleInPlace, checkReport, takeDependencies }
}
