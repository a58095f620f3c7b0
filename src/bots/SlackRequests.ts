/**
 * Requests and follow-ups. Each may come twice (Slack sends again what was not acknowledged, and tells a mention as two
 * events), and none acts twice: it is named by the message, or the command, that it is.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import { Sessions } from "../actors/Sessions.ts"
import type { SessionId } from "../domain/Ids.ts"
import * as Budget from "../services/chat/SlackBudget.ts"
import { SlackClient } from "../services/chat/SlackClient.ts"
import type { MentionEvent, MessageEvent, SlashCommand } from "../services/chat/SlackIncoming.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { retryTransient } from "../services/Retry.ts"
import { contextOf } from "./ChatContext.ts"
import { ChatRefusal, Conversations } from "./Conversations.ts"
import * as RequestText from "./RequestText.ts"
import type { Target } from "./SlackMemo.ts"
import { isDirect, type SlackPeople } from "./SlackPeople.ts"
import { placeOfMessage, placeOfThread } from "./SlackPlaces.ts"

type Said = MessageEvent | MentionEvent

const platform = "slack"
/** Subtypes under which a person still says something. */
const spoken = new Set(["thread_broadcast", "file_share"])

export const make = Effect.fnUntraced(function*({ permitted, plain, requester, self }: SlackPeople) {
  const { slack: config } = yield* AppConfig
  const conversations = yield* Conversations
  const sessions = yield* Sessions
  const slack = yield* SlackClient
  const background = yield* FiberSet.make()
  const received = (channel: string, ts: string) =>
    Effect.ignoreLogged(retryTransient(slack.react(channel, ts, "eyes", Budget.answer)))

  const repositoryOf = (channel: string) =>
    conversations.repositoryOf([{ platform, place: channel }], [
      Option.fromNullable(config.channelRepos.get(channel)),
      config.defaultRepo
    ])

  /** `/repo owner/name` in a command, or `repo owner/name` in a mention: the channel's own repository. */
  const setRepository = (channel: string, text: string) =>
    Effect.gen(function*() {
      const [, repo] = /^\/?repo\s+(\S+)$/.exec(text.trim()) ?? []
      return repo === undefined
        ? Option.none<string>()
        : Option.some(
          yield* conversations.setRepository({ platform, place: channel }, RequestText.repositoryName(repo))
        )
    })

  /** The earlier messages of a thread, where the request came from within one. */
  const contextFor = Effect.fnUntraced(function*(channel: string, thread: string, before: string) {
    const messages = yield* Effect.catchAll(
      slack.replies(channel, thread),
      (error) => Effect.as(Effect.logWarning(`the thread cannot be read: ${error.message}`), [])
    )
    const remarks = yield* Effect.forEach(
      messages.filter(({ ts, user }) => ts < before && user !== self),
      (message) =>
        Effect.all({
          name: message.user === undefined ? Effect.succeed("someone") : slack.nameOf(message.user),
          text: plain(message.text)
        })
    )
    return contextOf(remarks)
  })

  const request = Effect.fnUntraced(function*(said: Said & { readonly user: string }) {
    const { channel, thread_ts, ts, user } = said
    yield* permitted(user, channel)
    const words = yield* plain(said.text)
    const own = yield* setRepository(channel, words)
    if (Option.isSome(own)) return yield* new ChatRefusal({ reason: `This channel works on ${own.value} from now on.` })
    yield* FiberSet.run(background, received(channel, ts))
    const context = thread_ts === undefined ? undefined : yield* contextFor(channel, thread_ts, ts)
    const thread = thread_ts ?? ts
    const target: Target = { channel, user, thread, request: ts }
    const session = yield* conversations.open({
      platform,
      text: RequestText.parse(words),
      ...(context === undefined ? {} : { context }),
      repository: yield* repositoryOf(channel),
      by: yield* requester(user),
      key: `${channel}:${ts}`,
      watcher: `slack:${channel}/${thread}`,
      target,
      place: Option.some(placeOfThread(channel, thread))
    })
    yield* conversations.bind({ platform, place: placeOfMessage(channel, ts) }, session.id)
  })

  const followUp = Effect.fnUntraced(function*(session: SessionId, said: Said & { readonly user: string }) {
    const { channel, ts, user } = said
    yield* permitted(user, channel)
    const text = (yield* plain(said.text)).trim()
    if (text === "") return
    yield* sessions.message(session, text, yield* requester(user), `slack:${channel}:${ts}`)
    yield* conversations.bind({ platform, place: placeOfMessage(channel, ts) }, session)
    yield* FiberSet.run(background, received(channel, ts))
  })

  /** A message that a person wrote: a request, a follow-up, or nothing to the bot. */
  const heard = Effect.fnUntraced(function*(said: Said) {
    const { bot_id, channel, subtype, thread_ts, user } = said
    if (user === undefined || user === self || bot_id !== undefined) return
    if (subtype !== undefined && !spoken.has(subtype)) return
    // sent again, or told as a mention and as a message: it is a session's already
    if (Option.isSome(yield* conversations.sessionAt({ platform, place: placeOfMessage(channel, said.ts) }))) return
    const person = { ...said, user }
    const session = thread_ts === undefined
      ? Option.none()
      : yield* conversations.sessionAt({ platform, place: placeOfThread(channel, thread_ts) })
    const isForBot = said.type === "app_mention" || isDirect(channel)
    if (Option.isSome(session)) yield* followUp(session.value, person)
    else if (isForBot) yield* request(person)
  })

  const command = Effect.fnUntraced(function*({ channel_id: channel, text, trigger_id, user_id: user }: SlashCommand) {
    yield* permitted(user, channel)
    const words = yield* plain(text)
    const own = yield* setRepository(channel, words)
    if (Option.isSome(own)) return { text: `This channel works on ${own.value} from now on.` }
    if (words.trim() === "" || words.trim() === "help") return { text: help }
    if (!(yield* slack.isMember(channel))) {
      return yield* new ChatRefusal({ reason: "I am not in this channel: invite me with /invite first" })
    }
    const target: Target = { channel, user }
    const session = yield* conversations.open({
      platform,
      text: RequestText.parse(words),
      repository: yield* repositoryOf(channel),
      by: yield* requester(user),
      key: `command:${trigger_id}`,
      watcher: `slack:${channel}/command-${trigger_id}`,
      target,
      place: Option.none()
    })
    return { text: `Session ${session.id} is on its way.` }
  })

  return { command, heard }
})

const help = [
  "Give me a task: `/opentl fix the login --repo owner/name`.",
  "`--agent`, `--model`, `--base <branch>` choose how; `--approve` waits for your yes to the plan; `--plan` only plans.",
  "`/opentl repo owner/name` sets this channel's repository. A reply in a session's thread is a follow-up."
].join("\n")
