/** What the Telegram stand-in keeps: chats, their messages, the updates that wait for the bot, and what was asked. */
import type { RateExcess } from "../slack/SlackFaults.ts"
import { compact, type JsonObject } from "../slack/SlackJson.ts"
import type { TelegramEntity } from "./TelegramMarkdown.ts"

export interface TelegramUser {
  readonly id: number
  readonly firstName: string
  readonly username: string | undefined
}

export interface TelegramTopic {
  readonly id: number
  readonly name: string
}

export interface TelegramChat {
  readonly id: number
  readonly kind: "private" | "group" | "supergroup"
  readonly title: string
  /** The topics of a forum; undefined for a chat without topics. */
  readonly topics: ReadonlyArray<TelegramTopic> | undefined
  /** Whether the bot may write: a person has to write first, and a group must have the bot in it. */
  readonly open: boolean
  /** The person blocked the bot, or the group removed it. */
  readonly blocked: boolean
}

export interface TelegramDocument {
  readonly fileId: string
  readonly name: string
  readonly mimeType: string
  readonly content: Uint8Array
}

/** What a message showed before it was edited. */
export interface TelegramEdit {
  readonly text: string
  readonly entities: ReadonlyArray<TelegramEntity>
  readonly keyboard: JsonObject | undefined
  /** When this form was replaced, in milliseconds. */
  readonly until: number
}

export interface TelegramMessage {
  readonly chat: number
  /** Counts within its chat. */
  readonly id: number
  readonly from: TelegramUser
  /** Milliseconds. */
  readonly date: number
  /** The plain text, or a document's caption, after markup was read and white space was trimmed. */
  readonly text: string
  readonly entities: ReadonlyArray<TelegramEntity>
  readonly keyboard: JsonObject | undefined
  readonly replyTo: number | undefined
  readonly threadId: number | undefined
  readonly document: TelegramDocument | undefined
  readonly reactions: ReadonlyArray<{ readonly user: number; readonly emoji: string }>
  readonly deleted: boolean
  /** The forms it had before, oldest first. */
  readonly edits: ReadonlyArray<TelegramEdit>
}

export interface TelegramQuery {
  readonly id: string
  readonly from: number
  readonly data: string
  readonly askedAt: number
  /** What the bot answered; undefined until it does. */
  readonly answer: JsonObject | undefined
}

/** One request that reached the Bot API. */
export interface TelegramCall {
  readonly at: number
  readonly method: string
  readonly args: JsonObject
  /** `ok`, the error's description, or `lost request` and `lost response`. */
  readonly outcome: string
}

export interface TelegramViolation extends RateExcess {
  readonly at: number
  readonly method: string
}

export interface TelegramUpdate {
  readonly update_id: number
  readonly [kind: string]: unknown
}

export interface TelegramState {
  readonly bot: TelegramUser
  readonly users: ReadonlyArray<TelegramUser>
  readonly chats: ReadonlyArray<TelegramChat>
  readonly messages: ReadonlyArray<TelegramMessage>
  readonly queries: ReadonlyArray<TelegramQuery>
  /** Updates that the bot did not confirm yet. */
  readonly updates: ReadonlyArray<TelegramUpdate>
  readonly lastUpdateId: number
  /** The kinds of update the bot asked for last; undefined for the usual ones. */
  readonly allowedUpdates: ReadonlyArray<string> | undefined
  /** Counts the `getUpdates` calls; a waiting one ends when it is no more the last. */
  readonly poll: number
  readonly webhook: string
  /** Privacy mode: in groups the bot gets only commands, replies to it and messages that name it. */
  readonly privacy: boolean
  readonly commands: Readonly<Record<string, ReadonlyArray<unknown>>>
  readonly actions: ReadonlyArray<{ readonly chat: number; readonly action: string; readonly at: number }>
  readonly files: ReadonlyArray<TelegramDocument>
  readonly calls: ReadonlyArray<TelegramCall>
  readonly violations: ReadonlyArray<TelegramViolation>
}

export const findMessage = (state: TelegramState, chat: number, id: number): TelegramMessage | undefined =>
  state.messages.find((message) => message.chat === chat && message.id === id && !message.deleted)

