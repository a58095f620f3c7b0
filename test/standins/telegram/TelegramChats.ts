/** The methods of the Bot API about the bot itself, its chats, its commands and its files. */
import * as Either from "effect/Either"
import { arrayAt, isJsonObject, type JsonObject, stringAt } from "../slack/SlackJson.ts"
import {
  chatArgument,
  done,
  type Method,
  type Refusal,
  refuse,
  threadArgument,
  writableChat
} from "./TelegramMethod.ts"
import { chatWire, type TelegramState, userWire } from "./TelegramState.ts"
import { jsonArgument } from "./TelegramText.ts"

const actions = [
  "choose_sticker",
  "find_location",
  "record_video",
  "record_video_note",
  "record_voice",
  "typing",
  "upload_document",
  "upload_photo",
  "upload_video",
  "upload_video_note",
  "upload_voice"
]

/** 20 MB, what a bot may download. */
const maxDownload = 20 * 1024 * 1024

const getMe: Method = (state) =>
  Either.right(done(state, {
    ...userWire(state.bot, true),
    can_connect_to_business: false,
    can_join_groups: true,
    can_read_all_group_messages: !state.privacy,
    has_main_web_app: false,
    supports_inline_queries: false
  }))

const getChat: Method = (state, call) =>
  Either.map(
    chatArgument(state, call.args),
    (chat) => done(state, { ...chatWire(chat), accent_color_id: 0, max_reaction_count: 11 })
  )

const sendChatAction: Method = (state, call) =>
  Either.gen(function*() {
    const chat = yield* writableChat(state, call.args)
    yield* threadArgument(chat, call.args)
    const action = stringAt(call.args, "action") ?? ""
    if (!actions.includes(action)) return yield* refuse("wrong parameter action in request")
    return done({ ...state, actions: [...state.actions, { action, at: call.now, chat: chat.id }] })
  })

const checkCommand = (command: unknown): Either.Either<JsonObject, Refusal> => {
  const name = stringAt(command, "command")?.trim().replace(/^\//, "")
  const description = stringAt(command, "description")?.trim()
  return !isJsonObject(command)
    ? refuse("can't parse BotCommand: expected an Object")
    : name === undefined || description === undefined
    ? refuse(`can't parse BotCommand: Can't find field "${name === undefined ? "command" : "description"}"`)
    : name === ""
    ? refuse("command must be non-empty")
    : name.length > 32
    ? refuse("command length must not exceed 32")
    : !/^[a-z0-9_]+$/.test(name)
    ? refuse("BOT_COMMAND_INVALID")
    : description === ""
    ? refuse("command description must be non-empty")
    : description.length > 256
    ? refuse("command description length must not exceed 256")
    : Either.right({ command: name, description })
}

const scopeOf = (args: JsonObject) =>
  JSON.stringify([jsonArgument(args, "scope") ?? { type: "default" }, stringAt(args, "language_code") ?? ""])

const setMyCommands: Method = (state, call) =>
  Either.gen(function*() {
    const given = jsonArgument(call.args, "commands")
    if (!Array.isArray(given)) return yield* refuse("can't parse commands JSON object")
    if (given.length > 100) return yield* refuse("BOT_COMMANDS_TOO_MUCH")
    const commands = yield* Either.all(arrayAt({ given }, "given").map(checkCommand))
    return done({ ...state, commands: { ...state.commands, [scopeOf(call.args)]: commands } })
  })

const getMyCommands: Method = (state, call) => Either.right(done(state, state.commands[scopeOf(call.args)] ?? []))

const deleteMyCommands: Method = (state, call) =>
  Either.right(done({ ...state, commands: { ...state.commands, [scopeOf(call.args)]: [] } }))

const dropped = (state: TelegramState, args: JsonObject): TelegramState =>
  args["drop_pending_updates"] === "true" || args["drop_pending_updates"] === true ? { ...state, updates: [] } : state

const setWebhook: Method = (state, call) =>
  Either.right(done({ ...dropped(state, call.args), webhook: stringAt(call.args, "url") ?? "" }))

const deleteWebhook: Method = (state, call) => Either.right(done({ ...dropped(state, call.args), webhook: "" }))

const getWebhookInfo: Method = (state) =>
  Either.right(done(state, {
    has_custom_certificate: false,
    pending_update_count: state.updates.length,
    url: state.webhook
  }))

const getFile: Method = (state, call) => {
  const file = state.files.find((each) => each.fileId === call.args["file_id"])
  return file === undefined
    ? refuse("wrong file_id or the file is temporarily unavailable")
    : file.content.byteLength > maxDownload
    ? refuse("file is too big")
    : Either.right(done(state, {
      file_id: file.fileId,
      file_path: `documents/${file.fileId}`,
      file_size: file.content.byteLength,
      file_unique_id: `u${file.fileId}`
    }))
}

export const chatMethods: Readonly<Record<string, Method>> = {
  deletemycommands: deleteMyCommands,
  deletewebhook: deleteWebhook,
  getchat: getChat,
  getfile: getFile,
  getme: getMe,
  getmycommands: getMyCommands,
  getwebhookinfo: getWebhookInfo,
  sendchataction: sendChatAction,
  setmycommands: setMyCommands,
  setwebhook: setWebhook
}
