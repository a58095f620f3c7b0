/**
 * Sandboxes as containers: a volume a session, a container a round, no network and no host mount but the gateway's
 * directory. All state is the engine's. A container that was created and never started is not a run: it is what a
 * crash left between the two, and `start` makes it anew.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../config/AppConfig.ts"
import * as NamedLock from "../git/NamedLock.ts"
import * as DockerContainer from "./DockerContainer.ts"
import { DockerEngine } from "./DockerEngine.ts"
import { asUnavailable, EngineConflict, EngineUnreachable, failing } from "./DockerErrors.ts"
import * as DockerLogs from "./DockerLogs.ts"
import type { ContainerSpec } from "./DockerSchema.ts"
import { type RunId, runName, type RunSpec, Sandbox, SandboxError, SandboxUnavailable } from "./Sandbox.ts"
import { instanceOf } from "./SandboxInstance.ts"
import * as Layout from "./SandboxLayout.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import * as Tar from "./Tar.ts"

const isUnreachable = Schema.is(EngineUnreachable)
const isConflict = Schema.is(EngineConflict)

/** A connection to the engine that broke is made again; where it was read, it is read on. */
const reconnect = Schedule.exponential("200 millis").pipe(
  Schedule.intersect(Schedule.recurs(5)),
  Schedule.whileInput(isUnreachable)
)

