/**
 * The Slack bot, over Socket Mode: what people do there becomes commands to sessions (`SlackListener.ts`), and sessions
 * are shown there (`SlackPort.ts`). Without tokens there is no bot; with wrong ones there is one line in the log, and
 * the rest of the program runs.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { SlackClient, type SlackEnvelope, type SlackIdentity } from "../../services/slack/SlackClient.ts"
import { isCredentialError } from "../../services/slack/SlackFailure.ts"
import type { SlackEvent } from "../../services/slack/SlackIncoming.ts"
import * as SlackWeb from "../../services/slack/SlackWeb.ts"
import * as NamedLock from "../../services/support/NamedLock.ts"
import { start } from "../shared/BotRunner.ts"
import { BotStatus } from "../shared/BotStatus.ts"
import { untilAnswered } from "../shared/Connecting.ts"
import { Conversations } from "../shared/Conversations.ts"
import { follow } from "../shared/Follower.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import * as SlackListener from "./SlackListener.ts"
import * as SlackPort from "./SlackPort.ts"

/** Slack expects an acknowledgement within three seconds, whether the work is done or not. */
const ackAfter = (event: SlackEvent) => carriesReply(event) ? "2500 millis" : "1500 millis"

/** Whether the acknowledgement may carry a reply, so that it is worth waiting for. */
const carriesReply = (event: SlackEvent) => event.type === "slash_command" || event.type === "view_submission"

/** How many envelopes are handled concurrently; others wait, and are finally left for Slack to resend. */
const handlersAtOnce = 32

/** A bug in handling one event must not silence the others. */
const logged = <A>(work: Effect.Effect<A | undefined>) =>
  Effect.catchAllCause(
    work,
    (cause) => Effect.as(Effect.logError("an event from Slack could not be handled", cause), undefined)
  )

/** Events of one conversation are handled in order. */
const laneOf = (event: SlackEvent): string => {
  switch (event.type) {
    case "app_mention":
    case "message":
      return `${event.channel}/${event.thread_ts ?? event.ts}`
    default:
      return event.type
  }
}

/** The bot's identity; requested until Slack replies. */
const identify = Effect.gen(function*() {
  const slack = yield* SlackClient
  return yield* slack.identity.pipe(
    Effect.tapError((error) => error.isRetryable ? Effect.logWarning(`slack: ${error.message}`) : Effect.void),
    untilAnswered
  )
})

const warnIfOpen = Effect.gen(function*() {
  const { slack: { allowedChannels, allowedUsers } } = yield* AppConfig
  if (allowedChannels.length > 0 || allowedUsers.length > 0) return
  yield* Effect.logWarning(
    "slack: everybody in the workspace may give it tasks; restrict that with SLACK_ALLOWED_USERS and SLACK_ALLOWED_CHANNELS"
  )
})

/** Handles envelopes. Acknowledges when the event's effects are durable, or when time is up. */
const makeHandler = Effect.fnUntraced(function*(identity: SlackIdentity) {
  const slack = yield* SlackClient
  const lock = yield* NamedLock.make
  const handlers = yield* FiberSet.make()
  const act = yield* SlackListener.make(identity)

  /**
   * Replies later to work that takes longer than an acknowledgement may wait, such as a stop that waits for the
   * sandbox.
   */
  const replyLater = (work: Effect.Effect<SlackListener.Reply>, responseUrl: string) =>
    Effect.flatMap(work, (reply) => reply === undefined ? Effect.void : slack.respond(responseUrl, reply)).pipe(
      Effect.catchAll((error) => Effect.logWarning(error.message))
    )

  return Effect.fnUntraced(function*({ ack, event }: SlackEnvelope) {
    // the work of a button or form must not wait for other events
    const work = event.type === "app_mention" || event.type === "message"
      ? lock(laneOf(event))(act(event))
      : act(event)
    const working = yield* FiberSet.run(handlers, logged(work))
    const reply = yield* Effect.timeoutOption(Fiber.join(working), ackAfter(event))
    yield* ack(Option.getOrUndefined(reply))
    if (Option.isNone(reply) && event.type === "slash_command" && event.response_url !== undefined) {
      yield* FiberSet.run(handlers, replyLater(Fiber.join(working), event.response_url))
    }
  })
})

const run = Effect.fnUntraced(
  function*(running: (as: string) => Effect.Effect<void>) {
    const slack = yield* SlackClient
    const identity = yield* identify
    yield* warnIfOpen
    const handle = yield* makeHandler(identity)
    const port = yield* SlackPort.make
    const connected = yield* Effect.once(running(`${identity.user} in ${identity.team}`))
    const { envelopes, run: connection } = yield* slack.listen(connected)
    const incoming = Effect.replicateEffect(
      Effect.forever(Effect.flatMap(Queue.take(envelopes), handle)),
      handlersAtOnce,
      { concurrency: "unbounded", discard: true }
    )
    return yield* Effect.all([connection, incoming, follow(port)], { concurrency: "unbounded", discard: true })
  },
  Effect.catchTag("SlackError", (error) =>
    Effect.flatMap(BotStatus, (status) =>
      status.report("slack", {
        state: "failed",
        reason: isCredentialError(error) ? `${error.message}; the bot is off` : error.message
      })))
)

const halfConfigured = (missing: string) =>
  Layer.effectDiscard(
    Effect.flatMap(BotStatus, (status) =>
      status.report("slack", {
        state: "failed",
        reason: `${missing} is not set, so the bot is off: set both Slack tokens, or neither`
      }))
  )

/** The bot, if its tokens are set. It never fails the program. */
export const layer = Layer.unwrapEffect(Effect.map(AppConfig, ({ slack: { apiUrl, appToken, botToken } }) => {
  if (Option.isNone(botToken) && Option.isNone(appToken)) return Layer.empty
  if (Option.isNone(botToken)) return halfConfigured("SLACK_BOT_TOKEN")
  if (Option.isNone(appToken)) return halfConfigured("SLACK_APP_TOKEN")
  return Layer.scopedDiscard(start({ platform: "slack", startTimeout: "3 seconds", run })).pipe(
    Layer.provide(SessionActions.layer),
    Layer.provide(Conversations.layer),
    Layer.provide(SlackWeb.layer({ apiUrl, appToken: appToken.value, botToken: botToken.value }))
  )
}))
