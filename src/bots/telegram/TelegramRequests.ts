/** Tasks and follow-ups from a chat or a forum topic. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { TelegramClient, type TelegramDestination } from "../../services/telegram/TelegramClient.ts"
import { Conversations, type Repositories } from "../shared/Conversations.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import { plain, type Written } from "../shared/WrittenText.ts"
import { chatKey, messageKey, watcherOf } from "./TelegramKeys.ts"
import * as View from "./TelegramView.ts"

/** A message from a person, and its chat. */
export interface Said {
  readonly chatId: number
  readonly threadId: number | undefined
  readonly messageId: number
  readonly written: Written
  readonly by: Requester
}

export const make = Effect.gen(function*() {
  const { telegram: { defaultRepo } } = yield* AppConfig
  const client = yield* TelegramClient
  const conversations = yield* Conversations
  const actions = yield* SessionActions

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
      const { by, chatId, messageId, threadId, written } = said
      const makesCurrent = replacesCurrent || Option.isNone(yield* conversations.sessionOf(chatKey(said)))
      const session = yield* conversations.open({
        platform: "telegram",
        written,
        repositories: repositoriesOf(said),
        by,
        key: `${chatId}/${messageId}`,
        watcher: watcherOf(said),
        target: { chatId, requestId: messageId, ...(threadId === undefined ? {} : { threadId }) },
        conversation: makesCurrent ? Option.some(chatKey(said)) : Option.none()
      })
      yield* conversations.bind(messageKey(chatId, messageId), session.id)
      yield* receive(said)
    }),
    followUp: Effect.fn("TelegramRequests.followUp")(function*(said: Said, session: SessionId) {
      const { by, chatId, messageId, written } = said
      yield* actions.followUp(session, plain(written), by, `telegram:${chatId}/${messageId}`)
      yield* conversations.bind(messageKey(chatId, messageId), session)
      yield* receive(said)
    })
  }
})