/** What is being removed, or is in use by what is being removed, is soon gone. */
const untilFree = Schedule.spaced("100 millis").pipe(Schedule.upTo("15 seconds"), Schedule.whileInput(isConflict))

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const engine = yield* DockerEngine
  const runtime = yield* SandboxRuntime
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const instance = yield* instanceOf(config.dataDir)
  const locked = yield* NamedLock.make

  const imageMissing = new SandboxUnavailable({
    reason: `the sandbox image ${config.docker.image} is missing`,
    mend: "run `opentl sandbox build`"
  })

  const check = Effect.gen(function*() {
    yield* engine.ping
    if (!(yield* engine.hasImage(config.docker.image))) return yield* imageMissing
    yield* runtime.files
  }).pipe(
    Effect.mapError(asUnavailable),
    Effect.withSpan("DockerSandbox.check")
  )

  /** A container of that name made anew; "not found" can only be the image. */
  const create = (name: string, spec: ContainerSpec) =>
    Effect.andThen(engine.removeContainer(name), engine.createContainer(name, spec)).pipe(
      Effect.catchTag("EngineNotFound", () => imageMissing)
    )

  const putFiles = Effect.fnUntraced(function*(container: string, inputs: RunSpec["inputs"]) {
    const directory = yield* runtime.directory
    const files = (yield* runtime.files).map((name) => ({ name, source: path.join(directory, name) }))
    const archive = yield* Effect.provideService(
      Tar.pack(DockerContainer.contents(files, inputs)),
      FileSystem.FileSystem,
      fs
    )
    yield* engine.putArchive(container, "/", archive)
  })

  const start = Effect.fn("DockerSandbox.start")(
    function*(spec: RunSpec) {
      const name = runName(spec.run)
      yield* Layout.checkInputs(spec)
      if (Option.exists(yield* engine.inspectContainer(name), DockerContainer.wasStarted)) return
      const { sessionId } = spec.run
      // before anything is made: without its image a session leaves nothing behind
      if (!(yield* engine.hasImage(config.docker.image))) return yield* imageMissing
      yield* engine.createVolume(
        DockerContainer.volumeName(sessionId),
        DockerContainer.sessionLabels(sessionId, instance)
      )
      yield* Effect.acquireUseRelease(
        create(name, DockerContainer.runContainer(config, instance, spec)),
        (id) => Effect.andThen(putFiles(id, spec.inputs), engine.startContainer(id)),
        (id, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignoreLogged(engine.removeContainer(id))
      )
    },
    (effect, spec) => locked(runName(spec.run))(effect),
    Effect.mapError(failing("start"))
  )

  const exists = Effect.fn("DockerSandbox.exists")(
    (run: RunId) => Effect.map(engine.inspectContainer(runName(run)), Option.exists(DockerContainer.wasStarted)),
    Effect.mapError(failing("lookup"))
  )

  const hasRepository = Effect.fn("DockerSandbox.hasRepository")(
    function*(session: SessionId) {
      if (!(yield* engine.hasVolume(DockerContainer.volumeName(session)))) return false
      return yield* Effect.acquireUseRelease(
        create(DockerContainer.probeName(session), DockerContainer.probeContainer(config, instance, session)),
        (probe) =>
          Effect.every(Layout.repositoryMarks, (mark) => engine.hasPath(probe, `${DockerContainer.workspace}/${mark}`)),
        (probe) => Effect.ignoreLogged(engine.removeContainer(probe))
      )
    },
    (effect, session) => locked(DockerContainer.probeName(session))(effect),
    Effect.mapError(failing("lookup"))
  )

  const output = (run: RunId) =>
    Stream.unwrap(Effect.map(Ref.make(0), (delivered) =>
      Ref.get(delivered).pipe(
        Effect.map((count) => DockerLogs.drop(engine.logs(runName(run)), count)),
        Stream.unwrap,
        Stream.tap((bytes) => Ref.update(delivered, (count) => count + bytes.length)),
        Stream.retry(reconnect),
        Stream.mapError(failing("output")),
        Stream.withSpan("DockerSandbox.output")
      )))

  const exit = Effect.fn("DockerSandbox.exit")(
    function*(run: RunId) {
      const before = yield* engine.inspectContainer(runName(run))
      if (!Option.exists(before, DockerContainer.wasStarted)) {
        return yield* new SandboxError({ operation: "exit", reason: `there is no run ${runName(run)}` })
      }
      // a run that is removed meanwhile is gone when its end is told
      const code = yield* Effect.catchTag(
        engine.waitContainer(runName(run)),
        "EngineNotFound",
        () => Effect.succeed(137)
      )
      return { code, reason: DockerContainer.reasonOf(code, yield* engine.inspectContainer(runName(run))) }
    },
    Effect.retry(reconnect),
    Effect.mapError(failing("exit"))
  )

  /** One file of the run's `out/`. A link is none: it would name whatever it likes. */
  const takeOut = <A, E, R>(run: RunId, file: string, use: (entry: Tar.ArrivingEntry) => Effect.Effect<A, E, R>) =>
    Tar.firstEntry(
      engine.getArchive(runName(run), `${DockerContainer.workspace}/${Layout.outputs}/${file}`),
      (entry) => entry.isFile ? Effect.asSome(use(entry)) : Effect.succeedNone
    ).pipe(
      Effect.map(Option.flatten),
      Effect.catchTag("EngineNotFound", () => Effect.succeedNone)
    )

  const result = Effect.fn("DockerSandbox.result")(
    function*(run: RunId) {
      if (!(yield* exists(run))) {
        return yield* new SandboxError({ operation: "result", reason: `there is no run ${runName(run)}` })
      }
      const answer = yield* takeOut(run, Layout.answer, (entry) => Layout.readText(entry.content, Layout.answerLimit))
      const bundle = yield* takeOut(run, Layout.bundle, (entry) =>
        Effect.gen(function*() {
          yield* Layout.checkBundle(entry.size)
          const file = yield* Effect.provideService(
            Layout.bundleFile(config.dataDir),
            FileSystem.FileSystem,
            fs
          )
          yield* Stream.run(entry.content, fs.sink(file))
          return file
        }))
      return { answer: Option.getOrElse(answer, () => ""), bundle }
    },
    Effect.mapError(failing("result"))
  )

  const removeRuns = Effect.fn("DockerSandbox.removeRuns")(
    function*(session: SessionId) {
      const runs = yield* engine.listContainers(DockerContainer.sessionLabels(session, instance))
      yield* Effect.forEach(runs, ({ id }) => Effect.retry(engine.removeContainer(id), untilFree), {
        concurrency: 4,
        discard: true
      })
    },
    Effect.mapError(failing("removal"))
  )

  const removeWorkspace = Effect.fn("DockerSandbox.removeWorkspace")(
    (session: SessionId) =>
      Effect.andThen(
        removeRuns(session),
        engine.removeVolume(DockerContainer.volumeName(session)).pipe(
          Effect.retry(untilFree),
          Effect.mapError(failing("removal"))
        )
      )
  )

  const sessionsWithRuns = engine.listContainers(DockerContainer.instanceLabels(instance)).pipe(
    Effect.map((runs) =>
      Arr.dedupe(Arr.filterMap(runs, ({ labels }) => readSession(labels?.[DockerContainer.sessionLabel])))
    ),
    Effect.mapError(failing("lookup")),
    Effect.withSpan("DockerSandbox.sessionsWithRuns")
  )

  return Sandbox.of({
    kind: "docker",
    check,
    hasRepository,
    start,
    exists,
    output,
    exit,
    result,
    removeRuns,
    removeWorkspace,
    sessionsWithRuns
  })
})

const readSession = Schema.decodeUnknownOption(SessionId)

/** Needs an engine on this host: the gateway's directory is mounted into the containers. */
export const layer = Layer.scoped(Sandbox, make)
