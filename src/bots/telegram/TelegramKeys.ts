/** The names under which Telegram's chats, topics and messages are remembered. Pure. */
import type { TelegramDestination } from "../../services/telegram/TelegramClient.ts"
import type { Conversation } from "../shared/Conversations.ts"

const conversation = (key: string): Conversation => ({ platform: "telegram", key })

/** `<chat>`, or `<chat>/<topic>` in a forum. */
const nameOf = ({ chatId, threadId }: TelegramDestination): string =>
  threadId === undefined ? `${chatId}` : `${chatId}/${threadId}`

/** Where a chat's or a topic's current session and repository are kept. */
export const chatKey = (destination: TelegramDestination): Conversation => conversation(nameOf(destination))

/** Where the session of one message is kept. */
export const messageKey = (chatId: number, messageId: number | string): Conversation =>
  conversation(`message ${chatId}/${messageId}`)

/** The outbox's watcher of a chat or topic. */
export const watcherOf = (destination: TelegramDestination): string => `telegram:${nameOf(destination)}`
