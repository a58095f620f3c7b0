/**
 * The commands that a person gives by `/opentl …` or by a mention. The session is the one with the id that was given,
 * else the thread's, else the newest that the person started in the channel.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sessions } from "../../actors/Sessions.ts"
import { NothingToApprove } from "../../domain/SessionCommand.ts"
import { ChatRefusal, Conversations } from "../shared/Conversations.ts"
import { repositoryName } from "../shared/RequestText.ts"
import type { SlackButtons } from "./SlackButtons.ts"
import { Command } from "./SlackCommands.ts"
import { logOf } from "./SlackFiles.ts"
import { placeOfLatest, placeOfThread } from "./SlackKeys.ts"
import type { SlackPeople } from "./SlackPeople.ts"
import * as Answers from "./SlackReplies.ts"

/** Who gives a command, and where. */
export interface Asked {
  readonly user: string
  readonly channel: string
  readonly thread: string | undefined
  /** With it a form can be opened. */
  readonly trigger: string | undefined
}

/** A command that starts nothing. */
export type Given = Exclude<Command, { readonly _tag: "Task" }>
type OnSession = Extract<Command, { readonly _tag: "OnSession" }>

const platform = "slack"
/** Sessions in a list. */
const listLength = 15

export const make = Effect.fnUntraced(
  function*({ repositoryOf, requester }: SlackPeople, { openForm, retry, stop }: SlackButtons) {
    const conversations = yield* Conversations
    const sessions = yield* Sessions

    const sessionOf = Effect.fnUntraced(function*(id: string | undefined, { channel, thread, user }: Asked) {
      if (id !== undefined) return { session: yield* sessions.find(id), how: "id" as const }
      const ofThread = thread === undefined
        ? Option.none()
        : yield* conversations.sessionAt({ platform, place: placeOfThread(channel, thread) })
      if (Option.isSome(ofThread)) return { session: yield* sessions.get(ofThread.value), how: "thread" as const }
      const latest = yield* conversations.sessionAt({ platform, place: placeOfLatest(channel, user) })
      if (Option.isSome(latest)) return { session: yield* sessions.get(latest.value), how: "latest" as const }
      return yield* new ChatRefusal({
        reason: "you have started no session in this channel: give a session's id, `/opentl list` shows them"
      })
    })

    const repository = Effect.fnUntraced(function*(name: string | undefined, channel: string) {
      if (name === undefined) {
        const known = yield* repositoryOf(channel)
        return Answers.repository(Option.getOrUndefined(Option.map(known, ({ repo }) => repo)))
      }
      return Answers.repositorySet(
        yield* conversations.setRepository({ platform, place: channel }, repositoryName(name))
      )
    })

    /** Without a reason it is asked for by a form, and nothing is answered now. */
    const reject = Effect.fnUntraced(function*({ id, reason }: OnSession, asked: Asked) {
      const { how, session } = yield* sessionOf(id, asked)
      if (reason !== "") {
        const by = yield* requester(asked.user)
        return Answers.done("Rejected, and planned again", yield* sessions.reject(session.id, { reason, by }), how)
      }
      if (session.proposal === undefined) return yield* new NothingToApprove({ sessionId: session.id })
      if (asked.trigger === undefined) {
        return yield* new ChatRefusal({ reason: `why? Write: reject ${session.id} <reason>` })
      }
      const answers = { turn: session.turn, proposal: session.proposal }
      yield* openForm("reject", { session: session.id, answers, channel: asked.channel }, asked.trigger)
      return undefined
    })

    const onSession = Effect.fnUntraced(function*(command: OnSession, asked: Asked) {
      if (command.verb === "reject") return yield* reject(command, asked)
      const { how, session } = yield* sessionOf(command.id, asked)
      switch (command.verb) {
        case "status":
          return Answers.status(session, how, yield* Clock.currentTimeMillis)
        case "plan":
          return Answers.plan(session, how)
        case "diff":
          return Answers.diff(session, how, yield* sessions.diff(session.id))
        case "log":
          return Answers.log(session, how, yield* logOf(sessions, session.id))
        case "approve": {
          const by = yield* requester(asked.user)
          return Answers.done("Approved", yield* sessions.approve(session.id, { by }), how)
        }
        case "retry":
          return Answers.done("Trying again", yield* retry(session.id, session.turn, asked.user), how)
        case "stop":
          return Answers.done("Stopped", yield* stop(session.id, asked.user), how)
      }
    })

    /** Does what was asked; what is answered is for the person alone. */
    return (command: Given, asked: Asked) =>
      Command.$match({
        Help: () => Effect.succeed(Answers.help),
        List: () => Effect.map(sessions.list({ limit: listLength }), (page) => Answers.list(page.sessions)),
        Repository: ({ name }) => repository(name, asked.channel),
        OnSession: (given) => onSession(given, asked),
        Task: () => Effect.succeed(undefined)
      })(command)
  }
)

export type SlackCommandHandler = Effect.Effect.Success<ReturnType<typeof make>>
