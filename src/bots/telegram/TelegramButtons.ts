/**
 * Buttons and reactions. Each is a command about a session. Every press gets a reply; a stranger's does nothing else.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Requester } from "../../domain/Requester.ts"
import { cut } from "../../services/support/RichText.ts"
import { TelegramClient } from "../../services/telegram/TelegramClient.ts"
import { type Caller, refusing } from "../shared/ChatCommand.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import * as StopReaction from "../shared/StopReaction.ts"
import * as ButtonData from "./TelegramButtonData.ts"
import { stopTimeout } from "./TelegramCommandHandler.ts"
import { format } from "./TelegramFiles.ts"
import { messageKey } from "./TelegramKeys.ts"
import * as People from "./TelegramPeople.ts"
import * as Questions from "./TelegramQuestions.ts"
import * as Replies from "./TelegramReplies.ts"
import { type Asked, TelegramSender } from "./TelegramSender.ts"
import type { Query, Reaction, User } from "./TelegramUpdates.ts"
import * as View from "./TelegramView.ts"

/** Telegram's limit on the reply to a press, in characters. */
const replyLimit = 200

/** A button names its session, so no conversation is needed. */
const callerOf = (by: Requester): Caller => ({ by, conversations: [], noSession: "", files: format, stopTimeout })

export const make = Effect.gen(function*() {
  const actions = yield* SessionActions
  const client = yield* TelegramClient
  const people = yield* People.make
  const questions = yield* Questions.make
  const stop = yield* StopReaction.make
  const { file } = yield* TelegramSender

  /** Carries out the button's command, and returns a sentence about it. */
  const act = Effect.fnUntraced(function*(press: ButtonData.Press, asked: Asked, user: User) {
    const { action: verb, proposal, sessionId: id, turn } = press
    const command = verb === "approve" || verb === "reject"
      ? { verb, id, answers: { turn, proposal } }
      : { verb, id, turn }
    const outcome = yield* actions.run(command, callerOf(people.requester(user)))
    switch (outcome._tag) {
      case "File": {
        if (Option.isNone(outcome.file)) return Replies.empty(outcome.kind)
        yield* file(asked, outcome.file.value, id)
        return ""
      }
      case "ReasonWanted":
        yield* questions.askReason(asked, user, { sessionId: id, ...outcome.answers })
        return "Why? Reply to my question."
      case "Approved":
      case "Rejected":
      case "Retried":
      case "BudgetAdded":
      case "Stopped":
        return Replies.done(outcome)
      default:
        return ""
    }
  })

  /** Carries out a press if the person may, and returns the reply. */
  const pressed = ({ data, from, message }: Query, updateId: number) => {
    if (!people.isAllowed(from)) return Effect.succeed("You may not use this bot.")
    const button = ButtonData.decode(data)
    if (message === undefined || Option.isNone(button)) {
      return Effect.succeed("This button no longer works. /help lists the commands.")
    }
    const asked: Asked = {
      updateId,
      chatId: message.chat.id,
      threadId: message.is_topic_message === true ? message.message_thread_id : undefined
    }
    return act(button.value, asked, from).pipe(
      refusing,
      Effect.catchTag("ChatRefusal", ({ reason }) => Effect.succeed(Replies.refusal(reason)))
    )
  }

  const press = Effect.fn("TelegramButtons.press")(function*(query: Query, updateId: number) {
    const sentence = yield* Effect.catchAllDefect(
      pressed(query, updateId),
      (defect) => Effect.as(Effect.logError("telegram: a press failed", defect), "That did not work.")
    )
    // a press can be replied to once, and only for a short time
    yield* Effect.catchAll(
      client.answerButton(query.id, cut(sentence, replyLimit)),
      (error) => Effect.logDebug(error.message)
    )
  })

  const react = Effect.fn("TelegramButtons.react")(function*(reaction: Reaction) {
    const { chat, message_id, new_reaction, old_reaction, user } = reaction
    const has = (reactions: Reaction["new_reaction"]) =>
      reactions.some(({ emoji }) => emoji === View.reactions.cancelled)
    if (user === undefined || !people.isAllowed(user) || !has(new_reaction) || has(old_reaction)) return
    yield* stop([messageKey(chat.id, message_id)], Effect.succeed(callerOf(people.requester(user)))).pipe(
      refusing,
      Effect.catchTag("ChatRefusal", (refusal) => Effect.logDebug(refusal.reason))
    )
  })

  return { press, react }
})
