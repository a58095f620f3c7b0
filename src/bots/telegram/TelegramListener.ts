/**
 * Handles what people do in Telegram: a message is a command, a reply to a question, a follow-up, or a task; a press
 * belongs to a button.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StoreError } from "../../services/store/StoreError.ts"
import { refusing } from "../shared/ChatCommand.ts"
import { Conversations } from "../shared/Conversations.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import { dropStart, plain } from "../shared/WrittenText.ts"
import * as Buttons from "./TelegramButtons.ts"
import * as CommandHandler from "./TelegramCommandHandler.ts"
import { Read, read } from "./TelegramCommands.ts"
import { chatKey, messageKey } from "./TelegramKeys.ts"
import * as People from "./TelegramPeople.ts"
import * as Questions from "./TelegramQuestions.ts"
import { mentions, read as readText } from "./TelegramReading.ts"
import * as Replies from "./TelegramReplies.ts"
import * as Requests from "./TelegramRequests.ts"
import { type Asked, TelegramSender } from "./TelegramSender.ts"
import type { Message, Update } from "./TelegramUpdates.ts"

/** The message that this one replies to. In a topic, the message that created the topic does not count. */
const repliedTo = ({ reply_to_message: replied }: Message) =>
  replied === undefined || replied.forum_topic_created !== undefined ? undefined : replied

/** Makes the handler for updates; `bot` is the bot's identity. */
export const make = Effect.fnUntraced(function*(bot: { readonly id: number; readonly username: string }) {
  const actions = yield* SessionActions
  const conversations = yield* Conversations
  const people = yield* People.make
  const questions = yield* Questions.make
  const { say } = yield* TelegramSender
  const requests = yield* Requests.make
  const runCommand = yield* CommandHandler.make
  const { press, react } = yield* Buttons.make

  const reject = Effect.fnUntraced(function*(asked: Asked, said: Requests.Said, plan: Questions.Plan) {
    const { proposal, sessionId, turn } = plan
    const outcome = yield* actions.run(
      { verb: "reject", id: sessionId, reason: plain(said.written).trim(), answers: { turn, proposal } },
      CommandHandler.callerOf({ asked, said, repliedTo: undefined })
    )
    if (outcome._tag === "Rejected") yield* say(asked, Replies.sentence(Replies.done(outcome)), sessionId)
  })

  /**
   * Handles a message. In a group only some messages are for the bot: those that mention it, reply to it, or continue a
   * session.
   */
  const take = Effect.fnUntraced(function*(
    message: Message,
    asked: Asked,
    said: Requests.Said,
    isAddressed: boolean
  ) {
    const replied = repliedTo(message)?.message_id
    const question = replied === undefined ? Option.none() : yield* questions.answeredBy(asked.chatId, replied)
    if (Option.isSome(question)) return yield* reject(asked, said, question.value)
    const session = yield* conversations.sessionOf(
      ...(replied === undefined ? [] : [messageKey(asked.chatId, replied)]),
      chatKey(asked)
    )
    if (Option.isSome(session)) return yield* requests.followUp(said, session.value)
    if (isAddressed || asked.threadId !== undefined) yield* requests.open(said, true)
  })

  const onMessage = Effect.fn("TelegramListener.onMessage")(function*(message: Message, updateId: number) {
    const user = message.from
    const text = message.text ?? message.caption ?? ""
    if (user === undefined || text.trim() === "") return
    const written = readText(text, message.entities ?? message.caption_entities ?? [], bot.username)
    const words = plain(written).trimEnd()
    const command = read(words, bot.username)
    const asked: Asked = {
      updateId,
      chatId: message.chat.id,
      threadId: message.is_topic_message === true ? message.message_thread_id : undefined,
      replyTo: message.message_id
    }
    const isAddressed = message.chat.type === "private" || repliedTo(message)?.from?.id === bot.id ||
      command._tag === "Command" || mentions(text, bot.username)
    if (!people.isAllowed(user)) {
      if (isAddressed) yield* people.turnAway(user, asked)
      return
    }
    const said: Requests.Said = {
      chatId: asked.chatId,
      threadId: asked.threadId,
      messageId: message.message_id,
      written,
      by: people.requester(user)
    }
    yield* Read.$match(command, {
      ForAnother: () => Effect.void,
      Unknown: ({ name }) =>
        isAddressed
          ? say(asked, Replies.sentence(`There is no command /${name}. /help lists the commands.`))
          : Effect.void,
      Command: ({ name, rest }) =>
        runCommand({
          name,
          rest,
          asked,
          said: { ...said, written: dropStart(written, words.length - rest.length) },
          user,
          repliedTo: repliedTo(message)?.message_id
        }),
      Text: () => take(message, asked, said, isAddressed)
    }).pipe(
      refusing,
      Effect.catchTag("ChatRefusal", (refusal) => say(asked, Replies.sentence(Replies.refusal(refusal.reason))))
    )
  })

  /** Handles an update. Refusals are sent to whoever asked. */
  return ({ callback_query, message, message_reaction, update_id }: Update): Effect.Effect<void, StoreError> =>
    message !== undefined
      ? onMessage(message, update_id)
      : callback_query !== undefined
      ? press(callback_query, update_id)
      : message_reaction !== undefined
      ? react(message_reaction)
      : Effect.void
})
