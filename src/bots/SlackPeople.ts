/** Who may work with the bot in Slack, who they are, what they wrote, and how they alone are told something. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SlackClient, type SlackPlace } from "../services/chat/SlackClient.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { ChatRefusal, Conversations } from "./Conversations.ts"
import { peopleIn, toPlain } from "./SlackText.ts"

/** A direct message's channel. */
export const isDirect = (channel: string): boolean => channel.startsWith("D")

/** `self` is the bot's own user. */
export const make = Effect.fnUntraced(function*(self: string) {
  const { slack: config } = yield* AppConfig
  const conversations = yield* Conversations
  const slack = yield* SlackClient

  /** Why a person may not work with the bot there; nothing where they may. */
  const refusalFor = (user: string, channel: string | undefined): Option.Option<string> => {
    const isNamed = config.allowedUsers.includes(user)
    if (config.allowedUsers.length > 0 && !isNamed) {
      return Option.some("you are not among the people who may use OpenTL here")
    }
    if (config.allowedChannels.length === 0 || channel === undefined || config.allowedChannels.includes(channel)) {
      return Option.none()
    }
    return isDirect(channel) && isNamed ? Option.none() : Option.some("OpenTL may not be used in this channel")
  }
  const permitted = (user: string, channel: string | undefined) =>
    Option.match(refusalFor(user, channel), {
      onNone: () => Effect.void,
      onSome: (reason) => new ChatRefusal({ reason })
    })

  const requester = (user: string) =>
    Effect.map(slack.nameOf(user), (name) => conversations.requester("slack", user, name))

  const plain = Effect.fnUntraced(function*(text: string) {
    const names = yield* Effect.forEach(
      peopleIn(text),
      (id) =>
        id === self
          ? Effect.succeed([id, "opentl"] as const)
          : Effect.map(slack.nameOf(id), (name) => [id, name] as const),
      { concurrency: 4 }
    )
    return toPlain(text, { self, names: new Map(names) })
  })

  /** Says to one person what went wrong, or only they need to know. */
  const whisper = (place: SlackPlace, user: string, text: string) =>
    Effect.catchAll(slack.whisper(place, user, text), (error) => Effect.logWarning(error.message))

  return { permitted, plain, refusalFor, requester, self, whisper }
})

export type SlackPeople = Effect.Effect.Success<ReturnType<typeof make>>
