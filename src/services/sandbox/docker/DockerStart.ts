/**
 * Starts runs: in a container that was prepared for it, or in one of its own. A container that was created but never
 * started is not a run: it was left by a crash in between, and is recreated.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Ref from "effect/Ref"
import * as Crypto from "node:crypto"
import type { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import {
  type RunDirectories,
  type RunId,
  runName,
  type RunOutlook,
  type RunSpec,
  SandboxError,
  SandboxUnavailable
} from "../Sandbox.ts"
import type { InstanceId } from "../SandboxInstance.ts"
import * as Layout from "../SandboxLayout.ts"
import * as Tar from "../Tar.ts"
import * as DockerContainer from "./DockerContainer.ts"
import { DockerEngine } from "./DockerEngine.ts"
import { type EngineFailure, failing } from "./DockerErrors.ts"
import type { ContainerSpec } from "./DockerSchema.ts"
import * as PreparedContainers from "./PreparedContainers.ts"
import * as RunInputs from "./RunInputs.ts"

/** How the engine refuses an option that its driver does not know. */
const badRequest = 400

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
  const inputs = yield* RunInputs.make

  const imageMissing = new SandboxUnavailable({
    reason: `the sandbox image ${config.docker.image} is missing`,
    mend: "run `opentl sandbox build`",
    missingImage: config.docker.image
  })

  const onConflict = <A>(effect: Effect.Effect<A, EngineFailure>, free: string) =>
    Effect.catchTag(effect, "EngineConflict", () => Effect.andThen(engine.removeContainer(free), effect))

  /** Creates the container in place of one with this name; "not found" can only mean the image. */
  const create = (name: string, spec: ContainerSpec) =>
    onConflict(engine.createContainer(name, spec), name).pipe(
      Effect.catchTag("EngineNotFound", () => imageMissing)
    )

  /** Where the runs of sessions were given dependencies. */
  const given = new Map<SessionId, string>()

  /** Takes them back when the session's runs have ended. */
  const takeBack = (session: SessionId) =>
    Effect.suspend(() => {
      const directory = given.get(session)
      given.delete(session)
      return directory === undefined ? Effect.void : inputs.takeBack(directory)
    })

  /** Whether the engine has said that it knows no size of a volume. */
  const isSizeUnknown = yield* Ref.make(false)

  /** Creates the volume with a size limit if the engine supports that, else without one: then it is only watched. */
  const createVolume = Effect.fnUntraced(function*(session: SessionId) {
    const volume = {
      name: DockerContainer.volumeName(session),
      labels: DockerContainer.sessionLabels(session, instance)
    }
    const unlimited = engine.createVolume({ ...volume, options: {} })
    if (yield* Ref.get(isSizeUnknown)) return yield* unlimited
    yield* engine.createVolume({ ...volume, options: { size: String(config.limits.diskBytes) } }).pipe(
      // refused for another reason, it is tried again with the next volume
      Effect.catchTag(
        "EngineRefused",
        ({ status }) => Effect.zipRight(unlimited, Ref.set(isSizeUnknown, status === badRequest))
      )
    )
  })

  const giveWorkspace = (container: string) =>
    Tar.pack(DockerContainer.workspaceOfUser).pipe(
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.flatMap((archive) => engine.putArchive(container, "/", archive))
    )

  const labelsOfImage = Effect.catchTag(engine.imageLabels(config.docker.image), "EngineNotFound", () => imageMissing)

  /** A damaged mirror is replaced: what a container has mounted is then no longer what lies at the path. */
  const identityOf = ({ objectsDirectory }: RunDirectories) =>
    objectsDirectory === undefined
      ? Effect.succeedNone
      : Effect.map(fs.stat(objectsDirectory), ({ ino }) => ino)

  const createRun = Effect.fnUntraced(function*(run: RunId, outlook: RunOutlook) {
    const { expectedAgent, gatewayDirectory, objectsDirectory } = outlook
    const logHead = yield* newLogHead
    const objects = yield* identityOf(outlook)
    const directories = {
      runtime: yield* runtime,
      gateway: gatewayDirectory,
      ...(objectsDirectory === undefined ? {} : { objects: objectsDirectory })
    }
    const spec = DockerContainer.runContainer(config, instance, logHead, { run, directories, expectedAgent })
    return { id: yield* create(PreparedContainers.preparedName(run), spec), logHead, objects }
  })

  /** Creates a container that waits for a run's inputs, and the session's volume. */
  const createFor = Effect.fnUntraced(function*(run: RunId, outlook: RunOutlook) {
    // checked before anything is created: without its image a session leaves nothing behind
    const labels = yield* labelsOfImage
    const [created] = yield* Effect.all([
      Effect.zipRight(
        Effect.when(createVolume(run.sessionId), () => run.checks === undefined),
        createRun(run, outlook)
      ),
      // looked at by the container only once it is started
      inputs.prepare(outlook.gatewayDirectory, run)
    ], { concurrency: 2 })
    if (!(DockerContainer.imageLabel in labels)) yield* giveWorkspace(created.id)
    return created
  })

  const hasMarks = (container: string) =>
    Effect.every(Layout.repositoryMarks, (mark) => engine.hasPath(container, `${DockerContainer.workspace}/${mark}`))

  const prepared = yield* PreparedContainers.make({
    create: Effect.fnUntraced(
      function*(run: RunId, outlook: RunOutlook) {
        const isKept = yield* engine.hasVolume(DockerContainer.volumeName(run.sessionId))
        const created = yield* createFor(run, outlook)
        // now: while a container starts, the engine lets nobody look into it
        return { ...created, hasRepository: isKept && (yield* hasMarks(created.id)) }
      },
      (effect, { sessionId }) => locked(sessionId)(effect)
    ),
    start: engine.startContainer,
    remove: engine.removeContainer
  })

  /** Fails as soon as the container has ended, for whatever reason. */
  const whileItRuns = (container: string) =>
    Effect.raceFirst(
      Effect.zipRight(
        engine.waitContainer(container),
        new SandboxError({ operation: "start", reason: "the container has ended before it began" })
      )
    )

  /**
   * Lets the run begin in a container that waits for it. It becomes a run last, when it has surely begun: only then is it
   * found after a crash.
   */
  const begin = Effect.fnUntraced(
    function*({ id, logHead, objects }: PreparedContainers.Created, spec: RunSpec) {
      if (!Equal.equals(objects, yield* identityOf(spec))) {
        return yield* new SandboxError({ operation: "start", reason: "the repository's mirror has been replaced" })
      }
      const fixed = DockerContainer.fixedEnvironment(config, { run: spec.run, directories: {} })
      const environment = Record.filter(spec.environment, (_, name) => !(name in fixed))
      if (spec.dependencies !== undefined) given.set(spec.run.sessionId, spec.gatewayDirectory)
      yield* whileItRuns(id)(
        inputs.give(spec.gatewayDirectory, spec.run, {
          inputs: spec.inputs,
          environment,
          logHead,
          ...(spec.dependencies === undefined ? {} : { dependencies: spec.dependencies })
        })
      )
      yield* onConflict(engine.renameContainer(id, runName(spec.run)), runName(spec.run))
    },
    (effect, { id }) => Effect.onError(effect, () => Effect.ignoreLogged(engine.removeContainer(id)))
  )

  /** Starts a run in a container of its own. */
  const startAnew = (spec: RunSpec) =>
    Effect.acquireUseRelease(
      createFor(spec.run, { ...spec, ...expectedOf(spec.environment["OPENTL_AGENT"]) }),
      (created) => Effect.andThen(engine.startContainer(created.id), begin(created, spec)),
      ({ id }, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignoreLogged(engine.removeContainer(id))
    )

  const start = Effect.fn("DockerSandbox.start")(
    function*(spec: RunSpec) {
      yield* Layout.checkInputs(spec)
      // outside of the lock, which is needed to prepare it
      const waiting = yield* prepared.take(spec.run)
      yield* locked(spec.run.sessionId)(Effect.gen(function*() {
        if (Option.exists(yield* engine.inspectContainer(runName(spec.run)), DockerContainer.wasStarted)) return
        if (Option.isNone(waiting)) return yield* startAnew(spec)
        yield* begin(waiting.value, spec).pipe(
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

  return { hasRepository, imageMissing, prepared, start, takeBack }
})

const expectedOf = (expectedAgent: string | undefined): Pick<RunOutlook, "expectedAgent"> =>
  expectedAgent === undefined ? {} : { expectedAgent }

/** 128 unguessable bits. */
const newLogHead = Effect.sync(() => Crypto.randomBytes(16).toString("hex"))
