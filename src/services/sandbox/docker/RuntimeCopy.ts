/**
 * The runtime files as containers see them: a copy in the data directory, mounted read-only into every container. Uploading
 * them was the slowest part of starting a container. The package's own directory cannot be mounted, because it may be
 * updated or rebuilt during a run.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Crypto from "node:crypto"
import { runtimesIn } from "../../config/DataPaths.ts"
import { SandboxUnavailable } from "../Sandbox.ts"
import { SandboxRuntime } from "../SandboxRuntime.ts"

interface Copy {
  /** Names, sizes and times of the source files. */
  readonly madeFrom: string
  readonly directory: string
}

/** Makes the copy on demand. Copies of earlier versions are removed, unless `isUsed` says that containers exist. */
export const make = Effect.fnUntraced(function*(dataDir: string, isUsed: Effect.Effect<boolean>) {
  const fs = yield* FileSystem.FileSystem
  const runtime = yield* SandboxRuntime
  const latest = yield* Ref.make(Option.none<Copy>())
  const one = yield* Effect.makeSemaphore(1)
  const root = runtimesIn(dataDir)

  const removeOthers = (kept: string) =>
    fs.readDirectory(root).pipe(
      Effect.map((names) => names.filter((name) => name !== kept)),
      Effect.flatMap(Effect.forEach((name) => fs.remove(`${root}/${name}`, { recursive: true, force: true }))),
      Effect.unlessEffect(isUsed),
      Effect.ignoreLogged
    )

  /** Writes the copy elsewhere and then renames it, so that an existing copy is complete. */
  const copy = Effect.fnUntraced(
    function*(from: string, files: ReadonlyArray<string>) {
      const contents = yield* Effect.forEach(
        files,
        (name) => Effect.map(fs.readFile(`${from}/${name}`), (bytes) => [name, bytes] as const)
      )
      const hash = Crypto.createHash("sha256")
      for (const [name, bytes] of contents) hash.update(`${name}\0${bytes.length}\0`).update(bytes)
      const name = hash.digest("hex").slice(0, 16)
      const directory = `${root}/${name}`
      if (yield* fs.exists(directory)) return directory
      yield* fs.makeDirectory(root, { recursive: true, mode: 0o700 })
      const aside = yield* fs.makeTempDirectory({ directory: root, prefix: "new-" })
      yield* Effect.gen(function*() {
        yield* Effect.forEach(contents, ([name, bytes]) => fs.writeFile(`${aside}/${name}`, bytes))
        // regardless of the umask
        yield* Effect.forEach(contents, ([name]) => fs.chmod(`${aside}/${name}`, 0o555))
        yield* fs.chmod(aside, 0o755)
        yield* fs.rename(aside, directory)
      }).pipe(Effect.onError(() => Effect.ignore(fs.remove(aside, { recursive: true, force: true }))))
      yield* removeOthers(name)
      return directory
    },
    Effect.mapError((error) =>
      new SandboxUnavailable({
        reason: `the sandbox's runtime files cannot be copied to ${root}: ${error.message}`,
        mend: "check OPENTL_DATA_DIR"
      })
    )
  )

  const describe = (from: string, files: ReadonlyArray<string>) =>
    Effect.forEach(files, (name) =>
      Effect.map(
        fs.stat(`${from}/${name}`),
        ({ mtime, size }) => `${name} ${size} ${Option.match(mtime, { onNone: () => "", onSome: Number })}`
      )).pipe(
        Effect.map((lines) => [from, ...lines].join("\n")),
        Effect.orElseSucceed(() => "")
      )

  /** The copy's directory; recreated if the package's files have changed or the copy is gone. */
  return Effect.gen(function*() {
    const from = yield* runtime.directory
    const files = [...(yield* runtime.files)].sort()
    const madeFrom = yield* describe(from, files)
    const known = yield* Ref.get(latest)
    const isCurrent = Option.isSome(known) && known.value.madeFrom === madeFrom &&
      (yield* Effect.orElseSucceed(fs.exists(known.value.directory), () => false))
    if (isCurrent) return known.value.directory
    const directory = yield* copy(from, files)
    yield* Ref.set(latest, Option.some({ madeFrom, directory }))
    return directory
  }).pipe(one.withPermits(1), Effect.withSpan("RuntimeCopy.directory"))
})
