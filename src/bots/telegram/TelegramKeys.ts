/** The places of Telegram by which the bot remembers. Pure. */
import type { TelegramPlace } from "../../services/telegram/TelegramClient.ts"
import type { Place } from "../shared/Conversations.ts"

/** `<chat>`, or `<chat>/<topic>` in a forum. */
export const placeName = ({ chatId, threadId }: TelegramPlace): string =>
  threadId === undefined ? `${chatId}` : `${chatId}/${threadId}`

/** Where a chat's or a topic's current session and repository are kept. */
export const chatPlace = (place: TelegramPlace): Place => ({ platform: "telegram", place: placeName(place) })

/** Where the session of one message is kept. */
export const messagePlace = (chatId: number, messageId: number): Place => ({
  platform: "telegram",
  place: `message ${chatId}/${messageId}`
})

/** The outbox's watcher of a chat or topic. */
export const watcherOf = (place: TelegramPlace): string => `telegram:${placeName(place)}`
