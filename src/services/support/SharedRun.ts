/**
 * Work that several want at the same time, each of them begun after it asked: one run serves all who asked before it
 * began, in place of a run for each, one after the other.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

/**
 * Who asks first does the work; `inTurn` lets it begin when it may. If it is interrupted, another one does it, from the
 * beginning.
 */
export const make = <A, E>(
  work: Effect.Effect<A, E>,
  inTurn: (self: Effect.Effect<A, E>) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  /** The run that has not begun yet; its outcome is undefined if it was interrupted. */
  let next: Deferred.Deferred<Exit.Exit<A, E> | undefined> | undefined

  const lead = Effect.suspend(() => {
    const own = Deferred.unsafeMake<Exit.Exit<A, E> | undefined>(FiberId.none)
    const begin = Effect.sync(() => {
      if (next === own) next = undefined
    })
    next = own
    return inTurn(Effect.zipRight(begin, work)).pipe(
      Effect.onExit((exit) =>
        Effect.zipRight(begin, Deferred.succeed(own, Exit.isInterrupted(exit) ? undefined : exit))
      )
    )
  })

  const ask: Effect.Effect<A, E> = Effect.suspend(() =>
    next === undefined ? lead : Effect.flatMap(Deferred.await(next), (outcome) => outcome ?? ask)
  )
  return ask
}
