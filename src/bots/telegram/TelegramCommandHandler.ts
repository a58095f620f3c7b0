/** What each command does. The session is the one named, else the one replied to, else the chat's current one. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import { bold, code, type Rich, text } from "../../services/telegram/TelegramText.ts"
import { ChatRefusal, Conversations } from "../shared/Conversations.ts"
import { type CommandName, leadingId, menu } from "./TelegramCommands.ts"
import { SessionFiles } from "./TelegramFiles.ts"
import { chatPlace } from "./TelegramKeys.ts"
import * as Questions from "./TelegramQuestions.ts"
import { type Asked, TelegramReplies } from "./TelegramReplies.ts"
import * as Requests from "./TelegramRequests.ts"
import { TelegramSessions } from "./TelegramSessions.ts"
import type { User } from "./TelegramUpdates.ts"
import * as View from "./TelegramView.ts"

export interface Given {
  readonly name: CommandName
  /** What follows the command. */
  readonly rest: string
  readonly asked: Asked
  /** The same, as it was written. */
  readonly said: Requests.Said
  readonly user: User
  /** The session of the message that it replies to. */
  readonly replied: Option.Option<SessionId>
}

const help: Rich = [
  bold("OpenTL"),
  text(" works on a task in the background and opens a pull request.\n\nWrite what is to be done, with "),
  code("--repo owner/name"),
  text(" unless this chat has a repository (/repo). Flags: "),
  code("--approve"),
  text(" (the plan waits for you), "),
  code("--plan"),
  text(" (plan only), "),
  code("--agent"),
  text(", "),
  code("--model"),
  text(", "),
  code("--base"),
  text(".\nWhat you write then, or reply to one of my messages, is a follow-up.\n\n"),
  text(menu.map(({ command, description }) => `/${command}: ${description}`).join("\n"))
]

const noSession = new ChatRefusal({ reason: "no session here: /new <task> starts one, /list shows them" })

export const make = Effect.gen(function*() {
  const conversations = yield* Conversations
  const files = yield* SessionFiles
  const questions = yield* Questions.make
  const replies = yield* TelegramReplies
  const requests = yield* Requests.make
  const sessions = yield* TelegramSessions

  const about = Effect.fnUntraced(function*({ asked, replied, rest }: Given) {
    if (rest !== "") return yield* sessions.find(rest)
    if (Option.isSome(replied)) return replied.value
    return yield* Effect.flatMap(
      conversations.sessionAt(chatPlace(asked)),
      Option.match({
        onNone: () => Effect.fail(noSession),
        onSome: Effect.succeed
      })
    )
  })

  const list = Effect.fnUntraced(function*({ asked }: Given) {
    const current = Option.getOrUndefined(yield* conversations.sessionAt(chatPlace(asked)))
    const all = yield* sessions.list(10)
    yield* replies.say(
      asked,
      all.length === 0
        ? View.sentence("There is no session yet.")
        : View.rich(all.flatMap((session) => View.line(session, session.id === current)))
    )
  })

  const repository = Effect.fnUntraced(function*({ asked, rest }: Given) {
    if (rest !== "") {
      const repo = yield* conversations.setRepository(chatPlace(asked), rest)
      return yield* replies.say(asked, View.sentence(`Tasks here are for ${repo} from now on.`))
    }
    const known = yield* requests.repositoryOf({ chatId: asked.chatId, threadId: asked.threadId })
    yield* replies.say(
      asked,
      View.sentence(Option.match(known, {
        onNone: () => "No repository is set here: /repo owner/name sets one.",
        onSome: ({ repo }) => `Tasks here are for ${repo}.`
      }))
    )
  })

  const begin = Effect.fnUntraced(function*({ asked, rest, said }: Given) {
    if (rest !== "") return yield* requests.open(said, true)
    yield* conversations.unbind(chatPlace(asked))
    yield* replies.say(asked, View.sentence("What is to be done? Your next message starts a new session."))
  })

  const use = Effect.fnUntraced(function*(given: Given) {
    const { asked } = given
    const id = yield* about(given)
    yield* sessions.watch(id, asked)
    yield* conversations.bind(chatPlace(asked), id)
    yield* status(given, id)
  })

  const status = Effect.fnUntraced(function*({ asked }: Given, id: SessionId) {
    const { session, view } = yield* sessions.latest(id)
    yield* replies.say(asked, [View.summary(session, view, yield* Clock.currentTimeMillis)], id)
  })

  const plan = Effect.fnUntraced(function*({ asked }: Given, id: SessionId) {
    const { session, view } = yield* sessions.latest(id)
    const shown = View.plan(session, view)
    yield* replies.say(asked, shown.length > 0 ? shown : View.sentence("There is no plan yet."), id)
  })

  const reject = Effect.fnUntraced(function*(given: Given) {
    const { asked, rest, said: { by }, user } = given
    const named = leadingId(rest)
    const id = yield* about({ ...given, rest: named.id ?? "" })
    const reason = named.rest
    if (reason !== "") {
      yield* sessions.reject(id, reason, by)
      return yield* replies.say(asked, View.sentence("Rejected: it is planned again."), id)
    }
    const { view } = yield* sessions.latest(id)
    if (!view.waiting) return yield* new ChatRefusal({ reason: `session ${id} has no plan waiting for approval` })
    yield* questions.askReason(asked, user, { sessionId: id, turn: view.turn, proposal: view.proposals })
  })

  const file = Effect.fnUntraced(function*({ asked }: Given, id: SessionId, kind: "diff" | "log") {
    const found = yield* files[kind](id)
    yield* found === undefined
      ? replies.say(asked, View.sentence(kind === "diff" ? "Nothing was changed yet." : "The log is empty."), id)
      : replies.file(asked, found, id)
  })

  const onSession = Effect.fnUntraced(function*(given: Given, name: "approve" | "stop" | "retry") {
    const { asked, said: { by } } = given
    const id = yield* about(given)
    switch (name) {
      case "approve":
        yield* sessions.approve(id, by)
        return yield* replies.say(asked, View.sentence("Approved."), id)
      case "stop":
        return yield* replies.say(asked, View.sentence((yield* sessions.stop(id, by)) ? "Stopped." : "Stopping."), id)
      case "retry":
        yield* sessions.retry(id, by, (yield* sessions.latest(id)).session.turn)
        return yield* replies.say(asked, View.sentence("Trying again."), id)
    }
  })

  return Effect.fn("TelegramCommandHandler.run")(function*(given: Given) {
    switch (given.name) {
      case "start":
      case "help":
        return yield* replies.say(given.asked, View.rich(help))
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
      case "status":
        return yield* status(given, yield* about(given))
      case "plan":
        return yield* plan(given, yield* about(given))
      case "reject":
        return yield* reject(given)
      case "diff":
      case "log":
        return yield* file(given, yield* about(given), given.name)
      case "approve":
      case "stop":
      case "retry":
        return yield* onSession(given, given.name)
    }
  })
})
