/**
 * Requests, follow-ups and commands. Each may arrive twice (Slack resends what was not acknowledged, and sends a
 * mention as two events), but takes effect once: it is identified by its message or slash command.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import * as Budget from "../../services/slack/SlackBudget.ts"
import { SlackClient } from "../../services/slack/SlackClient.ts"
import type { MentionEvent, MessageEvent, SlashCommand } from "../../services/slack/SlackIncoming.ts"
import { ChatMemory } from "../../services/store/ChatMemory.ts"
import { retryTransient } from "../../services/support/Retry.ts"
import * as ChatRequests from "../shared/ChatRequests.ts"
import type { Given } from "../shared/CommandHandler.ts"
import { Command, read as readCommand, readSlash } from "../shared/CommandText.ts"
import { ChatRefusal, Conversations, memoryKey } from "../shared/Conversations.ts"
import * as ReplyOnce from "../shared/ReplyOnce.ts"
import { contextOf, longestRemark } from "../shared/ThreadContext.ts"
import { plain, type Written } from "../shared/WrittenText.ts"
import type { SlackCommandHandler } from "./SlackCommandHandler.ts"
import { latestKey, messageKey, threadKey } from "./SlackKeys.ts"
import { isDirect, type SlackPeople } from "./SlackPeople.ts"
import type { Target } from "./SlackPort.ts"

type Said = (MessageEvent | MentionEvent) & { readonly user: string }

/** Subtypes of messages that people write. */
const spoken = new Set(["thread_broadcast", "file_share"])

export const make = Effect.fnUntraced(function*(people: SlackPeople, runCommand: SlackCommandHandler) {
  const { inWords, namesFor, permitted, read, repositoriesOf, requester, self, whisper } = people
  const conversations = yield* Conversations
  const memory = yield* ChatMemory
  const replyOnce = yield* ReplyOnce.make
  const requests = yield* ChatRequests.make
  const slack = yield* SlackClient
  const background = yield* FiberSet.make()
  const received = (channel: string, ts: string) =>
    Effect.ignoreLogged(retryTransient(slack.react(channel, ts, "eyes", Budget.answer)))

  const inChannel = ({ channel, ts, user }: Said, written: Written): Effect.Effect<ChatRequests.Said> =>
    Effect.map(requester(user), (by) => ({ message: messageKey(channel, ts), key: `${channel}:${ts}`, written, by }))

  /** The earlier messages of a thread, if the request came from within one. */
  const contextFor = Effect.fnUntraced(function*(channel: string, thread: string, before: string) {
    const messages = yield* Effect.catchAll(
      slack.replies(channel, thread),
      (error) => Effect.as(Effect.logWarning(`the thread cannot be read: ${error.message}`), [])
    )
    const earlier = messages.filter(({ ts, user }) => ts < before && user !== self)
      .map(({ text, user }) => ({ user, text: text.slice(0, longestRemark) }))
    const names = yield* namesFor(earlier, earlier.flatMap(({ user }) => user === undefined ? [] : [user]))
    return contextOf(earlier.map(({ text, user }) => ({
      name: user === undefined ? "someone" : names.names.get(user) ?? user,
      text: plain(inWords({ text }, names))
    })))
  })

  const request = Effect.fnUntraced(function*(said: Said, written: Written) {
    const { channel, thread_ts, ts, user } = said
    yield* FiberSet.run(background, received(channel, ts))
    const context = thread_ts === undefined ? undefined : yield* contextFor(channel, thread_ts, ts)
    const thread = thread_ts ?? ts
    const target: Target = { channel, user, thread, request: ts }
    yield* requests.open(yield* inChannel(said, written), {
      ...(context === undefined ? {} : { context }),
      repositories: repositoriesOf(channel),
      watcher: `slack:${channel}/${thread}`,
      target,
      conversations: [threadKey(channel, thread), latestKey(channel, user)]
    })
  })

  const followUp = Effect.fnUntraced(function*(session: SessionId, said: Said, written: Written) {
    if (plain(written).trim() === "") return
    yield* requests.followUp(yield* inChannel(said, written), session)
    yield* FiberSet.run(background, received(said.channel, said.ts))
  })

  /** Replies to that person alone, once for the two events of a mention. */
  const replyToCommand = Effect.fnUntraced(function*(command: Given, { channel, thread_ts: thread, ts, user }: Said) {
    const replied = memoryKey(messageKey(channel, ts), "answer")
    if (Option.isSome(yield* memory.get(replied))) return
    const reply = yield* runCommand(command, { channel, thread, user, trigger: undefined })
    if (reply !== undefined) yield* replyOnce(replied, command._tag, whisper({ channel, thread }, user, reply))
  })

  /** Handles a message from a person: a command, a request, a follow-up, or nothing for the bot. */
  const onMessage = Effect.fnUntraced(function*(event: MessageEvent | MentionEvent) {
    const { bot_id, channel, subtype, text, thread_ts, user } = event
    if (user === undefined || user === self || bot_id !== undefined) return
    if (subtype !== undefined && !spoken.has(subtype)) return
    const said: Said = { ...event, user }
    // resent, or sent as a mention and as a message: it already belongs to a session
    if (Option.isSome(yield* conversations.sessionOf(messageKey(channel, said.ts)))) return
    const session = thread_ts === undefined
      ? Option.none()
      : yield* conversations.sessionOf(threadKey(channel, thread_ts))
    const isMention = said.type === "app_mention" || text.includes(`<@${self}>`) || text.includes(`<@${self}|`)
    const isForBot = said.type === "app_mention" || isDirect(channel)
    if (Option.isNone(session) && !isMention && !isForBot) return
    yield* permitted(user, channel)
    const written = yield* read(said)
    // a plain reply in a session's thread is a follow-up, whatever its words
    const command = isMention || Option.isNone(session) ? readCommand(written) : Command.Task({ task: written })
    if (command._tag !== "Task") return yield* replyToCommand(command, said)
    if (Option.isSome(session)) return yield* followUp(session.value, said, written)
    if (isForBot) yield* request(said, written)
  })

  const open = Effect.fnUntraced(
    function*(task: Written, { channel_id: channel, trigger_id, user_id: user }: SlashCommand) {
      if (!(yield* slack.isMember(channel))) {
        return yield* new ChatRefusal({ reason: "I am not in this channel: invite me with /invite first" })
      }
      const target: Target = { channel, user }
      const session = yield* conversations.open({
        platform: "slack",
        written: task,
        repositories: repositoriesOf(channel),
        by: yield* requester(user),
        key: `command:${trigger_id}`,
        watcher: `slack:${channel}/command-${trigger_id}`,
        target,
        conversations: [latestKey(channel, user)]
      })
      return `Session \`${session.id}\` has been created.`
    }
  )

  /** Handles a slash command; the reply goes to that person alone. */
  const command = Effect.fnUntraced(function*(slash: SlashCommand) {
    const { channel_id: channel, text, thread_ts: thread, trigger_id: trigger, user_id: user } = slash
    yield* permitted(user, channel)
    const given = readSlash(yield* read({ text }))
    const reply = yield* given._tag === "Task"
      ? open(given.task, slash)
      : runCommand(given, { channel, thread, user, trigger })
    return reply === undefined ? undefined : { response_type: "ephemeral", text: reply }
  })

  return { command, onMessage }
})
