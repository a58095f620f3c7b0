/**
 * Sandboxes as containers: one volume per session, one container per round, no network and no host mount except the
 * gateway's directory and the runtime files, read-only. The engine holds all state. A container that was created but never
 * started is not a run: it was left by a crash in between, and `start` recreates it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Crypto from "node:crypto"
import { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import * as NamedLock from "../../support/NamedLock.ts"
import { overLimit } from "../LimitReached.ts"
import { type RunId, runName, type RunSpec, Sandbox, SandboxError, SandboxUnavailable } from "../Sandbox.ts"
import { instanceOf } from "../SandboxInstance.ts"
import * as Layout from "../SandboxLayout.ts"
import * as Tar from "../Tar.ts"
import * as DockerContainer from "./DockerContainer.ts"
import { DockerEngine } from "./DockerEngine.ts"
import { asUnavailable, EngineConflict, failing } from "./DockerErrors.ts"
import * as DockerLimits from "./DockerLimits.ts"
import * as DockerOutput from "./DockerOutput.ts"
import * as DockerResult from "./DockerResult.ts"
import type { ContainerSpec, ContainerSummary } from "./DockerSchema.ts"
import * as RuntimeCopy from "./RuntimeCopy.ts"

const isConflict = Schema.is(EngineConflict)

/** Retries while something is being removed, or used by something that is being removed. */
const untilFree = Schedule.spaced("100 millis").pipe(Schedule.upTo("15 seconds"), Schedule.whileInput(isConflict))

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const engine = yield* DockerEngine
  const fs = yield* FileSystem.FileSystem
  const instance = yield* instanceOf(config.dataDir)
  const runtime = yield* RuntimeCopy.make(
    config.dataDir,
    engine.listContainers(DockerContainer.instanceLabels(instance)).pipe(
      Effect.map((containers) => containers.length > 0),
      Effect.orElseSucceed(() => true)
    )
  )
  const locked = yield* NamedLock.make
  const limits = yield* DockerLimits.make({ engine, instance, runtime })
  const output = DockerOutput.make(engine, limits)

  const imageMissing = new SandboxUnavailable({
    reason: `the sandbox image ${config.docker.image} is missing`,
    mend: "run `opentl sandbox build`",
    missingImage: config.docker.image
  })

  const check = Effect.gen(function*() {
    yield* engine.ping
    if (!(yield* engine.hasImage(config.docker.image))) return yield* imageMissing
    yield* runtime
  }).pipe(
    Effect.mapError(asUnavailable),
    Effect.withSpan("DockerSandbox.check")
  )

  /** Recreates the container with this name; "not found" can only mean the image. */
  const create = (name: string, spec: ContainerSpec) =>
    Effect.andThen(engine.removeContainer(name), engine.createContainer(name, spec)).pipe(
      Effect.catchTag("EngineNotFound", () => imageMissing)
    )

  /** Creates the volume with a size limit if the engine supports that, else without one: then it is only watched. */
  const createVolume = (session: SessionId) => {
    const volume = {
      name: DockerContainer.volumeName(session),
      labels: DockerContainer.sessionLabels(session, instance)
    }
    return engine.createVolume({ ...volume, options: { size: String(config.limits.diskBytes) } }).pipe(
      Effect.catchTag("EngineRefused", () => engine.createVolume({ ...volume, options: {} }))
    )
  }

  const putFiles = Effect.fnUntraced(function*(container: string, logHead: string, inputs: RunSpec["inputs"]) {
    const archive = yield* Effect.provideService(
      Tar.pack(DockerContainer.contents(logHead, inputs)),
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
      // checked before anything is created: without its image a session leaves nothing behind
      if (!(yield* engine.hasImage(config.docker.image))) return yield* imageMissing
      yield* createVolume(sessionId)
      const logHead = yield* newLogHead
      const directories = { runtime: yield* runtime, gateway: spec.gatewayDirectory }
      yield* Effect.acquireUseRelease(
        create(name, DockerContainer.runContainer(config, instance, logHead, { ...spec, directories })),
        (id) => Effect.andThen(putFiles(id, logHead, spec.inputs), engine.startContainer(id)),
        (id, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignoreLogged(engine.removeContainer(id))
      )
    },
    (effect, spec) => locked(spec.run.sessionId)(effect),
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
    (effect, session) => locked(session)(effect),
    Effect.mapError(failing("lookup"))
  )

  const exit = Effect.fn("DockerSandbox.exit")(
    function*(run: RunId) {
      const name = runName(run)
      const before = yield* engine.inspectContainer(name)
      if (!Option.exists(before, DockerContainer.wasStarted)) {
        return yield* new SandboxError({ operation: "exit", reason: `the run ${name} does not exist` })
      }
      // if the run is removed meanwhile, it counts as killed
      const code = yield* Effect.catchTag(engine.waitContainer(name), "EngineNotFound", () => Effect.succeed(137))
      yield* limits.settle(name)
      const reason = DockerContainer.reasonOf(code, yield* engine.inspectContainer(name))
      return Option.match(yield* limits.endOf(name), {
        onSome: overLimit,
        onNone: () => ({ code, reason })
      })
    },
    Effect.retry(DockerOutput.reconnect),
    Effect.mapError(failing("exit"))
  )

  const removeVolume = (session: SessionId) =>
    Effect.retry(engine.removeVolume(DockerContainer.volumeName(session)), untilFree)

  const removeRuns = Effect.fn("DockerSandbox.removeRuns")(
    function*(session: SessionId) {
      const containers = yield* engine.listContainers(DockerContainer.sessionLabels(session, instance))
      const ends = yield* Effect.forEach(
        containers,
        Effect.fnUntraced(function*({ id, names }) {
          const name = (names[0] ?? id).replace(/^\//, "")
          // no failure here may prevent its removal
          const end = Option.flatten(yield* Effect.option(limits.endOf(name)))
          yield* Effect.retry(engine.removeContainer(id), untilFree)
          return { name, end }
        }),
        { concurrency: 4 }
      )
      if (ends.some(({ end }) => Option.exists(end, ({ resource }) => resource === "disk"))) {
        yield* removeVolume(session)
      }
      yield* Effect.forEach(ends, ({ name }) => limits.forget(name), { discard: true })
    },
    Effect.mapError(failing("removal"))
  )

  const removeWorkspace = Effect.fn("DockerSandbox.removeWorkspace")(
    (session: SessionId) =>
      Effect.andThen(removeRuns(session), Effect.mapError(removeVolume(session), failing("removal")))
  )

  const removeIdleWorkspace = Effect.fn("DockerSandbox.removeIdleWorkspace")(
    function*(session: SessionId, isUnused: Effect.Effect<boolean>) {
      const runs = yield* engine.listContainers(DockerContainer.sessionLabels(session, instance))
      if (runs.length > 0 || !(yield* isUnused)) return false
      yield* engine.removeVolume(DockerContainer.volumeName(session))
      return true
    },
    (effect, session) => locked(session)(effect),
    Effect.mapError(failing("removal"))
  )

  const sessionsOf = <E>(list: Effect.Effect<ReadonlyArray<{ readonly labels: Labels }>, E>) =>
    Effect.map(
      list,
      (found) => Arr.dedupe(Arr.filterMap(found, ({ labels }) => readSession(labels?.[DockerContainer.sessionLabel])))
    )

  const sessionsWithRuns = sessionsOf(engine.listContainers(DockerContainer.instanceLabels(instance))).pipe(
    Effect.mapError(failing("lookup")),
    Effect.withSpan("DockerSandbox.sessionsWithRuns")
  )

  const sessionsWithWorkspaces = sessionsOf(engine.listVolumes(DockerContainer.instanceLabels(instance))).pipe(
    Effect.mapError(failing("lookup")),
    Effect.withSpan("DockerSandbox.sessionsWithWorkspaces")
  )

  return Sandbox.of({
    kind: "docker",
    check,
    hasRepository,
    start,
    exists,
    output: (run) =>
      output.output(run).pipe(Stream.mapError(failing("output")), Stream.withSpan("DockerSandbox.output")),
    watch: (run) => Effect.raceFirst(limits.watchDisk(runName(run)), output.watchLog(run)),
    exit,
    ...DockerResult.make(engine, fs, config.dataDir),
    removeRuns,
    removeWorkspace,
    removeIdleWorkspace,
    sessionsWithRuns,
    sessionsWithWorkspaces
  })
})

type Labels = ContainerSummary["labels"]

/** 128 unguessable bits. */
const newLogHead = Effect.sync(() => Crypto.randomBytes(16).toString("hex"))

const readSession = Schema.decodeUnknownOption(SessionId)

/** Requires an engine on this host: the gateway's directory is mounted into the containers. */
export const layer = Layer.scoped(Sandbox, make)
