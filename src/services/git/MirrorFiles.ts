/** A mirror's files, apart from what git does with them: where they are, and what a killed process left among them. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { GitError } from "./Repositories.ts"

/**
 * Where a mirror has the remote's objects. Sandboxes on this machine read them where they are, so what sessions have made
 * and not pushed is kept elsewhere.
 */
export const objectsIn = (mirror: string): string => `${mirror}/remote-objects`

/**
 * Lets git see and write only the remote's objects. References to anything else count as absent, so that whatever they
 * lead to is fetched, too.
 */
export const remoteOnly = (directory: string) => ({
  GIT_OBJECT_DIRECTORY: objectsIn(directory),
  GIT_REF_PARANOIA: "0"
})

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem

  const trouble = (operation: string) =>
    Effect.mapError((error: { readonly message: string }) => new GitError({ operation, reason: error.message }))

  const namesIn = (directory: string, recursive = false) =>
    Effect.orElseSucceed(fs.readDirectory(directory, { recursive }), () => [])

  /** Removes stale locks and incomplete packs: nobody else writes here, so they were left by a killed process. */
  const sweep = Effect.fnUntraced(function*(directory: string) {
    const isLock = (name: string) => name.endsWith(".lock")
    const isHalf = (name: string) => name.startsWith("tmp_") || name.startsWith("incoming-")
    const matching = (inside: string, matches: (name: string) => boolean, recursive = false) =>
      Effect.map(namesIn(inside, recursive), (names) => names.filter(matches).map((name) => `${inside}/${name}`))
    const found = yield* Effect.all([
      matching(directory, isLock),
      matching(`${directory}/refs`, isLock, true),
      ...[`${directory}/objects`, objectsIn(directory)].flatMap((objects) => [
        matching(objects, isHalf),
        matching(`${objects}/info`, isLock),
        matching(`${objects}/pack`, isHalf)
      ])
    ])
    yield* Effect.forEach(found.flat(), (file) => fs.remove(file, { recursive: true, force: true }))
  }, trouble("cleanup"))

  const broken = (directory: string) => `${directory}.broken`

  /** Moves a damaged mirror aside and recreates it. The old one is kept meanwhile, and searched for sessions' work. */
  const setAside = Effect.fnUntraced(function*(directory: string) {
    yield* Effect.logWarning(`the mirror ${directory} is damaged and will be recreated`)
    yield* fs.remove(broken(directory), { recursive: true, force: true })
    yield* fs.rename(directory, broken(directory))
  }, trouble("cleanup"))

  const putBack = Effect.fnUntraced(function*(directory: string) {
    yield* fs.remove(directory, { recursive: true, force: true })
    yield* fs.rename(broken(directory), directory)
  }, trouble("cleanup"))

  /** Creates the directory of the remote's objects, which everybody may read who finds it. */
  const ensureObjects = Effect.fnUntraced(function*(directory: string) {
    const objects = objectsIn(directory)
    yield* fs.makeDirectory(objects, { recursive: true })
    yield* fs.chmod(objects, 0o755)
    return objects
  }, trouble("init"))

  /** Gives the remote's objects a directory of their own. */
  const shareObjects = Effect.fnUntraced(function*(directory: string) {
    yield* ensureObjects(directory)
    yield* fs.makeDirectory(`${directory}/objects/info`, { recursive: true })
    yield* fs.writeFileString(`${directory}/objects/info/alternates`, `${objectsIn(directory)}\n`)
  }, trouble("init"))

  /** How many packs a directory of objects has. */
  const packCount = (objects: string) =>
    Effect.map(namesIn(`${objects}/pack`), (names) => names.filter((name) => name.endsWith(".pack")).length)

  /** Whether a mirror has any of the remote's objects. */
  const hasObjects = Effect.fnUntraced(function*(directory: string) {
    const objects = objectsIn(directory)
    return (yield* packCount(objects)) > 0 || (yield* namesIn(objects)).some((name) => /^[0-9a-f]{2}$/.test(name))
  })

  return { broken, ensureObjects, hasObjects, packCount, putBack, setAside, shareObjects, sweep }
})
