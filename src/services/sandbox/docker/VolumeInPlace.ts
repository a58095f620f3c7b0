/**
 * A session's volume where it lies. On the engine's machine, with the right to read everything, an ended run's files are
 * read without the engine, whose archive of a stopped container takes 70 ms a file, and measured without a container, which
 * takes half a second. Anywhere else there is no such directory, and the engine is asked.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../../../domain/Ids.ts"
import * as RecentlyUsed from "../../support/RecentlyUsed.ts"
import * as SmallFiles from "../../support/SmallFiles.ts"
import { isOfChecks, sessionOf } from "../Sandbox.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import type { EndedContainers } from "./EndedContainers.ts"

/** What is at a path of a volume. */
export type Found = Data.TaggedEnum<{
  File: { readonly path: string; readonly size: bigint }
  /** Nothing that may be read: nothing at all, a directory, or a link, which could point anywhere. */
  Nothing: {}
}>
export const Found = Data.taggedEnum<Found>()

/** Of how many sessions the directory is kept. */
const keptDirectories = 64

interface Parts {
  readonly containers: Pick<EndedContainers, "inspect">
  readonly engine: Pick<Context.Tag.Service<DockerEngine>, "host" | "volumeDirectory">
}

export const make = Effect.fnUntraced(function*({ containers, engine }: Parts) {
  const fs = yield* FileSystem.FileSystem

  /** A directory of the engine's on this machine; fails if the engine is elsewhere, or the directory may not be read. */
  const onThisMachine = <E>(
    directory: Effect.Effect<string, E>
  ): Effect.Effect<string, E | PlatformError | Cause.NoSuchElementException> =>
    engine.host.startsWith("unix:")
      ? directory.pipe(
        Effect.tap((directory) => fs.access(directory, { readable: true })),
        Effect.flatMap(fs.realPath)
      )
      : Effect.fail(new Cause.NoSuchElementException("the engine is on another machine"))

  // four questions a round have the same answer
  const known = yield* RecentlyUsed.make<string>(keptDirectories)

  /** The volume's directory on this machine, if it is here. A volume of this name is where the one before it was. */
  const directoryOf = (session: SessionId): Effect.Effect<Option.Option<string>> =>
    known.get(session, onThisMachine(engine.volumeDirectory(DockerContainer.volumeName(session)))).pipe(
      Effect.option,
      Effect.flatMap((directory) =>
        Effect.map(
          Effect.filter(Option.toArray(directory), SmallFiles.canRead),
          Option.fromIterable
        )
      )
    )

  /** The directory on this machine with what a container wrote outside of its volumes. */
  const layerOf = (container: string): Effect.Effect<Option.Option<string>> =>
    onThisMachine(Effect.flatMap(
      containers.inspect(container),
      (info) => Option.flatMapNullable(info, ({ storage }) => storage?.data?.layerDirectory)
    )).pipe(Effect.option)

  const lookAt = (directory: string, path: string): Effect.Effect<Option.Option<Found>> => {
    const file = `${directory}/${path}`
    return SmallFiles.sizeOf(file).pipe(
      Effect.map(Option.match({ onNone: () => Found.Nothing(), onSome: (size) => Found.File({ path: file, size }) })),
      Effect.option
    )
  }

  const lookIn = (path: string) => (directory: Option.Option<string>): Effect.Effect<Option.Option<Found>> =>
    Option.match(directory, { onNone: () => Effect.succeedNone, onSome: (directory) => lookAt(directory, path) })

  return {
    directoryOf,
    layerOf,
    /** The directory on this machine with the workspace of a run: of the container itself if the run is of checks. */
    directoryOfRun: (run: string): Effect.Effect<Option.Option<string>> =>
      isOfChecks(run)
        ? layerOf(run)
        : Option.match(sessionOf(run), { onNone: () => Effect.succeedNone, onSome: directoryOf }),
    /**
     * Looks for a file of a volume whose runs have all ended, so that nobody can replace it any more. None if only the
     * engine can read it.
     */
    find: (session: SessionId, path: string) => Effect.flatMap(directoryOf(session), lookIn(path)),
    /** Looks for a file in a container's layer, where only the engine can write. None if only the engine can read it. */
    findInLayer: (container: string, path: string) => Effect.flatMap(layerOf(container), lookIn(path))
  }
})

export type VolumeInPlace = Effect.Effect.Success<ReturnType<typeof make>>
