/** What the bot does when a button is pressed, or a message is reacted to. Every press is answered; a stranger's does nothing. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TelegramClient } from "../../services/telegram/TelegramClient.ts"
import { cut } from "../../services/telegram/TelegramText.ts"
import { Conversations } from "../shared/Conversations.ts"
import * as Buttons from "./TelegramButtonData.ts"
import { SessionFiles } from "./TelegramFiles.ts"
import { messagePlace } from "./TelegramKeys.ts"
import * as People from "./TelegramPeople.ts"
import * as Questions from "./TelegramQuestions.ts"
import { type Asked, TelegramReplies } from "./TelegramReplies.ts"
import { TelegramSessions } from "./TelegramSessions.ts"
import type { Query, Reaction, User } from "./TelegramUpdates.ts"
import * as View from "./TelegramView.ts"

/** Telegram's limit on what a press is answered with. */
const answerLimit = 200

export const make = Effect.gen(function*() {
  const client = yield* TelegramClient
  const conversations = yield* Conversations
  const files = yield* SessionFiles
  const people = yield* People.make
  const questions = yield* Questions.make
  const replies = yield* TelegramReplies
  const sessions = yield* TelegramSessions

  /** Does what the button says, and answers with a sentence. */
  const act = Effect.fnUntraced(function*(press: Buttons.Press, asked: Asked, user: User) {
    const { action, proposal, sessionId, turn } = press
    const by = people.requester(user)
    if (action === "diff" || action === "log") {
      const file = yield* files[action](sessionId)
      if (file === undefined) return action === "diff" ? "Nothing was changed yet." : "The log is empty."
      yield* replies.file(asked, file, sessionId)
      return ""
    }
    switch (action) {
      case "approve":
        yield* sessions.approve(sessionId, by, { turn, proposal })
        return "Approved."
      case "reject": {
        // nobody is asked why about a plan that does not wait any more
        const { view } = yield* sessions.latest(sessionId)
        if (!view.waiting || view.turn !== turn || view.proposals !== proposal) return "That plan was answered already."
        yield* questions.askReason(asked, user, { sessionId, turn, proposal })
        return "Why? Reply to my question."
      }
      case "stop": {
        // a stop is of a turn: the button of one that is over must not stop the next
        const { view } = yield* sessions.latest(sessionId)
        if (view.turn !== turn || view.end !== undefined) return "That turn is over."
        return (yield* sessions.stop(sessionId, by)) ? "Stopped." : "Stopping."
      }
      case "retry":
        yield* sessions.retry(sessionId, by, turn)
        return "Trying again."
    }
  })

  /** Does what was pressed, where the person may; what they are told of it. */
  const pressed = ({ data, from, message }: Query, updateId: number) => {
    if (!people.isAllowed(from)) return Effect.succeed("You may not use this bot.")
    const button = Buttons.decode(data)
    if (message === undefined || Option.isNone(button)) {
      return Effect.succeed("This button is not in use any more: /help lists what there is.")
    }
    const asked: Asked = {
      updateId,
      chatId: message.chat.id,
      threadId: message.is_topic_message === true ? message.message_thread_id : undefined
    }
    return Effect.catchTag(
      act(button.value, asked, from),
      "ChatRefusal",
      ({ reason }) => Effect.succeed(View.refusal(reason))
    )
  }

  const press = Effect.fn("TelegramPresses.press")(function*(query: Query, updateId: number) {
    const sentence = yield* Effect.catchAllDefect(
      pressed(query, updateId),
      (defect) => Effect.as(Effect.logError("telegram: a press failed", defect), "That did not work.")
    )
    // it can be answered once, and for a short time
    yield* Effect.catchAll(
      client.answerButton(query.id, cut(sentence, answerLimit)),
      (error) => Effect.logDebug(error.message)
    )
  })

  const react = Effect.fn("TelegramPresses.react")(function*(reaction: Reaction) {
    const { chat, message_id, new_reaction, old_reaction, user } = reaction
    const has = (reactions: Reaction["new_reaction"]) =>
      reactions.some(({ emoji }) => emoji === View.reactions.cancelled)
    if (user === undefined || !people.isAllowed(user) || !has(new_reaction) || has(old_reaction)) return
    const session = yield* conversations.sessionAt(messagePlace(chat.id, message_id))
    if (Option.isNone(session)) return
    yield* Effect.catchTag(
      sessions.stop(session.value, people.requester(user)),
      "ChatRefusal",
      (refusal) => Effect.logDebug(refusal.reason)
    )
  })

  return { press, react }
})
