/** The reply to a request: the requester waits for it, the actor completes it once. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { SessionState } from "../../domain/SessionState.ts"

/** The actor's side of a reply. `E` is the error that it may refuse with. */
export interface Reply<in E> {
  readonly complete: (exit: Exit.Exit<SessionState, E>) => Effect.Effect<void>
}

/** Makes a reply and the effect that waits for it. */
export const make = <E>(): Effect.Effect<
  { readonly reply: Reply<E>; readonly result: Effect.Effect<SessionState, E> }
> =>
  Effect.map(Deferred.make<SessionState, E>(), (deferred) => ({
    reply: { complete: (exit) => Effect.asVoid(Deferred.done(deferred, exit)) },
    result: Deferred.await(deferred)
  }))
