/**
 * Imports that began before all was known that they need. To read a sandbox's result takes a dozen processes of git, and what
 * a run's end still leaves to do takes as long: so it is read meanwhile.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import type { ResultBundle } from "./Repositories.ts"

/** How long what was read waits for its import. */
const waitsFor = "1 minute"

interface Begun<A> {
  /** What was read, from which file as it was then. */
  readonly of: string
  /** None if it could not be read: whoever imports it finds out why. */
  readonly read: Deferred.Deferred<Option.Option<A>>
  readonly isTaken: Deferred.Deferred<void>
  readonly isUsed: Deferred.Deferred<void>
}

/** At most one per session. Its scope is closed when it was used, or when no import has come within a minute of its reading. */
export const make = Effect.fnUntraced(function*<A>() {
  const fs = yield* FileSystem.FileSystem
  const fibers = yield* FiberMap.make<SessionId>()
  const begun = new Map<SessionId, Begun<A>>()

  /** Another run of the session writes another file at the same place. */
  const identify = (bundle: string, { branch, parent, start }: ResultBundle) =>
    Effect.map(fs.stat(bundle), ({ ino, mtime, size }) =>
      [
        ...[bundle, branch, start, parent ?? "", size],
        ...[ino, mtime].map((known) => Option.match(known, { onNone: () => "", onSome: Number }))
      ].join("\n"))

  const taken = (session: SessionId) =>
    Effect.suspend(() => {
      const entry = begun.get(session)
      begun.delete(session)
      return entry === undefined ? Effect.succeed(entry) : Effect.as(Deferred.succeed(entry.isTaken, undefined), entry)
    })

  return {
    begin: Effect.fnUntraced(function*<E>(
      bundle: string,
      result: ResultBundle,
      read: Effect.Effect<A, E, Scope.Scope>
    ) {
      const entry: Begun<A> = {
        of: yield* identify(bundle, result),
        read: yield* Deferred.make<Option.Option<A>>(),
        isTaken: yield* Deferred.make<void>(),
        isUsed: yield* Deferred.make<void>()
      }
      const life = Effect.option(read).pipe(
        Effect.tap((found) => Deferred.succeed(entry.read, found)),
        Effect.zipRight(Effect.timeout(Deferred.await(entry.isTaken), waitsFor)),
        Effect.zipRight(Deferred.await(entry.isUsed)),
        Effect.scoped,
        Effect.ensuring(Deferred.succeed(entry.read, Option.none())),
        Effect.ensuring(Effect.sync(() => {
          if (begun.get(result.session) === entry) begun.delete(result.session)
        })),
        Effect.ignore
      )
      yield* FiberMap.run(fibers, result.session, life)
      begun.set(result.session, entry)
    }, Effect.ignore),
    /** What was read of this very file, for the lifetime of the caller's scope. */
    take: Effect.fnUntraced(function*(bundle: string, result: ResultBundle) {
      const entry = yield* Effect.acquireRelease(
        taken(result.session),
        (entry) => entry === undefined ? Effect.void : Deferred.succeed(entry.isUsed, undefined)
      )
      if (entry === undefined) return Option.none()
      const now = yield* Effect.option(identify(bundle, result))
      return Option.contains(now, entry.of) ? yield* Deferred.await(entry.read) : Option.none()
    })
  }
})
