/** The people of the Telegram stand-in: they write, edit, press buttons, react, and block the bot. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { arrayAt, type JsonObject, stringAt } from "../slack/SlackJson.ts"
import { awaitSome } from "../slack/SlackWaiting.ts"
import type { TelegramEntity } from "./TelegramMarkdown.ts"
import {
  addUpdate,
  chatWire,
  findMessage,
  messageWire,
  newMessage,
  nextMessageId,
  putMessage,
  type TelegramChat,
  type TelegramMessage,
  type TelegramState,
  userWire
} from "./TelegramState.ts"

/** A person cannot do this: there is no such chat, message or button. */
export class TelegramCannot extends Schema.TaggedError<TelegramCannot>()("TelegramCannot", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A message by its place. */
export interface MessageRef {
  readonly chat: number
  readonly id: number
}

export interface Writing {
  /** A group's id, or the person's own for the private chat with the bot. */
  readonly chat: number
  readonly from: number
  /** The text, or the caption of the document. */
  readonly text?: string
  /** What the writer formatted; commands, mentions and links are found. */
  readonly entities?: ReadonlyArray<TelegramEntity>
  readonly replyTo?: number
  /** The topic of a forum. */
  readonly threadId?: number
  readonly document?: { readonly name: string; readonly content: Uint8Array; readonly mimeType?: string }
}

export interface TelegramPressed {
  readonly queryId: string
  /** Waits for the bot's answer, `text` and `show_alert`. */
  readonly answered: Effect.Effect<JsonObject>
}

export interface TelegramPeople {
  /** Writes a message; commands, mentions and links in it become entities, as the service finds them. */
  readonly message: (writing: Writing) => Effect.Effect<TelegramMessage, TelegramCannot>
  readonly editMessage: (message: MessageRef, text: string) => Effect.Effect<TelegramMessage, TelegramCannot>
  /** Presses the inline button that carries the data: of the message, or of a keyboard `shown` since before an edit. */
  readonly pressButton: (
    message: MessageRef & { readonly shown?: JsonObject | undefined },
    data: string,
    from: number
  ) => Effect.Effect<TelegramPressed, TelegramCannot>
  /** Reacts with one emoji, or takes the reaction back; the bot hears it only where it asked for such updates. */
  readonly react: (
    message: MessageRef,
    emoji: string | undefined,
    from: number
  ) => Effect.Effect<void, TelegramCannot>
  /** Blocks the bot in the private chat, or removes it from a group. */
  readonly block: (chat: number) => Effect.Effect<void>
}

/** Commands, mentions and links, as they are found in what a person writes. */
export const foundEntities = (text: string): ReadonlyArray<TelegramEntity> =>
  [
    ["bot_command", /(?<![\w/])\/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/])/g] as const,
    ["mention", /(?<!\w)@[a-zA-Z][a-zA-Z0-9_]{3,31}\b/g] as const,
    ["url", /https?:\/\/[^\s<>"]*[^\s<>".,!?)]/g] as const
  ]
    .flatMap(([type, pattern]) =>
      [...text.matchAll(pattern)].map((match) => ({ length: match[0].length, offset: match.index, type }))
    )
    .filter((entity, _, all) =>
      entity.type === "url" ||
      !all.some((url) => url.type === "url" && entity.offset > url.offset && entity.offset < url.offset + url.length)
    )
    .sort((a, b) => a.offset - b.offset)

const cannot = (reason: string) => Effect.fail(new TelegramCannot({ reason }))

/** Whether a group's message reaches a bot in privacy mode. */
const reaches = (state: TelegramState, chat: TelegramChat, message: TelegramMessage): boolean => {
  if (chat.kind === "private" || !state.privacy) return true
  const replied = message.replyTo === undefined ? undefined : findMessage(state, chat.id, message.replyTo)
  const named = `@${state.bot.username ?? ""}`
  return message.text.startsWith("/") || message.text.includes(named) || replied?.from.id === state.bot.id
}

