/** The methods of the Bot API about messages: sending, editing, deleting, reacting, and answering buttons. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { arrayAt, at, flagAt, isJsonObject, numberAt, stringAt } from "../slack/SlackJson.ts"
import type { FormattedText } from "./TelegramMarkdown.ts"
import {
  type Call,
  chatArgument,
  type Done,
  done,
  messageArgument,
  type Method,
  Refusal,
  refuse,
  threadArgument,
  writableChat
} from "./TelegramMethod.ts"
import { isReaction } from "./TelegramReactions.ts"
import {
  findMessage,
  messageWire,
  newMessage,
  nextMessageId,
  putMessage,
  type TelegramChat,
  type TelegramDocument,
  type TelegramMessage,
  type TelegramState
} from "./TelegramState.ts"
import { jsonArgument, keyboardArgument, textArgument } from "./TelegramText.ts"

const text = { entities: "entities", max: 4096, text: "text" } as const
const caption = { entities: "caption_entities", max: 1024, text: "caption" } as const

/** 50 MB, what a bot may upload. */
const maxUpload = 50 * 1024 * 1024

/** How long a button's press can be answered, in milliseconds. */
const queryLife = 15 * 60 * 1000

const tooLarge = new Refusal({ code: 413, description: "Request Entity Too Large" })

/** The message that is replied to: one that stands, or none where the bot allows it. */
const replyArgument = (
  state: TelegramState,
  chat: TelegramChat,
  { args }: Call
): Either.Either<number | undefined, Refusal> => {
  const given = jsonArgument(args, "reply_parameters")
  if (args["reply_parameters"] !== undefined && !isJsonObject(given)) {
    return refuse("can't parse reply parameters JSON object")
  }
  const id = numberAt(given, "message_id") ?? numberAt(args, "reply_to_message_id")
  if (id === undefined) return isJsonObject(given) ? refuse("can't find field \"message_id\"") : Either.right(undefined)
  return findMessage(state, chat.id, id) !== undefined
    ? Either.right(id)
    : flagAt(given, "allow_sending_without_reply") || flagAt(args, "allow_sending_without_reply")
    ? Either.right(undefined)
    : refuse("message to be replied not found")
}

const send = (
  state: TelegramState,
  call: Call,
  read: (chat: TelegramChat) => Either.Either<{
    readonly content: FormattedText
    readonly document: TelegramDocument | undefined
  }, Refusal>
): Either.Either<Done, Refusal> =>
  Either.gen(function*() {
    const chat = yield* writableChat(state, call.args)
    const { content, document } = yield* read(chat)
    const keyboard = yield* keyboardArgument(call.args, false)
    const threadId = yield* threadArgument(chat, call.args)
    const replyTo = yield* replyArgument(state, chat, call)
    const message = newMessage({
      ...content,
      chat: chat.id,
      date: call.now,
      document,
      from: state.bot,
      id: nextMessageId(state, chat.id),
      keyboard,
      replyTo,
      threadId: threadId ?? (chat.topics === undefined
        ? undefined
        : findMessage(state, chat.id, replyTo ?? 0)?.threadId)
    })
    const after = {
      ...state,
      files: document === undefined || state.files.includes(document) ? state.files : [...state.files, document],
      messages: [...state.messages, message]
    }
    return done(after, messageWire(after, message))
  })

const sendMessage: Method = (state, call) =>
  send(state, call, () => Either.map(textArgument(call.args, text), (content) => ({ content, document: undefined })))

