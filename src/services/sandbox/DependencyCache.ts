/**
 * The files with installed dependencies, in `<data dir>/dependencies`, one a key. A file is made whole elsewhere and moved
 * here, so none is half written. Containers are given a link to it, which they cannot write to.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { CacheEntry } from "../../domain/CacheEviction.ts"
import * as CacheEviction from "../../domain/CacheEviction.ts"
import type { CheckReport } from "../../domain/CheckRun.ts"
import { AppConfig } from "../config/AppConfig.ts"
import { dependenciesIn } from "../config/DataPaths.ts"
import * as NamedLock from "../support/NamedLock.ts"

/** Entries that nobody has used for this long go. */
const unused = Duration.days(14)

/** For how long an install that failed on a base is not tried again. */
const failedFor = Duration.minutes(10)

/** The most bytes of one entry: more is not worth the copying. */
const largest = 4 * 1024 ** 3

const suffix = ".tar"
const isEntry = (name: string): boolean => /^[0-9a-f]{64}\.tar$/.test(name)

const entriesIn = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
  const found = yield* Effect.forEach(names, (name) =>
    fs.stat(`${directory}/${name}`).pipe(
      Effect.map(({ mtime, size }): ReadonlyArray<CacheEntry> => [{
        name,
        bytes: Number(size),
        usedAt: Option.match(mtime, { onNone: () => 0, onSome: (date) => date.getTime() })
      }]),
      Effect.orElseSucceed((): ReadonlyArray<CacheEntry> => [])
    ))
  return found.flat()
})

/** Empties a file before it goes: the directories of runs may still have links to it, which would keep its bytes. */
const removeEntry = (file: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.zipRight(Effect.ignore(fs.truncate(file, 0)), fs.remove(file, { recursive: true, force: true }))
  )

/** Removes every entry, and tells how many there were, and how many bytes. */
export const clear = Effect.fn("DependencyCache.clear")(function*(dataDir: string) {
  const directory = dependenciesIn(dataDir)
  const entries = yield* entriesIn(directory)
  yield* Effect.forEach(entries, ({ name }) => removeEntry(`${directory}/${name}`), { discard: true })
  return { entries: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) }
})

/** An install that failed on a base. Empty if that cannot be told of another commit. */
export type FailedInstalls = CheckReport["installs"]

export class DependencyCache extends Context.Tag("opentl/services/sandbox/DependencyCache")<DependencyCache, {
  /** The most bytes of an entry; none: nothing is kept. */
  readonly limit: Option.Option<number>
  /** The file of a key, which counts as used now. */
  readonly find: (key: string) => Effect.Effect<Option.Option<string>>
  /** Takes over a file of the data directory. A file that cannot be kept is only missed. */
  readonly keep: (key: string, file: string) => Effect.Effect<void>
  /** Remembers for some minutes that nothing can be made for a key. */
  readonly hasFailed: (key: string, installs: FailedInstalls) => Effect.Effect<void>
  readonly failure: (key: string) => Effect.Effect<Option.Option<FailedInstalls>>
  /** One after the other for a key: what one makes, the next one finds. */
  readonly locked: (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}>() {
  static readonly layer = Layer.scoped(
    DependencyCache,
    Effect.gen(function*() {
      const { dataDir, dependencyCache } = yield* AppConfig
      const fs = yield* FileSystem.FileSystem
      const locked = yield* NamedLock.make
      const failures = new Map<string, { readonly until: number; readonly installs: FailedInstalls }>()
      const directory = dependenciesIn(dataDir)
      const fileOf = (key: string) => `${directory}/${key}${suffix}`

      /** Removes what is unused, what is too much, and what is no entry. */
      const sweep = Effect.gen(function*() {
        const entries = yield* entriesIn(directory)
        const gone = CacheEviction.evicted(entries.filter(({ name }) => isEntry(name)), {
          bytes: Option.getOrElse(dependencyCache, () => 0),
          now: yield* Clock.currentTimeMillis,
          unusedMillis: Duration.toMillis(unused)
        })
        const others = entries.filter(({ name }) => !isEntry(name)).map(({ name }) => name)
        yield* Effect.forEach([...gone, ...others], (name) => removeEntry(`${directory}/${name}`), { discard: true })
      }).pipe(Effect.provideService(FileSystem.FileSystem, fs), Effect.ignoreLogged)

      const use = (file: string) =>
        Effect.flatMap(Clock.currentTimeMillis, (millis) => fs.utimes(file, new Date(millis), new Date(millis)))

      const find = Effect.fn("DependencyCache.find")(
        (key: string) => Effect.as(use(fileOf(key)), fileOf(key)),
        Effect.option
      )

      const keep = Effect.fn("DependencyCache.keep")(
        function*(key: string, file: string) {
          yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
          yield* fs.chmod(directory, 0o700)
          // for the user inside a container, who has a link to it; nobody else gets to it
          yield* fs.chmod(file, 0o644)
          yield* Effect.scoped(Effect.flatMap(fs.open(file, { flag: "r+" }), (opened) => opened.sync))
          yield* use(file)
          yield* fs.rename(file, fileOf(key))
          failures.delete(key)
          yield* sweep
        },
        Effect.catchAll((error) => Effect.logWarning(`installed dependencies cannot be kept: ${error.message}`))
      )

      yield* sweep
      return DependencyCache.of({
        limit: Option.map(dependencyCache, (bytes) => Math.min(bytes, largest)),
        find: (key) => Option.isNone(dependencyCache) ? Effect.succeedNone : find(key),
        keep,
        hasFailed: Effect.fnUntraced(function*(key, installs) {
          const now = yield* Clock.currentTimeMillis
          for (const [other, { until }] of failures) if (until <= now) failures.delete(other)
          failures.set(key, { until: now + Duration.toMillis(failedFor), installs })
        }),
        failure: (key) =>
          Effect.map(Clock.currentTimeMillis, (now) =>
            Option.fromNullable(failures.get(key)).pipe(
              Option.filter(({ until }) => until > now),
              Option.map(({ installs }) => installs)
            )),
        locked
      })
    })
  )
}
