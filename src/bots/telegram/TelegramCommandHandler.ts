/** Carries out Telegram's commands, and shows the replies. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Session } from "../../domain/Session.ts"
import type { Caller } from "../shared/ChatCommand.ts"
import * as CommandHandler from "../shared/CommandHandler.ts"
import { type Reply, textOf } from "../shared/CommandReplies.ts"
import { Command } from "../shared/CommandText.ts"
import { Conversations } from "../shared/Conversations.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import { type CommandName, leadingId } from "./TelegramCommands.ts"
import { format } from "./TelegramFiles.ts"
import { chatKey, messageKey, watcherOf } from "./TelegramKeys.ts"
import * as Questions from "./TelegramQuestions.ts"
import * as Replies from "./TelegramReplies.ts"
import * as Requests from "./TelegramRequests.ts"
import { type Asked, TelegramSender } from "./TelegramSender.ts"
import type { User } from "./TelegramUpdates.ts"
import * as View from "./TelegramView.ts"

export interface Given {
  readonly name: CommandName
  /** What follows the command. */
  readonly rest: string
  readonly asked: Asked
  /** The whole message as written. */
  readonly said: Requests.Said
  readonly user: User
  /** The message that it replies to. */
  readonly repliedTo: number | undefined
}

/** A stop waits for the sandbox to end; the person waits only this long. */
export const stopTimeout = "3 seconds"

/** Without an id, the session is that of the message replied to, else the chat's current one. */
export const callerOf = ({ asked, repliedTo, said }: Pick<Given, "asked" | "repliedTo" | "said">): Caller => ({
  by: said.by,
  conversations: [
    ...(repliedTo === undefined ? [] : [["reply", messageKey(asked.chatId, repliedTo)] as const]),
    ["current", chatKey(asked)]
  ],
  noSession: "there is no session here: start one with /new <task>, or find one with /list",
  files: format,
  stopTimeout
})

const orNothing = (rest: string): string | undefined => rest === "" ? undefined : rest

const commandOf = (name: Exclude<CommandName, "new" | "run" | "use">, rest: string): CommandHandler.Given => {
  switch (name) {
    case "start":
    case "help":
      return Command.Help()
    case "list":
      return Command.List()
    case "repo":
      return Command.Repository({ name: orNothing(rest) })
    case "reject": {
      const { id, rest: reason } = leadingId(rest)
      return Command.OnSession({ verb: name, id, reason })
    }
    default:
      return Command.OnSession({ verb: name, id: orNothing(rest), reason: "" })
  }
}

export const make = Effect.gen(function*() {
  const actions = yield* SessionActions
  const conversations = yield* Conversations
  const handle = yield* CommandHandler.make
  const questions = yield* Questions.make
  const requests = yield* Requests.make
  const { file, say } = yield* TelegramSender

  const begin = Effect.fnUntraced(function*({ asked, rest, said }: Given) {
    if (rest !== "") return yield* requests.open(said, true)
    yield* conversations.unbind(chatKey(asked))
    yield* say(asked, Replies.sentence("What should be done? Your next message starts a new session."))
  })

  const status = Effect.fnUntraced(function*(asked: Asked, session: Session) {
    const { view } = yield* actions.latest(session)
    yield* say(asked, Replies.summary(session, view, yield* Clock.currentTimeMillis), session.id)
  })

  const plan = Effect.fnUntraced(function*(asked: Asked, session: Session) {
    const { view } = yield* actions.latest(session)
    const shown = View.plan(session, view)
    yield* say(asked, shown.length > 0 ? shown : Replies.sentence("There is no plan yet."), session.id)
  })

  const use = Effect.fnUntraced(function*(given: Given) {
    const { asked, asked: { chatId, threadId }, rest } = given
    const { session } = yield* actions.find(orNothing(rest), callerOf(given))
    const target = { chatId, ...(threadId === undefined ? {} : { threadId }) }
    yield* actions.watch(session, watcherOf(asked), target)
    yield* conversations.bind(chatKey(asked), session.id)
    yield* status(asked, session)
  })

  const show = Effect.fnUntraced(function*({ asked, user }: Given, reply: Reply) {
    const about = "found" in reply ? reply.found.session : undefined
    switch (reply._tag) {
      case "Status":
        return yield* status(asked, reply.found.session)
      case "Plan":
        return yield* plan(asked, reply.found.session)
      case "ReasonWanted":
        return yield* questions.askReason(asked, user, { sessionId: reply.found.session.id, ...reply.answers })
      case "File":
        if (Option.isSome(reply.file)) return yield* file(asked, reply.file.value, reply.found.session.id)
    }
    return yield* say(
      asked,
      Replies.shows(textOf(reply, Replies.wording, yield* Clock.currentTimeMillis)),
      about?.id
    )
  })

  return Effect.fn("TelegramCommandHandler.run")(function*(given: Given) {
    const { asked, name, rest, said } = given
    switch (name) {
      case "new":
        return yield* begin(given)
      case "run":
        return yield* requests.open(said, false)
      case "use":
        return yield* use(given)
      default: {
        const reply = yield* handle(commandOf(name, rest), {
          caller: Effect.succeed(callerOf(given)),
          repositories: requests.repositoriesOf(asked)
        })
        return yield* show(given, reply)
      }
    }
  })
})
