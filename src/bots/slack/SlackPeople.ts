/** People in Slack: who may use the bot, what they are called, what they wrote, and private replies to them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AppConfig } from "../../services/config/AppConfig.ts"
import {
  SlackClient,
  type SlackDestination,
  type SlackIdentity,
  type SlackPerson
} from "../../services/slack/SlackClient.ts"
import type { Caller } from "../shared/ChatCommand.ts"
import { ChatRefusal, Conversations, type Repositories } from "../shared/Conversations.ts"
import type { Written } from "../shared/WrittenText.ts"
import { format } from "./SlackFiles.ts"
import { channelKey, latestKey, threadKey } from "./SlackKeys.ts"
import * as Reading from "./SlackReading.ts"
import * as RichText from "./SlackRichText.ts"

/** Whether the channel is a direct message. */
export const isDirect = (channel: string): boolean => channel.startsWith("D")

/** A message as Slack sends it. */
export interface SlackWords {
  readonly text: string
  readonly blocks?: unknown
}

/** The most people and channels whose names are looked up per message; further ones are shown by id. */
const mostNames = 50

/**
 * Whether a person belongs to the bot's workspace or another one of its organisation. In a channel shared between
 * companies others can write, too. Missing information excludes nobody.
 */
const belongs = ({ enterprise, team }: SlackPerson, { enterprise_id, team_id }: SlackIdentity): boolean =>
  team === undefined || team_id === undefined || team === team_id ||
  (enterprise !== undefined && enterprise === enterprise_id)

/** `bot` is the bot's identity. */
export const make = Effect.fnUntraced(function*(bot: SlackIdentity) {
  const self = bot.user_id
  const { slack: config } = yield* AppConfig
  const conversations = yield* Conversations
  const slack = yield* SlackClient

  /** Why a person may not use the bot in a channel; none if they may. */
  const refusalFor = Effect.fnUntraced(function*(user: string, channel: string | undefined) {
    const isNamed = config.allowedUsers.includes(user)
    if (config.allowedUsers.length > 0 && !isNamed) {
      return Option.some("you are not allowed to use OpenTL here")
    }
    if (!isNamed && !belongs(yield* slack.person(user), bot)) {
      return Option.some("OpenTL is only for people in its own workspace")
    }
    if (config.allowedChannels.length === 0 || channel === undefined || config.allowedChannels.includes(channel)) {
      return Option.none()
    }
    return isDirect(channel) && isNamed ? Option.none() : Option.some("OpenTL may not be used in this channel")
  })
  const permitted = (user: string, channel: string | undefined) =>
    Effect.flatMap(
      refusalFor(user, channel),
      Option.match({
        onNone: () => Effect.void,
        onSome: (reason) => new ChatRefusal({ reason })
      })
    )

  const requester = (user: string) =>
    Effect.map(slack.person(user), ({ name }) => conversations.requester("slack", user, name))

  const nameOf = (id: string) =>
    /^[CDG]/.test(id) ? slack.channelName(id) : Effect.map(slack.person(id), ({ name }) => name)

  /** The names of the people and channels in messages, authors first. */
  const namesFor = Effect.fnUntraced(function*(messages: ReadonlyArray<SlackWords>, authors: ReadonlyArray<string>) {
    const labels = new Map<string, string>()
    for (const { blocks, text } of messages) {
      for (const id of RichText.idsIn(blocks)) labels.set(id, "")
      for (const [id, label] of Reading.namesIn(text)) labels.set(id, label)
    }
    // a group's name cannot be looked up, and a channel's only needs to be if the message lacks it
    const named = [...labels].filter(([id, label]) => /^[UW]/.test(id) || (/^[CDG]/.test(id) && label === ""))
    const ids = [...new Set([...authors, ...named.map(([id]) => id)])].filter((id) => id !== self).slice(0, mostNames)
    const found = yield* Effect.forEach(ids, (id) => Effect.map(nameOf(id), (name) => [id, name] as const), {
      concurrency: 4
    })
    return { self, names: new Map([...labels, ...found]) }
  })

  const inWords = ({ blocks, text }: SlackWords, names: Reading.Names): Written =>
    Option.getOrElse(RichText.read(blocks, names), () => Reading.read(text, names))

  const read = (message: SlackWords) => Effect.map(namesFor([message], []), (names) => inWords(message, names))

  const repositoriesOf = (channel: string): Repositories => ({
    conversations: [channelKey(channel)],
    configured: [Option.fromNullable(config.channelRepos.get(channel)), config.defaultRepo]
  })

  /** Sends a message that only one person sees. */
  const whisper = (destination: SlackDestination, user: string, text: string) =>
    Effect.catchAll(slack.whisper(destination, user, text), (error) => Effect.logWarning(error.message))

  /** The caller for a person in a channel or in one of its threads. */
  const callerIn = (user: string, channel: string, thread?: string): Effect.Effect<Caller> =>
    Effect.map(requester(user), (by) => ({
      by,
      conversations: [
        ...(thread === undefined ? [] : [["thread", threadKey(channel, thread)] as const]),
        ["latest", latestKey(channel, user)]
      ],
      noSession: "you have not started a session in this channel: give a session's id (`/opentl list` shows them)",
      files: format
    }))

  return { callerIn, inWords, namesFor, permitted, read, refusalFor, repositoriesOf, requester, self, whisper }
})

export type SlackPeople = Effect.Effect.Success<ReturnType<typeof make>>
