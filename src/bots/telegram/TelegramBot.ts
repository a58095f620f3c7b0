/** The Telegram bot: with a token it polls for updates and tells of sessions, for as long as the program. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { AppConfig } from "../../services/config/AppConfig.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { TelegramClient, type TelegramError } from "../../services/telegram/TelegramClient.ts"
import { BotStatus } from "../shared/BotStatus.ts"
import { Conversations } from "../shared/Conversations.ts"
import * as ChatFollower from "../shared/Follower.ts"
import * as Presses from "./TelegramButtons.ts"
import { menu } from "./TelegramCommands.ts"
import { SessionFiles } from "./TelegramFiles.ts"
import * as Messages from "./TelegramListener.ts"
import { Own, Target } from "./TelegramOwn.ts"
import * as Delivery from "./TelegramPort.ts"
import { TelegramReplies } from "./TelegramReplies.ts"
import { TelegramSessions } from "./TelegramSessions.ts"
import * as Updates from "./TelegramUpdates.ts"

const reasonOf = (error: TelegramError): string =>
  error.isUnauthorized
    ? "TELEGRAM_BOT_TOKEN is refused: @BotFather gives a bot's token"
    : `${error.message}; tried again`

/** Knocks until Telegram answers; a refused token is said once, and final. */
const connect = Effect.gen(function*() {
  const client = yield* TelegramClient
  const status = yield* BotStatus
  const said = yield* Ref.make(false)
  const me = client.me.pipe(
    Effect.tapError((error) =>
      Effect.whenEffect(
        status.report("telegram", { state: "failed", reason: reasonOf(error) }),
        Effect.map(Ref.getAndSet(said, true), (before) => !before)
      )
    ),
    Effect.retry({ schedule: Updates.untilAnswered, while: (error) => error.isRetryable })
  )
  return yield* Effect.option(me)
})

/** A webhook left over from before keeps updates from being polled for. */
const prepare = Effect.gen(function*() {
  const client = yield* TelegramClient
  const webhook = yield* client.webhook
  if (webhook !== "") {
    yield* Effect.logWarning("telegram: a webhook was set for this bot, and is deleted: updates are polled for")
    yield* client.deleteWebhook
  }
  yield* client.setCommands(menu)
}).pipe(
  Effect.retry({ schedule: Updates.untilAnswered, while: (error) => error.isRetryable }),
  Effect.catchAll((error) => Effect.logWarning(`telegram: ${error.message}`))
)

const run = Effect.fnUntraced(function*(known: Deferred.Deferred<void>) {
  const { telegram: { allowedUsers } } = yield* AppConfig
  const me = yield* connect
  if (Option.isNone(me)) return
  const { id, username } = me.value
  yield* prepare
  const status = yield* BotStatus
  yield* status.report("telegram", { state: "running", as: `@${username}` })
  yield* Deferred.succeed(known, undefined)
  if (allowedUsers.length === 0) {
    yield* Effect.logWarning("telegram: TELEGRAM_ALLOWED_USERS is not set: the bot obeys nobody")
  }
  const onMessage = yield* Messages.make({ id, username })
  const { press, react } = yield* Presses.make
  const show = yield* Delivery.make
  const handle = ({ callback_query, message, message_reaction, update_id }: Updates.Update) =>
    message !== undefined
      ? onMessage(message, update_id)
      : callback_query !== undefined
      ? press(callback_query, update_id)
      : message_reaction !== undefined
      ? react(message_reaction)
      : Effect.void
  yield* Effect.all([
    Updates.poll((update): Effect.Effect<void, StoreError> => Effect.asVoid(handle(update))),
    ChatFollower.follow({
      platform: "telegram",
      target: Target,
      own: Own,
      placeOf: ({ chatId }) => String(chatId),
      show
    })
  ], { concurrency: "unbounded", discard: true })
})

/** The bot's own parts. Open: the client, and what every bot shares. */
const layerParts = Layer.mergeAll(SessionFiles.layer, TelegramReplies.layer, TelegramSessions.layer)

/** The start waits no longer to know whether the bot runs. */
const startPatience = "5 seconds"

const start = Effect.gen(function*() {
  const known = yield* Deferred.make<void>()
  const tasks = yield* BackgroundTasks
  yield* tasks.run(
    "telegram bot",
    run(known).pipe(
      Effect.scoped,
      Effect.ensuring(Deferred.succeed(known, undefined)),
      Effect.annotateLogs({ bot: "telegram" })
    )
  )
  yield* Effect.timeoutOption(Deferred.await(known), startPatience)
})

/** The bot, where its token is set. It never fails the program: what is wrong is one line, and in `BotStatus`. */
export const layer = Layer.unwrapEffect(
  Effect.map(AppConfig, ({ telegram: { apiUrl, botToken } }) =>
    Option.match(botToken, {
      onNone: () => Layer.empty,
      onSome: (token) =>
        Layer.scopedDiscard(start).pipe(
          Layer.provide(layerParts),
          Layer.provide(Conversations.layer),
          Layer.provide(TelegramClient.layer({ token, apiUrl }))
        )
    }))
)
