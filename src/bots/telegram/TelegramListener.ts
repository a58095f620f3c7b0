/** What the bot does with a message: a command, the answer to a question, a follow-up, or a task. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Conversations } from "../shared/Conversations.ts"
import { dropStart, plain } from "../shared/WrittenText.ts"
import * as CommandHandler from "./TelegramCommandHandler.ts"
import { Read, read } from "./TelegramCommands.ts"
import { chatPlace, messagePlace } from "./TelegramKeys.ts"
import * as People from "./TelegramPeople.ts"
import * as Questions from "./TelegramQuestions.ts"
import { mentions, read as readText } from "./TelegramReading.ts"
import { type Asked, TelegramReplies } from "./TelegramReplies.ts"
import * as Requests from "./TelegramRequests.ts"
import { TelegramSessions } from "./TelegramSessions.ts"
import type { Message } from "./TelegramUpdates.ts"
import * as View from "./TelegramView.ts"

/** The message that one replies to; in a topic the one that made the topic is none. */
const repliedTo = ({ reply_to_message: replied }: Message) =>
  replied === undefined || replied.forum_topic_created !== undefined ? undefined : replied

/** Makes the handler of messages; `bot` is the bot itself. */
export const make = Effect.fnUntraced(function*(bot: { readonly id: number; readonly username: string }) {
  const conversations = yield* Conversations
  const people = yield* People.make
  const questions = yield* Questions.make
  const replies = yield* TelegramReplies
  const requests = yield* Requests.make
  const runCommand = yield* CommandHandler.make
  const sessions = yield* TelegramSessions

  const reject = Effect.fnUntraced(function*(asked: Asked, said: Requests.Said, plan: Questions.Plan) {
    const { proposal, sessionId, turn } = plan
    yield* sessions.reject(sessionId, plain(said.written).trim(), said.by, { turn, proposal })
    yield* replies.say(asked, View.sentence("Rejected: it is planned again."), sessionId)
  })

  /** In a group not all that is written is for the bot: what names it, replies to it, or goes on with a session is. */
  const take = Effect.fnUntraced(function*(
    message: Message,
    asked: Asked,
    said: Requests.Said,
    isAddressed: boolean
  ) {
    const replied = repliedTo(message)?.message_id
    const question = replied === undefined ? Option.none() : yield* questions.answeredBy(asked.chatId, replied)
    if (Option.isSome(question)) return yield* reject(asked, said, question.value)
    const theirs = replied === undefined
      ? Option.none()
      : yield* conversations.sessionAt(messagePlace(asked.chatId, replied))
    const session = Option.isSome(theirs) ? theirs : yield* conversations.sessionAt(chatPlace(asked))
    if (Option.isSome(session)) return yield* requests.followUp(said, session.value)
    if (isAddressed || asked.threadId !== undefined) yield* requests.open(said, true)
  })

  return Effect.fn("TelegramMessages.handle")(function*(message: Message, updateId: number) {
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
          ? replies.say(asked, View.sentence(`There is no command /${name}: /help lists them.`))
          : Effect.void,
      Command: ({ name, rest }) =>
        Effect.gen(function*() {
          const replied = repliedTo(message)
          const session = replied === undefined
            ? Option.none()
            : yield* conversations.sessionAt(messagePlace(asked.chatId, replied.message_id))
          const task = dropStart(written, words.length - rest.length)
          yield* runCommand({ name, rest, asked, said: { ...said, written: task }, user, replied: session })
        }),
      Text: () => take(message, asked, said, isAddressed)
    }).pipe(
      Effect.catchTag("ChatRefusal", (refusal) => replies.say(asked, View.sentence(View.refusal(refusal.reason))))
    )
  })
})
