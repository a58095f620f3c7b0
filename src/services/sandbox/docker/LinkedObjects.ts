/**
 * The objects of a repository, for a container that was there before anybody knew which repository it would be for: a
 * directory of the session's own, mounted from the container's start, into which git's files are linked when the repository
 * is known. A link takes no disk, and stays good when the mirror packs its objects anew.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { SessionId } from "../../../domain/Ids.ts"
import { linkedObjectsIn } from "../../config/DataPaths.ts"
import { SandboxError } from "../Sandbox.ts"

/** More files than these take longer to link than a new container to start. */
const mostFiles = 4096

/** Directories of objects that are no packs. */
const isLoose = (directory: string) => /^[0-9a-f]{2}$/.test(directory)

/** What git needs to read objects; not its locks, half-written files and lists of packs. */
const isObject = (directory: string, name: string): boolean =>
  directory === "pack" ? /^pack-[0-9a-f]+\.(?:pack|idx|rev)$/.test(name) : /^[0-9a-f]{38,62}$/.test(name)

export const make = Effect.fnUntraced(function*(dataDir: string, most = mostFiles) {
  const fs = yield* FileSystem.FileSystem
  const root = linkedObjectsIn(dataDir)
  const directoryOf = (session: SessionId) => `${root}/${session}`

  const failed = Effect.mapError((error: { readonly message: string }) =>
    new SandboxError({ operation: "start", reason: `the repository's objects cannot be linked: ${error.message}` })
  )

  const objectsOf = Effect.fnUntraced(function*(source: string) {
    const directories = (yield* fs.readDirectory(source)).filter((name) => name === "pack" || isLoose(name))
    const found = yield* Effect.forEach(directories, (directory) =>
      Effect.map(
        fs.readDirectory(`${source}/${directory}`),
        (names) => ({ directory, names: names.filter((name) => isObject(directory, name)) })
      ))
    return found.filter(({ names }) => names.length > 0)
  })

  return {
    /** Creates the session's directory, empty. */
    create: Effect.fn("LinkedObjects.create")(function*(session: SessionId) {
      yield* fs.makeDirectory(root, { recursive: true, mode: 0o700 })
      yield* fs.makeDirectory(directoryOf(session), { recursive: true })
      // regardless of the umask
      yield* fs.chmod(directoryOf(session), 0o755)
      return directoryOf(session)
    }, failed),

    /** Links the objects that are in a directory now into the session's. */
    link: Effect.fn("LinkedObjects.link")(function*(session: SessionId, source: string) {
      const found = yield* failed(objectsOf(source))
      const count = found.reduce((sum, { names }) => sum + names.length, 0)
      if (count > most) {
        return yield* new SandboxError({ operation: "start", reason: `the repository's objects are ${count} files` })
      }
      yield* Effect.forEach(found, ({ directory, names }) => {
        const target = `${directoryOf(session)}/${directory}`
        return fs.makeDirectory(target, { recursive: true }).pipe(
          Effect.zipRight(fs.chmod(target, 0o755)),
          Effect.zipRight(
            Effect.forEach(names, (name) => fs.link(`${source}/${directory}/${name}`, `${target}/${name}`), {
              concurrency: 8,
              discard: true
            })
          ),
          failed
        )
      }, { discard: true })
    }),

    /** Removes the session's directory, if it has one. Nothing may use it any more. */
    remove: (session: SessionId): Effect.Effect<void> =>
      Effect.ignoreLogged(fs.remove(directoryOf(session), { recursive: true, force: true }))
  }
})
