/** Handles the commands that people give, and replies to them. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Session } from "../../domain/Session.ts"
import type { Caller, ChatCommand, Verb } from "../shared/ChatCommand.ts"
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

const commandOf = (verb: Verb, rest: string): ChatCommand => {
  if (verb !== "reject") return { verb, id: orNothing(rest) }
  const { id, rest: reason } = leadingId(rest)
  return { verb, id, reason }
}

export const make = Effect.gen(function*() {
  const actions = yield* SessionActions
  const conversations = yield* Conversations
  const questions = yield* Questions.make
  const requests = yield* Requests.make
  const { file, say } = yield* TelegramSender

  const list = Effect.fnUntraced(function*({ asked }: Given) {
    const current = Option.getOrUndefined(yield* conversations.sessionOf(chatKey(asked)))
    yield* say(asked, Replies.list(yield* actions.list(10), current))
  })

  const repository = Effect.fnUntraced(function*({ asked, rest }: Given) {
    const repo = yield* actions.repository(orNothing(rest), requests.repositoriesOf(asked))
    yield* say(asked, Replies.repository(repo, rest !== ""))
  })

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

  const onSession = Effect.fnUntraced(function*(given: Given, verb: Verb) {
    const { asked, rest, user } = given
    const outcome = yield* actions.run(commandOf(verb, rest), callerOf(given))
    const { session, session: { id } } = outcome.found
    switch (outcome._tag) {
      case "Status":
        return yield* status(asked, session)
      case "Plan":
        return yield* plan(asked, session)
      case "File":
        return yield* Option.match(outcome.file, {
          onNone: () => say(asked, Replies.sentence(Replies.empty(outcome.kind)), id),
          onSome: (found) => file(asked, found, id)
        })
      case "ReasonWanted":
        return yield* questions.askReason(asked, user, { sessionId: id, ...outcome.answers })
      default:
        return yield* say(asked, Replies.sentence(Replies.done(outcome)), id)
    }
  })

  return Effect.fn("TelegramCommandHandler.run")(function*(given: Given) {
    switch (given.name) {
      case "start":
      case "help":
        return yield* say(given.asked, Replies.help)
      case "new":
        return yield* begin(given)
      case "run":
        return yield* requests.open(given.said, false)
      case "repo":
        return yield* repository(given)
      case "list":
        return yield* list(given)
      case "use":
        return yield* use(given)
      default:
        return yield* onSession(given, given.name)
    }
  })
})
