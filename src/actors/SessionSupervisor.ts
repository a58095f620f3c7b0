/**
 * One supervised fiber a live session. A command reaches its session's actor, which is started where there is none;
 * closing the supervisor (a shutdown) lets go of all of them, and `recover` takes them up again.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { SessionId } from "../domain/Ids.ts"
import type { SessionNotFound } from "../domain/Session.ts"
import type { CommandRejected, SessionCommand } from "../domain/SessionCommand.ts"
import type { SessionState } from "../domain/SessionState.ts"
import type { ReceiptKey } from "../services/store/SessionStore.ts"
import type { StoreError } from "../services/store/StoreError.ts"
import * as SessionActor from "./SessionActor.ts"
import { SessionUnavailable } from "./Sessions.ts"

/** Requests that wait for an actor; a caller beyond them is held back. */
const mailboxCapacity = 64

const liveActors = Metric.gauge("opentl_live_actors", { description: "Sessions with a live actor" })

export class SessionSupervisor extends Context.Tag("opentl/actors/SessionSupervisor")<SessionSupervisor, {
  /** Sees to it that the session has an actor. Calling it twice is harmless. */
  readonly start: (id: SessionId) => Effect.Effect<void>
  /** Has the session's actor decide a command; answers the state after it. */
  readonly tell: (
    id: SessionId,
    command: SessionCommand,
    receipt?: ReceiptKey
  ) => Effect.Effect<SessionState, CommandRejected | SessionNotFound | SessionUnavailable | StoreError>
}>() {
  static readonly layer = Layer.scoped(
    SessionSupervisor,
    Effect.gen(function*() {
      const actor = yield* SessionActor.make
      const fibers = yield* FiberMap.make<SessionId>()
      const mailboxes = new Map<SessionId, SessionActor.ActorMailbox>()
      const birth = yield* Effect.makeSemaphore(1)
      const count = Effect.suspend(() => Metric.set(liveActors, mailboxes.size))

      /** Closes a mailbox with no letter in it; in one go, so that no letter can come in between. */
      const leave = (id: SessionId, mailbox: SessionActor.ActorMailbox) =>
        Effect.sync(() => {
          if (Option.getOrElse(mailbox.unsafeSize(), () => 0) > 0) return false
          if (mailboxes.get(id) === mailbox) mailboxes.delete(id)
          return mailbox.unsafeDone(Exit.void)
        })

      /** Nobody reads what is left in a mailbox: its senders are told. */
      const abandon = (id: SessionId, mailbox: SessionActor.ActorMailbox) =>
        Effect.gen(function*() {
          if (mailboxes.get(id) === mailbox) mailboxes.delete(id)
          const letters = yield* mailbox.clear
          yield* mailbox.shutdown
          for (const letter of letters) {
            if (letter._tag === "Command") yield* Deferred.interrupt(letter.envelope.reply)
          }
        })

      const mailboxOf = (id: SessionId) =>
        Effect.gen(function*() {
          const known = mailboxes.get(id)
          if (known !== undefined) return known
          const mailbox = yield* Mailbox.make<SessionActor.Letter>({ capacity: mailboxCapacity, strategy: "suspend" })
          mailboxes.set(id, mailbox)
          yield* FiberMap.run(
            fibers,
            id,
            actor.run(id, mailbox, leave(id, mailbox)).pipe(
              // the database could not be read: the session is not given up for that
              Effect.tapErrorTag("StoreError", (error) => Effect.logError(error)),
              Effect.retry({ schedule: Schedule.spaced("5 seconds"), while: (error) => error._tag === "StoreError" }),
              Effect.ensuring(Effect.zipRight(abandon(id, mailbox), count)),
              // an actor's boundary: whatever went wrong in there is its own end, never the supervisor's
              Effect.catchAllCause((cause) => Effect.logError("a session's actor gave up", cause)),
              Effect.annotateLogs({ sessionId: id })
            )
          )
          yield* count
          return mailbox
        }).pipe(birth.withPermits(1), Effect.uninterruptible)

      const tell = Effect.fn("SessionSupervisor.tell")(function*(
        id: SessionId,
        command: SessionCommand,
        receipt?: ReceiptKey
      ): Effect.fn.Return<SessionState, CommandRejected | SessionNotFound | SessionUnavailable | StoreError> {
        const reply = yield* Deferred.make<SessionState, CommandRejected | SessionNotFound | StoreError>()
        const mailbox = yield* mailboxOf(id)
        const isTaken = yield* mailbox.offer({ _tag: "Command", envelope: { command, receipt, reply } })
        // the actor has just left: the next one takes the command
        if (!isTaken) return yield* tell(id, command, receipt)
        const exit = yield* Effect.exit(Deferred.await(reply))
        return Exit.isInterrupted(exit) ? yield* new SessionUnavailable({ sessionId: id }) : yield* exit
      })

      return SessionSupervisor.of({ start: (id) => Effect.asVoid(mailboxOf(id)), tell })
    })
  )
}
