/**
 * The runtime files as containers see them: a copy in the data directory, mounted read-only into every container. Uploading
 * them was the slowest part of starting a container. The package's own directory cannot be mounted, because it may be
 * updated or rebuilt during a run.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Crypto from "node:crypto"
import { runtimesIn } from "../../config/DataPaths.ts"
import { SandboxUnavailable } from "../Sandbox.ts"
import { SandboxRuntime } from "../SandboxRuntime.ts"

type Contents = ReadonlyArray<readonly [name: string, bytes: Uint8Array]>

interface Copy {
  /** Identifies the package's files and the copied ones, as they were when the copy was found complete. */
  readonly fingerprints: readonly [source: string, copy: string]
  readonly directory: string
}

const hashOf = (contents: Contents): string => {
  const hash = Crypto.createHash("sha256")
  for (const [name, bytes] of contents) hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  return hash.digest("hex").slice(0, 16)
}

/** Makes the copy on demand. Copies of earlier versions are removed, unless `isUsed` says that containers exist. */
export const make = Effect.fnUntraced(function*(dataDir: string, isUsed: Effect.Effect<boolean>) {
  const fs = yield* FileSystem.FileSystem
  const runtime = yield* SandboxRuntime
  const latest = yield* Ref.make(Option.none<Copy>())
  const one = yield* Effect.makeSemaphore(1)
  const root = runtimesIn(dataDir)

  const read = (directory: string, names: ReadonlyArray<string>): Effect.Effect<Contents, PlatformError> =>
    Effect.forEach(names, (name) => Effect.map(fs.readFile(`${directory}/${name}`), (bytes) => [name, bytes] as const))

  /** Names, inodes, sizes and times of files; changes whenever one of them is replaced or written to. */
  const fingerprint = (directory: string, names: ReadonlyArray<string>) =>
    Effect.forEach(
      names,
      (name) =>
        Effect.map(fs.stat(`${directory}/${name}`), ({ ino, mtime, size }) =>
          [
            name,
            Option.getOrElse(ino, () => 0),
            size,
            Option.match(mtime, { onNone: () => 0, onSome: Number })
          ].join(" "))
    ).pipe(
      Effect.map((lines) => [directory, ...lines].join("\n"))
    )

  /** Writes the copy elsewhere and then renames it. */
  const write = Effect.fnUntraced(function*(directory: string, contents: Contents) {
    yield* fs.makeDirectory(root, { recursive: true, mode: 0o700 })
    const aside = yield* fs.makeTempDirectory({ directory: root, prefix: "new-" })
    yield* Effect.gen(function*() {
      yield* Effect.forEach(contents, ([name, bytes]) => fs.writeFile(`${aside}/${name}`, bytes))
      // regardless of the umask
      yield* Effect.forEach(contents, ([name]) => fs.chmod(`${aside}/${name}`, 0o555))
      yield* fs.chmod(aside, 0o755)
      yield* fs.rename(aside, directory)
    }).pipe(Effect.onError(() => Effect.ignore(fs.remove(aside, { recursive: true, force: true }))))
  })

  const isComplete = (directory: string, contents: Contents) =>
    read(directory, contents.map(([name]) => name)).pipe(
      Effect.map((found) => hashOf(found) === hashOf(contents)),
      Effect.orElseSucceed(() => false)
    )

  /** A damaged copy is left alone, because containers may still have it mounted: the new one has another name. */
  const copy = Effect.fnUntraced(function*(contents: Contents) {
    const name = hashOf(contents)
    const existing = Effect.orElseSucceed(fs.readDirectory(root), () => [])
    const candidates = (yield* existing).filter((each) => each.startsWith(name)).map((each) => `${root}/${each}`)
    const complete = yield* Effect.findFirst(candidates, (directory) => isComplete(directory, contents))
    if (Option.isSome(complete)) return complete.value
    const directory = `${root}/${name}${candidates.length === 0 ? "" : `-${candidates.length}`}`
    yield* write(directory, contents)
    return directory
  })

  /** The copy before this one stays, too: a container that is just being created may mount it. */
  const removeOthers = (kept: ReadonlyArray<string>) =>
    fs.readDirectory(root).pipe(
      Effect.map((names) => names.map((name) => `${root}/${name}`).filter((path) => !kept.includes(path))),
      Effect.flatMap(Effect.forEach((path) => fs.remove(path, { recursive: true, force: true }))),
      Effect.unlessEffect(isUsed),
      Effect.ignoreLogged
    )

  const unchanged = ({ directory, fingerprints: [, copied] }: Copy, names: ReadonlyArray<string>) =>
    fingerprint(directory, names).pipe(
      Effect.map((current) => current === copied),
      Effect.orElseSucceed(() => false)
    )

  const impossible = (error: PlatformError) =>
    new SandboxUnavailable({
      reason: `the sandbox's runtime files cannot be copied to ${root}: ${error.message}`,
      mend: "check OPENTL_DATA_DIR"
    })

  /** The copy's directory; recreated if the package's files have changed, or if the copy is damaged or gone. */
  return Effect.gen(function*() {
    const from = yield* runtime.directory
    const names = [...(yield* runtime.files)].sort()
    const source = yield* Effect.mapError(fingerprint(from, names), impossible)
    const known = yield* Ref.get(latest)
    if (Option.isSome(known) && known.value.fingerprints[0] === source && (yield* unchanged(known.value, names))) {
      return known.value.directory
    }
    const { directory, fingerprints } = yield* read(from, names).pipe(
      Effect.flatMap(copy),
      Effect.flatMap((directory) =>
        Effect.map(
          fingerprint(directory, names),
          (copied): Copy => ({ directory, fingerprints: [source, copied] })
        )
      ),
      Effect.mapError(impossible)
    )
    yield* Ref.set(latest, Option.some({ directory, fingerprints }))
    yield* removeOthers([directory, ...Option.toArray(Option.map(known, (before) => before.directory))])
    return directory
  }).pipe(one.withPermits(1), Effect.withSpan("RuntimeCopy.directory"))
})
