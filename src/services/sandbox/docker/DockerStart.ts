/**
 * Starts runs: in a container that was prepared for it, or in one of its own. A container that was created but never
 * started is not a run: it was left by a crash in between, and is recreated.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Crypto from "node:crypto"
import type { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import { type RunDirectories, type RunId, runName, type RunSpec, SandboxError, SandboxUnavailable } from "../Sandbox.ts"
import type { InstanceId } from "../SandboxInstance.ts"
import * as Layout from "../SandboxLayout.ts"
import * as Tar from "../Tar.ts"
import * as DockerContainer from "./DockerContainer.ts"
import { DockerEngine } from "./DockerEngine.ts"
import { failing } from "./DockerErrors.ts"
import type { ContainerSpec } from "./DockerSchema.ts"
import * as PreparedContainers from "./PreparedContainers.ts"

export interface Parts {
  readonly instance: InstanceId
  /** One operation at a time on a session's volume. */
  readonly locked: (session: SessionId) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The directory with the runtime files. */
  readonly runtime: Effect.Effect<string, SandboxUnavailable>
}

export const make = Effect.fnUntraced(function*({ instance, locked, runtime }: Parts) {
  const config = yield* AppConfig
  const engine = yield* DockerEngine
  const fs = yield* FileSystem.FileSystem

  const imageMissing = new SandboxUnavailable({
    reason: `the sandbox image ${config.docker.image} is missing`,
    mend: "run `opentl sandbox build`",
    missingImage: config.docker.image
  })

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

  const putFiles = Effect.fnUntraced(function*(container: string, files: ReadonlyArray<Tar.TarEntry>) {
    const archive = yield* Effect.provideService(Tar.pack(files), FileSystem.FileSystem, fs)
    yield* engine.putArchive(container, "/", archive)
  })

  /** Creates a container for a run, and its session's volume. */
  const createFor = Effect.fnUntraced(function*(
    name: string,
    { environment, gatewayDirectory, objectsDirectory, run }: Omit<RunSpec, "inputs">
  ) {
    // checked before anything is created: without its image a session leaves nothing behind
    if (!(yield* engine.hasImage(config.docker.image))) return yield* imageMissing
    yield* createVolume(run.sessionId)
    const logHead = yield* newLogHead
    const directories = {
      runtime: yield* runtime,
      gateway: gatewayDirectory,
      ...(objectsDirectory === undefined ? {} : { objects: objectsDirectory })
    }
    const spec = DockerContainer.runContainer(config, instance, logHead, { run, environment, directories })
    return { id: yield* create(name, spec), logHead }
  })

  const hasMarks = (container: string) =>
    Effect.every(Layout.repositoryMarks, (mark) => engine.hasPath(container, `${DockerContainer.workspace}/${mark}`))

  const prepared = yield* PreparedContainers.make({
    create: Effect.fnUntraced(
      function*(run: RunId, directories: RunDirectories) {
        const isKept = yield* engine.hasVolume(DockerContainer.volumeName(run.sessionId))
        const environment = PreparedContainers.waitingEnvironment
        const created = yield* createFor(PreparedContainers.preparedName(run), { run, ...directories, environment })
        // now: while a container starts, the engine lets nobody look into it
        return { ...created, hasRepository: isKept && (yield* hasMarks(created.id)) }
      },
      (effect, { sessionId }) => locked(sessionId)(effect)
    ),
    start: engine.startContainer,
    remove: engine.removeContainer
  })

  /** Starts a run in a container of its own. */
  const startAnew = (spec: RunSpec) =>
    Effect.acquireUseRelease(
      createFor(runName(spec.run), spec),
      ({ id, logHead }) =>
        Effect.andThen(putFiles(id, DockerContainer.contents(logHead, spec.inputs)), engine.startContainer(id)),
      ({ id }, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignoreLogged(engine.removeContainer(id))
    )

  /** Lets the run begin in the container that waits for it. It becomes a run last: only then is it found after a crash. */
  const startIn = Effect.fnUntraced(
    function*({ id, logHead }: PreparedContainers.Prepared, { environment, inputs, run }: RunSpec) {
      if (!Option.exists(yield* engine.inspectContainer(id), DockerContainer.isRunning)) {
        return yield* new SandboxError({ operation: "start", reason: "the prepared container has ended" })
      }
      yield* engine.removeContainer(runName(run))
      const chosen = Record.filter(environment, (_, name) => !(name in DockerContainer.fixedEnvironment(config)))
      yield* putFiles(id, [...DockerContainer.contents(logHead, inputs), ...PreparedContainers.beginning(chosen)])
      yield* engine.renameContainer(id, runName(run))
    },
    (effect, { id }) => Effect.onError(effect, () => Effect.ignoreLogged(engine.removeContainer(id)))
  )

  const start = Effect.fn("DockerSandbox.start")(
    function*(spec: RunSpec) {
      yield* Layout.checkInputs(spec)
      // outside of the lock, which is needed to prepare it
      const waiting = yield* prepared.take(spec.run)
      yield* locked(spec.run.sessionId)(Effect.gen(function*() {
        if (Option.exists(yield* engine.inspectContainer(runName(spec.run)), DockerContainer.wasStarted)) return
        if (Option.isNone(waiting)) return yield* startAnew(spec)
        yield* startIn(waiting.value, spec).pipe(
          Effect.tapError((error) => Effect.logWarning(`a prepared container could not be used: ${error.message}`)),
          Effect.orElse(() => startAnew(spec))
        )
      }))
    },
    Effect.mapError(failing("start"))
  )

  const hasRepositoryBehindProbe = Effect.fnUntraced(function*(session: SessionId) {
    if (!(yield* engine.hasVolume(DockerContainer.volumeName(session)))) return false
    return yield* Effect.acquireUseRelease(
      create(DockerContainer.probeName(session), DockerContainer.probeContainer(config, instance, session)),
      hasMarks,
      (probe) => Effect.ignoreLogged(engine.removeContainer(probe))
    )
  })

  const hasRepository = Effect.fn("DockerSandbox.hasRepository")(
    function*(session: SessionId) {
      const waiting = yield* prepared.ofSession(session)
      if (Option.isSome(waiting)) return waiting.value.hasRepository
      return yield* locked(session)(hasRepositoryBehindProbe(session))
    },
    Effect.mapError(failing("lookup"))
  )

  return { hasRepository, imageMissing, prepared, start }
})

/** 128 unguessable bits. */
const newLogHead = Effect.sync(() => Crypto.randomBytes(16).toString("hex"))
