/** Asks why a plan is rejected, in a message that the person replies to; the plan in question is stored. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import { ChatMemory } from "../../services/store/ChatMemory.ts"
import { memoryKey } from "../shared/Conversations.ts"
import { messageKey } from "./TelegramKeys.ts"
import { type Asked, TelegramSender } from "./TelegramSender.ts"
import type { User } from "./TelegramUpdates.ts"

/** The plan in question. */
const Plan = Schema.Struct({ sessionId: SessionId, turn: Schema.Int, proposal: Schema.Int })
export type Plan = typeof Plan.Type

const Stored = Schema.parseJson(Plan)
const read = Schema.decodeOption(Stored)
const write = Schema.encodeSync(Stored)

const keyOf = (chatId: number, messageId: number) => memoryKey(messageKey(chatId, messageId), "reason")

export const make = Effect.gen(function*() {
  const memory = yield* ChatMemory
  const sender = yield* TelegramSender
  return {
    askReason: (asked: Asked, { first_name, id, username }: User, plan: Plan) =>
      sender.ask(
        asked,
        { id, name: first_name === "" ? username ?? "you" : first_name },
        "what is wrong with the plan? Reply to this message.",
        (messageId) => memory.set(keyOf(asked.chatId, messageId), write(plan))
      ),
    /** The plan that a message asked about. */
    answeredBy: (chatId: number, messageId: number) =>
      Effect.map(memory.get(keyOf(chatId, messageId)), Option.flatMap((stored) => read(stored)))
  }
})
