/** What every method of the Bot API stand-in is made of: its arguments, its result, and its refusals. */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { type JsonObject, numberAt } from "../slack/SlackJson.ts"
import { findMessage, type TelegramChat, type TelegramMessage, type TelegramState } from "./TelegramState.ts"

/** A file sent with a request. */
export interface Upload {
  readonly name: string
  readonly mimeType: string
  readonly content: Uint8Array
}

export interface Call {
  readonly args: JsonObject
  /** By the name of their part. */
  readonly uploads: Readonly<Record<string, Upload>>
  /** Milliseconds. */
  readonly now: number
}

/** An answer with `ok: false`; the description goes out with the code's own prefix. */
export class Refusal extends Data.TaggedClass("Refusal")<{
  readonly code: number
  readonly description: string
}> {}

export interface Done {
  readonly result: unknown
  readonly state: TelegramState
}

/** A method: pure, from the stored state and a call to the result and the state after it. */
export type Method = (state: TelegramState, call: Call) => Either.Either<Done, Refusal>

export const done = (state: TelegramState, result: unknown = true): Done => ({ result, state })

/** Refuses with 400 `Bad Request`, or 403 `Forbidden`. */
export const refuse = (description: string, code: 400 | 403 = 400): Either.Either<never, Refusal> =>
  Either.left(new Refusal({ code, description: `${code === 400 ? "Bad Request" : "Forbidden"}: ${description}` }))

/** A chat that the bot knows. */
export const chatArgument = (state: TelegramState, args: JsonObject): Either.Either<TelegramChat, Refusal> => {
  if (args["chat_id"] === undefined || args["chat_id"] === "") return refuse("chat_id is empty")
  const id = numberAt(args, "chat_id")
  const found = state.chats.find((chat) => chat.id === id)
  return found === undefined || !found.open ? refuse("chat not found") : Either.right(found)
}

/** A chat that the bot may write to. */
export const writableChat = (state: TelegramState, args: JsonObject): Either.Either<TelegramChat, Refusal> =>
  Either.flatMap(chatArgument(state, args), (chat) =>
    !chat.blocked
      ? Either.right(chat)
      : refuse(
        chat.kind === "private" ? "bot was blocked by the user" : `bot was kicked from the ${chat.kind} chat`,
        403
      ))

/** A message that stands, of which the refusal says what it was wanted for, as in `message to edit`. */
export const messageArgument = (
  state: TelegramState,
  chat: TelegramChat,
  args: JsonObject,
  wanted: string
): Either.Either<TelegramMessage, Refusal> => {
  const id = numberAt(args, "message_id")
  const found = id === undefined ? undefined : findMessage(state, chat.id, id)
  return found === undefined ? refuse(`${wanted} not found`) : Either.right(found)
}

/** Where a message goes: the topic of a forum; in other chats a thread's id has no meaning and is passed over. */
export const threadArgument = (chat: TelegramChat, args: JsonObject): Either.Either<number | undefined, Refusal> => {
  const id = numberAt(args, "message_thread_id")
  if (id === undefined || id === 0 || chat.kind === "group") return Either.right(undefined)
  if (chat.topics === undefined) {
    return chat.kind === "private"
      ? refuse("message thread not found")
      : Either.right(undefined)
  }
  return chat.topics.some((topic) => topic.id === id) ? Either.right(id) : refuse("message thread not found")
}
