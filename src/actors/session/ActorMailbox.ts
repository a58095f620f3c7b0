/**
 * An actor's mailbox: bounded, so that who asks too much is held back; closed in one go with the look into it, so that no
 * message is lost between an actor that leaves and one that comes.
 */
import type { NoSuchElementException } from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Message } from "./Messages.ts"

/** Messages that wait for an actor; whoever sends more waits for room. */
const capacity = 64

export interface ActorMailbox {
  /** Returns whether it was taken: a mailbox that is closed takes no more. */
  readonly offer: (message: Message) => Effect.Effect<boolean>
  /** The next message, once there is one. */
  readonly take: Effect.Effect<Message, NoSuchElementException>
  /** Closes the mailbox if nothing is in it; returns whether it did. */
  readonly closeIfEmpty: Effect.Effect<boolean>
  /** Closes the mailbox. What nobody took is in `left` from then on. */
  readonly close: Effect.Effect<void>
  readonly left: Effect.Effect<Chunk.Chunk<Message>>
}

/** A mailbox that begins with these messages. */
export const make = (first: Iterable<Message>): Effect.Effect<ActorMailbox> =>
  Effect.gen(function*() {
    const mailbox = yield* Mailbox.make<Message>({ capacity, strategy: "suspend" })
    const left = yield* Ref.make(Chunk.fromIterable(first))
    const taken = Effect.suspend(() => Ref.modify(left, (messages) => [Chunk.head(messages), Chunk.drop(messages, 1)]))
    const drain: Effect.Effect<void> = Effect.flatMap(Effect.exit(mailbox.takeAll), (exit) =>
      Exit.isFailure(exit)
        ? Effect.void
        : Ref.update(left, Chunk.appendAll(exit.value[0])).pipe(
          Effect.zipRight(exit.value[1] ? Effect.void : drain)
        ))
    return {
      offer: (message) => mailbox.offer(message),
      take: Effect.flatMap(taken, Option.match({ onNone: () => mailbox.take, onSome: Effect.succeed })),
      closeIfEmpty: Effect.flatMap(Ref.get(left), (messages) =>
        Effect.sync(() =>
          Chunk.isEmpty(messages) && Option.getOrElse(mailbox.unsafeSize(), () =>
              0) === 0 &&
          mailbox.unsafeDone(Exit.void)
        )),
      close: Effect.zipRight(mailbox.end, drain),
      left: Ref.get(left)
    }
  })
