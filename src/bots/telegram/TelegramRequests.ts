/** Tasks and follow-ups from a chat or a forum topic. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { TelegramClient, type TelegramDestination } from "../../services/telegram/TelegramClient.ts"
import * as ChatRequests from "../shared/ChatRequests.ts"
import { Conversations, type Repositories } from "../shared/Conversations.ts"
import { chatKey, messageKey, watcherOf } from "./TelegramKeys.ts"
import * as View from "./TelegramView.ts"

/** A message from a person, and its chat. */
export interface Said extends Pick<ChatRequests.Said, "by" | "written"> {
  readonly chatId: number
  readonly threadId: number | undefined
  readonly messageId: number
}

const inChat = ({ by, chatId, messageId, written }: Said): ChatRequests.Said => ({
  message: messageKey(chatId, messageId),
  key: `${chatId}/${messageId}`,
  written,
  by
})

export const make = Effect.gen(function*() {
  const { telegram: { defaultRepo } } = yield* AppConfig
  const client = yield* TelegramClient
  const conversations = yield* Conversations
  const requests = yield* ChatRequests.make

  /**
   * Acknowledges a request with a reaction. The chat may have reactions switched off; the request is accepted anyway.
   */
  const receive = ({ chatId, messageId }: Said) =>
    Effect.catchAll(
      client.react({ chatId, messageId }, View.reactions.received),
      (error) => Effect.logDebug(error.message)
    )

  /** Where to look for the repository: the topic, then its chat. */
  const repositoriesOf = ({ chatId, threadId }: TelegramDestination): Repositories => ({
    conversations: [chatKey({ chatId, threadId }), chatKey({ chatId })],
    configured: [defaultRepo]
  })

  return {
    repositoriesOf,
    /** Creates a session. It becomes the chat's current one if `replacesCurrent`, or if there is none. */
    open: Effect.fn("TelegramRequests.open")(function*(said: Said, replacesCurrent: boolean) {
      const { chatId, messageId, threadId } = said
      const makesCurrent = replacesCurrent || Option.isNone(yield* conversations.sessionOf(chatKey(said)))
      yield* requests.open(inChat(said), {
        repositories: repositoriesOf(said),
        watcher: watcherOf(said),
        target: { chatId, requestId: messageId, ...(threadId === undefined ? {} : { threadId }) },
        conversations: makesCurrent ? [chatKey(said)] : []
      })
      yield* receive(said)
    }),
    followUp: Effect.fn("TelegramRequests.followUp")(function*(said: Said, session: SessionId) {
      yield* requests.followUp(inChat(said), session)
      yield* receive(said)
    })
  }
})