export const makePeople = (ref: SubscriptionRef.SubscriptionRef<TelegramState>): TelegramPeople => {
  const person = (state: TelegramState, id: number) => {
    const found = state.users.find((user) => user.id === id)
    return found === undefined ? cannot(`there is no user ${id}`) : Effect.succeed(found)
  }

  const place = (state: TelegramState, id: number) => {
    const found = state.chats.find((chat) => chat.id === id)
    return found === undefined ? cannot(`there is no chat ${id}`) : Effect.succeed(found)
  }

  const messageAt = (state: TelegramState, { chat, id }: MessageRef) => {
    const found = findMessage(state, chat, id)
    return found === undefined ? cannot(`there is no message ${id} in ${chat}`) : Effect.succeed(found)
  }

  const message = (writing: Writing) =>
    Effect.gen(function*() {
      const state = yield* SubscriptionRef.get(ref)
      const from = yield* person(state, writing.from)
      const chat = yield* place(state, writing.chat)
      if (chat.kind === "private" && chat.id !== from.id) return yield* cannot(`${from.id} cannot write in ${chat.id}`)
      if (writing.threadId !== undefined && chat.topics?.some((topic) => topic.id === writing.threadId) !== true) {
        return yield* cannot(`there is no topic ${writing.threadId} in ${chat.id}`)
      }
      const replied = writing.replyTo === undefined
        ? undefined
        : yield* messageAt(state, { chat: chat.id, id: writing.replyTo })
      const text = writing.text ?? ""
      const date = yield* Clock.currentTimeMillis
      return yield* SubscriptionRef.modify(ref, (current) => {
        const document = writing.document === undefined ? undefined : {
          content: writing.document.content,
          fileId: `file-${current.files.length + 1}`,
          mimeType: writing.document.mimeType ?? "text/plain",
          name: writing.document.name
        }
        const said = newMessage({
          chat: chat.id,
          date,
          document,
          entities: [...writing.entities ?? [], ...foundEntities(text)],
          from,
          id: nextMessageId(current, chat.id),
          replyTo: writing.replyTo,
          text,
          // A reply in a supergroup without topics has the id of its thread's first message.
          threadId: writing.threadId ??
            (chat.kind === "supergroup"
              ? replied?.threadId ?? (chat.topics === undefined ? replied?.id : undefined)
              : undefined)
        })
        const written: TelegramState = {
          ...current,
          chats: current.chats.map((each) => each.id === chat.id ? { ...each, blocked: false, open: true } : each),
          files: document === undefined ? current.files : [...current.files, document],
          messages: [...current.messages, said]
        }
        return [
          said,
          reaches(current, chat, said) ? addUpdate(written, "message", messageWire(written, said)) : written
        ]
      })
    })

  const editMessage = (target: MessageRef, text: string) =>
    Effect.gen(function*() {
      const { edits, entities, keyboard, ...rest } = yield* messageAt(yield* SubscriptionRef.get(ref), target)
      const until = yield* Clock.currentTimeMillis
      const next: TelegramMessage = {
        ...rest,
        edits: [...edits, { entities, keyboard, text: rest.text, until }],
        entities: foundEntities(text),
        keyboard,
        text
      }
      yield* SubscriptionRef.update(ref, (state) => {
        const after = putMessage(state, next)
        return addUpdate(after, "edited_message", messageWire(after, next))
      })
      return next
    })

  const pressButton = (target: Parameters<TelegramPeople["pressButton"]>[0], data: string, from: number) =>
    Effect.gen(function*() {
      const state = yield* SubscriptionRef.get(ref)
      const user = yield* person(state, from)
      const shown = yield* messageAt(state, target)
      const rows = arrayAt(target.shown ?? shown.keyboard, "inline_keyboard")
      const buttons = rows.flatMap((row) => arrayAt({ row }, "row"))
      if (!buttons.some((button) => stringAt(button, "callback_data") === data)) {
        return yield* cannot(`message ${target.id} in ${target.chat} has no button with ${data}`)
      }
      const askedAt = yield* Clock.currentTimeMillis
      const queryId = yield* SubscriptionRef.modify(ref, (current) => {
        const id = `query-${current.queries.length + 1}`
        const asked = { ...current, queries: [...current.queries, { answer: undefined, askedAt, data, from, id }] }
        return [
          id,
          addUpdate(asked, "callback_query", {
            chat_instance: `instance-${target.chat}`,
            data,
            from: userWire(user, false),
            id,
            message: messageWire(asked, shown)
          })
        ]
      })
      return {
        answered: awaitSome(ref, (current) => current.queries.find((query) => query.id === queryId)?.answer),
        queryId
      }
    })

  const react = (target: MessageRef, emoji: string | undefined, from: number) =>
    Effect.gen(function*() {
      const state = yield* SubscriptionRef.get(ref)
      const user = yield* person(state, from)
      const chat = yield* place(state, target.chat)
      const shown = yield* messageAt(state, target)
      const before = shown.reactions.filter((each) => each.user === from)
      const reactions = [
        ...shown.reactions.filter((each) => each.user !== from),
        ...(emoji === undefined ? [] : [{ emoji, user: from }])
      ]
      const date = yield* Clock.currentTimeMillis
      yield* SubscriptionRef.update(ref, (current) =>
        addUpdate(putMessage(current, { ...shown, reactions }), "message_reaction", {
          chat: chatWire(chat),
          date: Math.floor(date / 1000),
          message_id: target.id,
          new_reaction: emoji === undefined ? [] : [{ emoji, type: "emoji" }],
          old_reaction: before.map((each) => ({ emoji: each.emoji, type: "emoji" })),
          user: userWire(user, false)
        }))
    })

  return {
    block: (chat) =>
      SubscriptionRef.update(ref, (state) => ({
        ...state,
        chats: state.chats.map((each) => each.id === chat ? { ...each, blocked: true } : each)
      })),
    editMessage,
    message,
    pressButton,
    react
  }
}
