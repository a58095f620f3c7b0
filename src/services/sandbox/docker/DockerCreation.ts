/**
 * Creates the containers of runs, with what a run needs before it begins: the session's volume, the directory for its
 * inputs, and the objects of its repository.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Ref from "effect/Ref"
import * as Crypto from "node:crypto"
import type { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import { type RunId, type RunSpec, SandboxError, SandboxUnavailable } from "../Sandbox.ts"
import type { InstanceId } from "../SandboxInstance.ts"
import * as Tar from "../Tar.ts"
import * as DockerContainer from "./DockerContainer.ts"
import { DockerEngine } from "./DockerEngine.ts"
import type { EngineFailure } from "./DockerErrors.ts"
import type { ContainerSpec } from "./DockerSchema.ts"
import * as LinkedObjects from "./LinkedObjects.ts"
import { type Created, ObjectsMount, Outlook, preparedName } from "./PreparedContainers.ts"
import type { RunInputs } from "./RunInputs.ts"

/**
 * How long a container waits for its run. Then it ends by itself, because nobody may be there any more to remove it.
 */
const longestWait = Duration.hours(1)

/** How the engine refuses an option that its driver does not know. */
const badRequest = 400

export interface Parts {
  readonly inputs: RunInputs
  readonly instance: InstanceId
  /** The directory with the runtime files. */
  readonly runtime: Effect.Effect<string, SandboxUnavailable>
}

export const make = Effect.fnUntraced(function*({ inputs, instance, runtime }: Parts) {
  const config = yield* AppConfig
  const engine = yield* DockerEngine
  const fs = yield* FileSystem.FileSystem
  const linked = yield* LinkedObjects.make(config.dataDir)

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

  const inodeOf = (directory: string) => Effect.map(fs.stat(directory), ({ ino }) => ino)

  const imageId = Effect.catchTag(engine.imageId(config.docker.image), "EngineNotFound", () => imageMissing)

  const objectsFor = ({ sessionId }: RunId, outlook: Outlook) =>
    Outlook.$match(outlook, {
      Ahead: () =>
        Effect.map(linked.create(sessionId), (directory) => ({
          directories: { objects: directory },
          objects: ObjectsMount.Linked()
        })),
      Known: ({ outlook: { objectsDirectory } }) =>
        objectsDirectory === undefined
          ? Effect.succeed({ directories: {}, objects: ObjectsMount.None() })
          : Effect.map(inodeOf(objectsDirectory), (inode) => ({
            directories: { objects: objectsDirectory },
            objects: ObjectsMount.Repository({ inode })
          }))
    })

  const createRun = Effect.fnUntraced(function*(run: RunId, outlook: Outlook) {
    const { expectedAgent, gatewayDirectory } = outlook.outlook
    const logHead = yield* newLogHead
    const [{ directories, objects }, image] = yield* Effect.all([objectsFor(run, outlook), imageId], { concurrency: 2 })
    const spec = DockerContainer.runContainer(config, instance, logHead, {
      run,
      directories: { runtime: yield* runtime, gateway: gatewayDirectory, ...directories },
      expectedAgent,
      waitSeconds: Duration.toSeconds(longestWait)
    })
    return { id: yield* create(preparedName(run), spec), image, logHead, objects }
  })

  /** Creates a container that waits for a run's inputs, and the session's volume if it has none; `isKept` tells that it had one. */
  const createFor = Effect.fnUntraced(function*(run: RunId, outlook: Outlook) {
    const ownsWorkspace = run.checks !== undefined
    // checked before anything is created: without its image a session leaves nothing behind
    const [labels, isKept] = yield* Effect.all([
      labelsOfImage,
      ownsWorkspace ? Effect.succeed(false) : engine.hasVolume(DockerContainer.volumeName(run.sessionId))
    ], { concurrency: 2 })
    const [created] = yield* Effect.all([
      Effect.zipRight(
        Effect.unless(createVolume(run.sessionId), () => isKept || ownsWorkspace),
        createRun(run, outlook)
      ),
      // looked at by the container only once it is started
      inputs.prepare(outlook.outlook.gatewayDirectory, run)
    ], { concurrency: 2 })
    if (!(DockerContainer.imageLabel in labels)) yield* giveWorkspace(created.id)
    return { ...created, isKept }
  })

  const outdated = (reason: string) => new SandboxError({ operation: "start", reason })

  /**
   * Sees to it that a waiting container has the objects of the run's repository. A damaged mirror is replaced: what the
   * container has mounted is then no longer what lies at the path.
   */
  const provide = (mount: ObjectsMount, { objectsDirectory, run }: RunSpec) =>
    ObjectsMount.$match(mount, {
      None: () => objectsDirectory === undefined ? Effect.void : outdated("the container has no objects mounted"),
      Repository: ({ inode }) =>
        Effect.filterOrFail(
          objectsDirectory === undefined ? Effect.succeedNone : inodeOf(objectsDirectory),
          (found) => Equal.equals(found, inode),
          () => outdated("the repository's mirror has been replaced")
        ).pipe(Effect.asVoid),
      Linked: () => objectsDirectory === undefined ? Effect.void : linked.link(run.sessionId, objectsDirectory)
    })

  /** As well, that it is of the image that runs have now: it may have waited for minutes. */
  const provideObjects = ({ image, objects }: Created, spec: RunSpec) =>
    Effect.all([
      Effect.filterOrFail(imageId, (current) => current === image, () => outdated("the image has been replaced")),
      provide(objects, spec)
    ], { concurrency: 2, discard: true })

  return { create, createFor, imageMissing, onConflict, outdated, provideObjects, removeObjects: linked.remove }
})

/** 128 unguessable bits. */
const newLogHead = Effect.sync(() => Crypto.randomBytes(16).toString("hex"))