export const putMessage = (state: TelegramState, message: TelegramMessage): TelegramState => ({
  ...state,
  messages: state.messages.map((each) => each.chat === message.chat && each.id === message.id ? message : each)
})

/** The messages of a chat that stand, in the order of sending. */
export const messagesIn = (state: TelegramState, chat: number): ReadonlyArray<TelegramMessage> =>
  state.messages.filter((message) => message.chat === chat && !message.deleted)

/** The id of a chat's next message; topics take theirs from the same numbers. */
export const nextMessageId = (state: TelegramState, chat: number): number =>
  Math.max(
    0,
    ...state.messages.filter((message) => message.chat === chat).map((message) => message.id),
    ...(state.chats.find((each) => each.id === chat)?.topics ?? []).map((topic) => topic.id)
  ) + 1

/** A message that nobody edited or reacted to yet. */
export const newMessage = (
  fields: Pick<TelegramMessage, "chat" | "id" | "from" | "date" | "text"> & Partial<TelegramMessage>
): TelegramMessage => ({
  deleted: false,
  document: undefined,
  edits: [],
  entities: [],
  keyboard: undefined,
  reactions: [],
  replyTo: undefined,
  threadId: undefined,
  ...fields
})

/** Kinds of update that come only to a bot that asks for them by name. */
const onRequest = ["chat_member", "message_reaction", "message_reaction_count"]

/** The state with one update more, unless the bot does not want its kind. */
export const addUpdate = (state: TelegramState, kind: string, payload: JsonObject): TelegramState => {
  const wanted = state.allowedUpdates?.includes(kind) ?? !onRequest.includes(kind)
  if (!wanted) return state
  const lastUpdateId = state.lastUpdateId + 1
  return { ...state, lastUpdateId, updates: [...state.updates, { [kind]: payload, update_id: lastUpdateId }] }
}

export const userWire = (user: TelegramUser, isBot: boolean): JsonObject =>
  compact({ first_name: user.firstName, id: user.id, is_bot: isBot, username: user.username })

export const chatWire = (chat: TelegramChat): JsonObject =>
  compact({
    id: chat.id,
    is_forum: chat.topics === undefined ? undefined : true,
    type: chat.kind,
    ...(chat.kind === "private" ? { first_name: chat.title } : { title: chat.title })
  })

export const documentWire = (document: TelegramDocument): JsonObject => ({
  file_id: document.fileId,
  file_name: document.name,
  file_size: document.content.byteLength,
  file_unique_id: `u${document.fileId}`,
  mime_type: document.mimeType
})

/**
 * A message as the Bot API writes it. In a forum's topic a message that is no reply refers to the service message that
 * made the topic, as the real one does.
 */
export const messageWire = (state: TelegramState, message: TelegramMessage, nested = true): JsonObject => {
  const chat = state.chats.find((each) => each.id === message.chat)
  const topic = chat?.topics?.find((each) => each.id === message.threadId)
  const replied = message.replyTo === undefined ? undefined : findMessage(state, message.chat, message.replyTo)
  const base = { chat: chat === undefined ? undefined : chatWire(chat), date: Math.floor(message.date / 1000) }
  const created = topic === undefined
    ? undefined
    : { ...base, forum_topic_created: { icon_color: 7322096, name: topic.name }, message_id: topic.id }
  const text = message.document === undefined
    ? { entities: message.entities, text: message.text }
    : { caption: message.text, caption_entities: message.entities, document: documentWire(message.document) }
  return compact({
    ...Object.fromEntries(Object.entries(text).filter(([, value]) => value.length !== 0)),
    ...base,
    edit_date: message.edits.length > 0 ? Math.floor((message.edits.at(-1)?.until ?? 0) / 1000) : undefined,
    from: userWire(message.from, message.from.id === state.bot.id),
    is_topic_message: topic === undefined ? undefined : true,
    message_id: message.id,
    message_thread_id: message.threadId,
    reply_markup: message.keyboard,
    reply_to_message: !nested ? undefined : replied !== undefined ? messageWire(state, replied, false) : created
  })
}
