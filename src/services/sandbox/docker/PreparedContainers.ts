/**
 * Containers that wait for a run. Creating and starting a container takes most of the time that a run needs to start, so
 * one is prepared while the repository is fetched and the plan is made, while a change is reviewed, or while a session rests; the
 * run's inputs are given to it later.
 *
 * One can be prepared before its session exists: then it is for any repository, and the session that gets its id keeps it.
 *
 * A waiting container is no run: until its inputs are in, it has another name, and after a crash of the server it is
 * removed like any remains.
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import type { SessionId } from "../../../domain/Ids.ts"
import { type AheadOutlook, type RunId, runName, type RunOutlook } from "../Sandbox.ts"

/** The name of the container that waits for a run. */
export const preparedName = (run: RunId): string => `${runName(run)}-next`

/** A container that waits for its inputs. */
export interface Created {
  readonly id: string
  /** The image that it is of, by its id. */
  readonly image: string
  /** The first line of its log. */
  readonly logHead: string
  readonly objects: ObjectsMount
}

/** The directory of git objects that a container has mounted. */
export type ObjectsMount = Data.TaggedEnum<{
  None: {}
  /** A repository's own, known by its inode. */
  Repository: { readonly inode: Option.Option<number> }
  /** The session's, empty until the repository is known. */
  Linked: {}
}>
export const ObjectsMount = Data.taggedEnum<ObjectsMount>()

/** What a container is prepared for. */
export type Outlook = Data.TaggedEnum<{
  Known: { readonly outlook: RunOutlook }
  Ahead: { readonly outlook: AheadOutlook }
}>
export const Outlook = Data.taggedEnum<Outlook>()

export interface Prepared extends Created {
  /** Whether its workspace has the session's repository. */
  readonly hasRepository: boolean
}

interface Entry {
  readonly run: RunId
  /** Each is `None` if that failed; the run then starts in a container of its own, and reports why. */
  readonly created: Deferred.Deferred<Option.Option<Prepared>>
  readonly started: Deferred.Deferred<Option.Option<Prepared>>
}

export interface Parts<E> {
  readonly create: (run: RunId, outlook: Outlook) => Effect.Effect<Prepared, E>
  readonly start: (container: string) => Effect.Effect<void, E>
  readonly remove: (container: string) => Effect.Effect<void, E>
}

/** At most one container waits per session. */
export const make = Effect.fnUntraced(function*<E>({ create, remove, start }: Parts<E>) {
  const fibers = yield* FiberMap.make<SessionId>()
  const entries = new Map<SessionId, Entry>()

  const entryOf = (run: RunId) => {
    const entry = entries.get(run.sessionId)
    return entry !== undefined && runName(entry.run) === runName(run) ? entry : undefined
  }

  const forget = (entry: Entry) => {
    if (entries.get(entry.run.sessionId) === entry) entries.delete(entry.run.sessionId)
  }

  const discard = (session: SessionId) =>
    Effect.suspend(() => {
      entries.delete(session)
      return FiberMap.remove(fibers, session)
    })

  const prepare = Effect.fn("PreparedContainers.prepare")(
    function*({ created, run, started }: Entry, outlook: Outlook) {
      // an engine may create a container whose request was given up
      const prepared = yield* Effect.uninterruptible(create(run, outlook))
      yield* Deferred.succeed(created, Option.some(prepared))
      yield* start(prepared.id)
      yield* Deferred.succeed(started, Option.some(prepared))
    },
    (effect, entry) =>
      effect.pipe(
        Effect.onError(() => Effect.ignoreLogged(remove(preparedName(entry.run)))),
        // another one may be prepared then
        Effect.onError(() => Effect.sync(() => forget(entry))),
        Effect.ensuring(Deferred.succeed(entry.created, Option.none())),
        Effect.ensuring(Deferred.succeed(entry.started, Option.none())),
        Effect.catchAllCause((cause) => Effect.logDebug("no container could be prepared", cause))
      )
  )

  const begin = Effect.fnUntraced(function*(run: RunId, outlook: Outlook) {
    yield* discard(run.sessionId)
    const entry = {
      run,
      created: yield* Deferred.make<Option.Option<Prepared>>(),
      started: yield* Deferred.make<Option.Option<Prepared>>()
    }
    entries.set(run.sessionId, entry)
    yield* FiberMap.run(fibers, run.sessionId, prepare(entry, outlook))
    return entry
  })

  return {
    /**
     * Begins to prepare a container for the run, and returns. One that is prepared for it already is kept, another one of the
     * session is given up.
     */
    begin: (run: RunId, outlook: RunOutlook): Effect.Effect<void> =>
      Effect.suspend(() =>
        entryOf(run) !== undefined ? Effect.void : Effect.asVoid(begin(run, Outlook.Known({ outlook })))
      ),
    /** Prepares a container for a session that does not exist yet. Returns whether it waits now. */
    ahead: (run: RunId, outlook: AheadOutlook): Effect.Effect<boolean> =>
      begin(run, Outlook.Ahead({ outlook })).pipe(
        Effect.flatMap(({ started }) => Deferred.await(started)),
        Effect.map(Option.isSome)
      ),
    /** The session's container as soon as it is created, if one is prepared. */
    ofSession: (session: SessionId): Effect.Effect<Option.Option<Prepared>> =>
      Effect.suspend(() =>
        Option.match(Option.fromNullable(entries.get(session)), {
          onNone: () => Effect.succeedNone,
          onSome: ({ created }) => Deferred.await(created)
        })
      ),
    /** Whether a container is prepared for this very run. */
    isFor: (run: RunId): boolean => entryOf(run) !== undefined,
    /** The container for the run when it waits for its inputs, if one was prepared. It is the caller's from then on. */
    take: (run: RunId): Effect.Effect<Option.Option<Prepared>> =>
      Effect.suspend(() => {
        const entry = entryOf(run)
        if (entry === undefined) return Effect.succeedNone
        return Effect.map(
          Deferred.await(entry.started),
          // it may have been given up meanwhile
          Option.filter(() => entryOf(run) === entry)
        ).pipe(Effect.tap(() => Effect.sync(() => forget(entry))))
      }),
    /** Gives up what is being prepared for the session. A container that waits already is left to the caller. */
    discard,
    /** Gives up what is prepared for the session. */
    giveUp: (session: SessionId): Effect.Effect<void, E> =>
      Effect.suspend(() => {
        const entry = entries.get(session)
        return entry === undefined
          ? Effect.void
          : Effect.zipRight(discard(session), remove(preparedName(entry.run)))
      })
  }
})
