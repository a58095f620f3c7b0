/**
 * A session's volume where it lies. On the engine's machine, with the right to read everything, an ended run's files are
 * read without the engine, whose archive of a stopped container takes 70 ms a file, and measured without a container, which
 * takes half a second. Anywhere else there is no such directory, and the engine is asked.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../../../domain/Ids.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"

/** What is at a path of a volume. */
export type Found = Data.TaggedEnum<{
  File: { readonly path: string; readonly size: bigint }
  /** Nothing that may be read: nothing at all, a directory, or a link, which could point anywhere. */
  Nothing: {}
}>
export const Found = Data.taggedEnum<Found>()

export const make = Effect.fnUntraced(function*(engine: Context.Tag.Service<DockerEngine>) {
  const fs = yield* FileSystem.FileSystem

  /** The volume's directory on this machine; none if the engine is elsewhere, or the directory may not be read. */
  const directoryOf = (session: SessionId): Effect.Effect<Option.Option<string>> =>
    engine.host.startsWith("unix:")
      ? engine.volumeDirectory(DockerContainer.volumeName(session)).pipe(
        Effect.tap((directory) => fs.access(directory, { readable: true })),
        Effect.flatMap(fs.realPath),
        Effect.option
      )
      : Effect.succeedNone

  const lookAt = (directory: string, path: string) =>
    Effect.gen(function*() {
      const file = `${directory}/${path}`
      const { size, type } = yield* fs.stat(file)
      if (type !== "File" || (yield* fs.realPath(file)) !== file) return Found.Nothing()
      yield* fs.access(file, { readable: true })
      return Found.File({ path: file, size })
    }).pipe(
      Effect.catchIf((error) => error._tag === "SystemError" && error.reason === "NotFound", () =>
        Effect.succeed(Found.Nothing())),
      Effect.option
    )

  return {
    directoryOf,
    /**
     * Looks for a file of a volume whose runs have all ended, so that nobody can replace it any more. None if only the
     * engine can read it.
     */
    find: (session: SessionId, path: string): Effect.Effect<Option.Option<Found>> =>
      Effect.flatMap(
        directoryOf(session),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (directory) => lookAt(directory, path)
        })
      )
  }
})

export type VolumeInPlace = Effect.Effect.Success<ReturnType<typeof make>>
