/**
 * Containers that wait for a run. Creating and starting a container takes most of the time that a run needs to start, so
 * one is prepared while the repository is fetched and the plan is made; the run's inputs are given to it later.
 *
 * A waiting container is no run: until its inputs are in, it has another name, and after a crash of the server it is
 * removed like any remains.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import type { SessionId } from "../../../domain/Ids.ts"
import { type RunId, runName, type RunOutlook } from "../Sandbox.ts"

/** The name of the container that waits for a run. */
export const preparedName = (run: RunId): string => `${runName(run)}-next`

/** A container that waits for its inputs. */
export interface Created {
  readonly id: string
  /** The first line of its log. */
  readonly logHead: string
  /** The inode of the directory of objects that it has mounted, if it has one. */
  readonly objects: Option.Option<number>
}

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
  readonly create: (run: RunId, outlook: RunOutlook) => Effect.Effect<Prepared, E>
  readonly start: (container: string) => Effect.Effect<void, E>
  readonly remove: (container: string) => Effect.Effect<void, E>
}

/** At most one container waits per session. */
export const make = Effect.fnUntraced(function*<E>({ create, remove, start }: Parts<E>) {
  const fibers = yield* FiberMap.make<SessionId>()
  const entries = new Map<SessionId, Entry>()

  const discard = (session: SessionId) =>
    Effect.suspend(() => {
      entries.delete(session)
      return FiberMap.remove(fibers, session)
    })

  const prepare = Effect.fn("PreparedContainers.prepare")(
    function*({ created, run, started }: Entry, outlook: RunOutlook) {
      // an engine may create a container whose request was given up
      const prepared = yield* Effect.uninterruptible(create(run, outlook))
      yield* Deferred.succeed(created, Option.some(prepared))
      yield* start(prepared.id)
      yield* Deferred.succeed(started, Option.some(prepared))
    },
    (effect, { created, run, started }) =>
      effect.pipe(
        Effect.onError(() => Effect.ignoreLogged(remove(preparedName(run)))),
        Effect.ensuring(Deferred.succeed(created, Option.none())),
        Effect.ensuring(Deferred.succeed(started, Option.none())),
        Effect.catchAllCause((cause) => Effect.logDebug("no container could be prepared", cause))
      )
  )

  return {
    /** Begins to prepare a container for the run, and returns. Another one of the session is given up. */
    begin: Effect.fnUntraced(function*(run: RunId, outlook: RunOutlook) {
      yield* discard(run.sessionId)
      const entry = {
        run,
        created: yield* Deferred.make<Option.Option<Prepared>>(),
        started: yield* Deferred.make<Option.Option<Prepared>>()
      }
      entries.set(run.sessionId, entry)
      yield* FiberMap.run(fibers, run.sessionId, prepare(entry, outlook))
    }),
    /** The session's container as soon as it is created, if one is prepared. */
    ofSession: (session: SessionId): Effect.Effect<Option.Option<Prepared>> =>
      Effect.suspend(() =>
        Option.match(Option.fromNullable(entries.get(session)), {
          onNone: () => Effect.succeedNone,
          onSome: ({ created }) => Deferred.await(created)
        })
      ),
    /** Whether a container is prepared for this very run. */
    isFor: (run: RunId): boolean => {
      const entry = entries.get(run.sessionId)
      return entry !== undefined && runName(entry.run) === runName(run)
    },
    /** The container for the run when it waits for its inputs, if one was prepared. It is the caller's from then on. */
    take: (run: RunId): Effect.Effect<Option.Option<Prepared>> =>
      Effect.suspend(() => {
        const entry = entries.get(run.sessionId)
        if (entry === undefined || runName(entry.run) !== runName(run)) return Effect.succeedNone
        return Effect.tap(Deferred.await(entry.started), () => Effect.sync(() => entries.delete(run.sessionId)))
      }),
    /** Gives up what is being prepared for the session. A container that waits already is left to the caller. */
    discard
  }
})
