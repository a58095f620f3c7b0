/** The keys under which data about Telegram's chats, topics and messages is stored. Pure. */
import type { TelegramDestination } from "../../services/telegram/TelegramClient.ts"
import type { Conversation } from "../shared/Conversations.ts"

const conversation = (key: string): Conversation => ({ platform: "telegram", key })

/** `<chat>`, or `<chat>/<topic>` in a forum. */
const nameOf = ({ chatId, threadId }: TelegramDestination): string =>
  threadId === undefined ? `${chatId}` : `${chatId}/${threadId}`

/** The key of a chat's or topic's current session and repository. */
export const chatKey = (destination: TelegramDestination): Conversation => conversation(nameOf(destination))

/** The key of one message's session. */
export const messageKey = (chatId: number, messageId: number | string): Conversation =>
  conversation(`message ${chatId}/${messageId}`)

/** The outbox's watcher of a chat or topic. */
export const watcherOf = (destination: TelegramDestination): string => `telegram:${nameOf(destination)}`