/** A file that came with the request, under its own name or as `attach://name`, or one sent before, by its id. */
const documentArgument = (state: TelegramState, call: Call): Either.Either<TelegramDocument, Refusal> => {
  const named = stringAt(call.args, "document")
  const upload = call.uploads[named?.replace(/^attach:\/\//, "") ?? "document"]
  if (upload !== undefined) {
    return upload.content.byteLength === 0
      ? refuse("file must be non-empty")
      : upload.content.byteLength > maxUpload
      ? Either.left(tooLarge)
      : Either.right({ ...upload, fileId: `file-${state.files.length + 1}` })
  }
  if (named === undefined || named === "") return refuse("there is no document in the request")
  const known = state.files.find((file) => file.fileId === named)
  return known === undefined ? refuse("wrong file identifier/HTTP URL specified") : Either.right(known)
}

const sendDocument: Method = (state, call) =>
  send(state, call, () =>
    Either.gen(function*() {
      const document = yield* documentArgument(state, call)
      return { content: yield* textArgument(call.args, caption), document }
    }))

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

const edit = (
  state: TelegramState,
  call: Call,
  message: TelegramMessage,
  next: Pick<TelegramMessage, "text" | "entities" | "keyboard">
): Either.Either<Done, Refusal> => {
  const { entities, keyboard, text } = message
  if (same([text, entities, keyboard], [next.text, next.entities, next.keyboard])) {
    return refuse(
      "message is not modified: specified new message content and reply markup are exactly the same as a current " +
        "content and reply markup of the message"
    )
  }
  const edited = { ...message, ...next, edits: [...message.edits, { entities, keyboard, text, until: call.now }] }
  const after = putMessage(state, edited)
  return Either.right(done(after, messageWire(after, edited)))
}

const editable = (state: TelegramState, call: Call): Either.Either<TelegramMessage, Refusal> =>
  Either.gen(function*() {
    const chat = yield* writableChat(state, call.args)
    const message = yield* messageArgument(state, chat, call.args, "message to edit")
    return message.from.id === state.bot.id ? message : yield* refuse("message can't be edited")
  })

const editMessageText: Method = (state, call) =>
  Either.gen(function*() {
    const message = yield* editable(state, call)
    if (message.document !== undefined) return yield* refuse("there is no text in the message to edit")
    const content = yield* textArgument(call.args, text)
    return yield* edit(state, call, message, { ...content, keyboard: yield* keyboardArgument(call.args, true) })
  })

const editMessageReplyMarkup: Method = (state, call) =>
  Either.gen(function*() {
    const message = yield* editable(state, call)
    const { entities, text } = message
    return yield* edit(state, call, message, { entities, keyboard: yield* keyboardArgument(call.args, true), text })
  })

const deleteMessage: Method = (state, call) =>
  Either.gen(function*() {
    const chat = yield* chatArgument(state, call.args)
    const message = yield* messageArgument(state, chat, call.args, "message to delete")
    const may = message.from.id === state.bot.id || chat.kind === "private"
    return may
      ? done(putMessage(state, { ...message, deleted: true }))
      : yield* refuse("message can't be deleted")
  })

const setMessageReaction: Method = (state, call) =>
  Either.gen(function*() {
    const chat = yield* writableChat(state, call.args)
    const message = yield* messageArgument(state, chat, call.args, "message to react")
    const given = arrayAt({ reaction: jsonArgument(call.args, "reaction") ?? [] }, "reaction")
    const emoji = given.filter((each) => stringAt(each, "type") === "emoji").map((each) => stringAt(each, "emoji"))
    if (emoji.length < given.length) return yield* refuse("invalid reaction type specified")
    if (emoji.length > 1) return yield* refuse("REACTIONS_TOO_MANY")
    if (!emoji.every((each) => isReaction(each ?? ""))) return yield* refuse("REACTION_INVALID")
    const others = message.reactions.filter((each) => each.user !== state.bot.id)
    const ours = emoji.filter(Predicate.isString).map((each) => ({ emoji: each, user: state.bot.id }))
    return done(putMessage(state, { ...message, reactions: [...others, ...ours] }))
  })

const answerCallbackQuery: Method = (state, call) =>
  Either.gen(function*() {
    const id = stringAt(call.args, "callback_query_id")
    const query = state.queries.find((each) => each.id === id)
    if (query === undefined || query.answer !== undefined || call.now - query.askedAt > queryLife) {
      return yield* refuse("query is too old and response timeout expired or query ID is invalid")
    }
    if ((stringAt(call.args, "text") ?? "").length > 200) return yield* refuse("MESSAGE_TOO_LONG")
    const answer = { show_alert: flagAt(call.args, "show_alert"), text: at(call.args, "text") ?? "" }
    return done({ ...state, queries: state.queries.map((each) => each.id === id ? { ...each, answer } : each) })
  })

export const messageMethods: Readonly<Record<string, Method>> = {
  answercallbackquery: answerCallbackQuery,
  deletemessage: deleteMessage,
  editmessagereplymarkup: editMessageReplyMarkup,
  editmessagetext: editMessageText,
  senddocument: sendDocument,
  sendmessage: sendMessage,
  setmessagereaction: setMessageReaction
}
