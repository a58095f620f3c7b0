/** A task, and a follow-up to one, from a chat or a topic of a forum. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../domain/Ids.ts"
import type { Requester } from "../domain/Requester.ts"
import { TelegramClient } from "../services/chat/TelegramClient.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { Conversations } from "./Conversations.ts"
import { parse } from "./RequestText.ts"
import { chatPlace, messagePlace, placeName, watcherOf } from "./TelegramPlaces.ts"
import { TelegramSessions } from "./TelegramSessions.ts"
import * as View from "./TelegramView.ts"

/** What a person wrote, and where. */
export interface Written {
  readonly chatId: number
  readonly threadId: number | undefined
  readonly messageId: number
  readonly text: string
  readonly by: Requester
}

export const make = Effect.gen(function*() {
  const { telegram: { defaultRepo } } = yield* AppConfig
  const client = yield* TelegramClient
  const conversations = yield* Conversations
  const sessions = yield* TelegramSessions

  /** The chat may have its reactions switched off; a request is heard all the same. */
  const receive = ({ chatId, messageId }: Written) =>
    Effect.catchAll(
      client.react({ chatId, messageId }, View.reactions.received),
      (error) => Effect.logDebug(error.message)
    )

  /** A topic's own repository, else its chat's, else the configured one. */
  const repositoryOf = (place: Pick<Written, "chatId" | "threadId">) =>
    conversations.repositoryOf([chatPlace(place), chatPlace({ chatId: place.chatId })], [defaultRepo])

  return {
    repositoryOf,
    open: Effect.fn("TelegramRequests.open")(function*(written: Written, makesCurrent: boolean) {
      const { by, chatId, messageId, text, threadId } = written
      const session = yield* conversations.open({
        platform: "telegram",
        text: parse(text),
        repository: yield* repositoryOf(written),
        by,
        key: `${chatId}/${messageId}`,
        watcher: watcherOf(written),
        target: { chatId, requestId: messageId, ...(threadId === undefined ? {} : { threadId }) },
        place: makesCurrent ? Option.some(placeName(written)) : Option.none()
      })
      yield* conversations.bind(messagePlace(chatId, messageId), session.id)
      yield* receive(written)
    }),
    followUp: Effect.fn("TelegramRequests.followUp")(function*(written: Written, session: SessionId) {
      const { by, chatId, messageId, text } = written
      yield* sessions.followUp(session, text, by, `${chatId}/${messageId}`)
      yield* conversations.bind(messagePlace(chatId, messageId), session)
      yield* receive(written)
    })
  }
})
