/** Who may use the bot, and what they are called. A stranger is told their id once a day, and nothing else. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Requester } from "../../domain/Requester.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { ChatMemory } from "../../services/store/ChatMemory.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { Conversations } from "../shared/Conversations.ts"
import * as ReplyOnce from "../shared/ReplyOnce.ts"
import { sentence } from "./TelegramReplies.ts"
import { type Asked, TelegramSender } from "./TelegramSender.ts"
import type { User } from "./TelegramUpdates.ts"

/** Whether the list contains the user by id, or by `@name` in any case. A name of digits only is an id. */
export const isAllowed = (allowed: ReadonlyArray<string>, { id, username }: User): boolean =>
  allowed.some((entry) =>
    /^\d+$/.test(entry)
      ? entry === String(id)
      : username !== undefined && entry.replace(/^@/, "").toLowerCase() === username.toLowerCase()
  )

const day = Duration.days(1)
/** Marks a stranger who was told. */
const told = "turned-away"

export const make = Effect.gen(function*() {
  const { telegram: { allowedUsers } } = yield* AppConfig
  const conversations = yield* Conversations
  const memory = yield* ChatMemory
  const replyOnce = yield* ReplyOnce.make
  const sender = yield* TelegramSender

  return {
    /** Messages from bots are not requests. */
    isAllowed: (user: User): boolean => !user.is_bot && isAllowed(allowedUsers, user),
    requester: ({ first_name, id, username }: User): Requester =>
      conversations.requester("telegram", String(id), username ?? first_name),
    turnAway: Effect.fn("TelegramPeople.turnAway")(function*(user: User, asked: Asked) {
      if (user.is_bot) return
      yield* memory.forget("telegram", told, day)
      // claimed first, so that a stranger who writes in two chats at once is told once
      yield* replyOnce(
        { platform: "telegram", place: `user ${user.id}`, name: told },
        "told",
        sender.say(asked, sentence(`Your Telegram id is ${user.id}.`))
      )
    })
  }
})

export interface TelegramPeople {
  readonly isAllowed: (user: User) => boolean
  readonly requester: (user: User) => Requester
  readonly turnAway: (user: User, asked: Asked) => Effect.Effect<void, StoreError>
}
