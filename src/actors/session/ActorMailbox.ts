/**
 * An actor's mailbox: bounded, so that senders are slowed down. Checking that it is empty and closing it is one atomic
 * operation, so that no message is lost between an actor that leaves and its successor.
 */
import type { NoSuchElementException } from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Message } from "./Messages.ts"

/** The most messages that wait; a sender to a full mailbox waits for room. */
export const capacity = 64

export interface ActorMailbox {
  /** Returns whether the message was accepted: a closed mailbox accepts none. */
  readonly offer: (message: Message) => Effect.Effect<boolean>
  /** Waits for the next message. */
  readonly take: Effect.Effect<Message, NoSuchElementException>
  /** Closes the mailbox if it is empty; returns whether it did. */
  readonly closeIfEmpty: Effect.Effect<boolean>
  /** Closes the mailbox. Messages not taken are then in `left`. */
  readonly close: Effect.Effect<void>
  readonly left: Effect.Effect<Chunk.Chunk<Message>>
}

/** A mailbox that initially contains these messages. */
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
