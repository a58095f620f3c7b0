/**
 * Handles what people do in Slack: each event is a request, a follow-up or a command. Refusals are sent to whoever
 * asked.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  SlackClient,
  type SlackDestination,
  type SlackError,
  type SlackIdentity
} from "../../services/slack/SlackClient.ts"
import type { SlackEvent } from "../../services/slack/SlackIncoming.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { memoryKey } from "../shared/Conversations.ts"
import * as ReplyOnce from "../shared/ReplyOnce.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import * as StopReaction from "../shared/StopReaction.ts"
import * as SlackButtons from "./SlackButtons.ts"
import * as Cards from "./SlackCards.ts"
import * as SlackCommandHandler from "./SlackCommandHandler.ts"
import * as Forms from "./SlackForms.ts"
import { messageKey, threadKey } from "./SlackKeys.ts"
import * as SlackPeople from "./SlackPeople.ts"
import { sentence } from "./SlackReplies.ts"
import * as SlackRequests from "./SlackRequests.ts"

/** The payload of an acknowledgement; usually none. */
export type Reply = Readonly<Record<string, unknown>> | undefined

export const make = Effect.fnUntraced(function*(bot: SlackIdentity) {
  const replyOnce = yield* ReplyOnce.make
  const actions = yield* SessionActions
  const slack = yield* SlackClient
  const people = yield* SlackPeople.make(bot)
  const { callerIn, refusalFor, requester, whisper } = people
  const stop = yield* StopReaction.make
  const buttons = yield* SlackButtons.make(people)
  const { pressed, submitted } = buttons
  const { command, onMessage } = yield* SlackRequests.make(people, yield* SlackCommandHandler.make(people, buttons))

  const home = Effect.fnUntraced(function*(user: string) {
    const refusal = yield* refusalFor(user, undefined)
    if (Option.isSome(refusal)) return yield* slack.publishHome(user, Cards.closedHome(refusal.value))
    const { name } = yield* requester(user)
    const newest = yield* actions.list(200)
    return yield* slack.publishHome(user, Cards.home(newest.filter(({ requestedBy }) => requestedBy.name === name)))
  })

  const stopSign = Effect.fnUntraced(function*(user: string, channel: string, ts: string) {
    if (user === bot.user_id || Option.isSome(yield* refusalFor(user, channel))) return
    yield* stop([messageKey(channel, ts), threadKey(channel, ts)], callerIn(user, channel))
  })

  const act = (event: SlackEvent) =>
    Effect.gen(function*() {
      switch (event.type) {
        case "app_mention":
        case "message":
          return yield* Effect.as(onMessage(event), undefined)
        case "slash_command":
          return yield* command(event)
        case "block_actions":
          return yield* Effect.as(pressed(event), undefined)
        case "view_submission":
          return yield* submitted(event)
        case "reaction_added":
          if (event.reaction !== "octagonal_sign") return
          return yield* stopSign(event.user, event.item.channel, event.item.ts)
        case "app_home_opened":
          return event.tab === "home" ? yield* home(event.user) : undefined
      }
    })

  /** Who must be told about a refusal, and where. */
  const asker = (event: SlackEvent): { readonly destination: SlackDestination; readonly user: string } | undefined => {
    switch (event.type) {
      case "app_mention":
      case "message":
        return event.user === undefined
          ? undefined
          : { destination: { channel: event.channel, thread: event.thread_ts }, user: event.user }
      case "block_actions": {
        const { channel_id, thread_ts } = event.container
        return channel_id === undefined
          ? undefined
          : { destination: { channel: channel_id, thread: thread_ts }, user: event.user.id }
      }
      case "view_submission":
        return Option.match(Forms.readTarget(event.view.private_metadata), {
          onNone: () => undefined,
          onSome: ({ channel }) => ({ destination: { channel, thread: undefined }, user: event.user.id })
        })
      case "reaction_added":
        return { destination: { channel: event.item.channel, thread: undefined }, user: event.user }
      default:
        return undefined
    }
  }

  /** Handles an event. Refusals are sent to whoever asked; failures on our side are logged, too. */
  return (event: SlackEvent): Effect.Effect<Reply> => {
    /** Replies once per message, however often Slack sends it. */
    const tell = (reason: string): Effect.Effect<Reply | void> => {
      const text = sentence(reason)
      if (event.type === "slash_command") return Effect.succeed({ response_type: "ephemeral", text })
      const to = asker(event)
      if (to === undefined) return Effect.succeed(undefined)
      const send = whisper(to.destination, to.user, text)
      if (event.type !== "app_mention" && event.type !== "message") return send
      // better told twice than not at all, if the claim cannot be stored
      return Effect.catchAll(
        replyOnce(memoryKey(messageKey(event.channel, event.ts), "answer"), text, send),
        () => send
      )
    }
    const failed = (error: StoreError | SlackError) =>
      Effect.zipRight(Effect.logError(error.message, error), tell(`this did not work: ${error.message}`))
    return act(event).pipe(
      Effect.catchAll((error) =>
        error._tag === "SlackError" || error._tag === "StoreError" ? failed(error) : tell(error.message)
      ),
      Effect.map((reply): Reply => reply ?? undefined),
      Effect.withSpan("SlackListener.act", { attributes: { type: event.type } })
    )
  }
})
