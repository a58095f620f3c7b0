/** The reply to a request: whoever asked waits for it, the actor completes it, once. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { SessionState } from "../../domain/SessionState.ts"

/** The actor's end of it. `E` is what it may be refused with. */
export interface Reply<in E> {
  readonly complete: (exit: Exit.Exit<SessionState, E>) => Effect.Effect<void>
}

/** A reply, and the wait for it. The wait is interrupted where nobody is left to complete it. */
export const make = <E>(): Effect.Effect<
  { readonly reply: Reply<E>; readonly result: Effect.Effect<SessionState, E> }
> =>
  Effect.map(Deferred.make<SessionState, E>(), (deferred) => ({
    reply: { complete: (exit) => Effect.asVoid(Deferred.done(deferred, exit)) },
    result: Deferred.await(deferred)
  }))
