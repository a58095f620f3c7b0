/** The Telegram bot: polls for updates and shows sessions, for the lifetime of the program. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { TelegramClient, type TelegramError } from "../../services/telegram/TelegramClient.ts"
import { start } from "../shared/BotRunner.ts"
import { BotStatus } from "../shared/BotStatus.ts"
import { untilAnswered } from "../shared/Connecting.ts"
import { Conversations } from "../shared/Conversations.ts"
import { follow } from "../shared/Follower.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import { menu } from "./TelegramCommands.ts"
import * as TelegramListener from "./TelegramListener.ts"
import * as TelegramPort from "./TelegramPort.ts"
import { TelegramSender } from "./TelegramSender.ts"
import * as Updates from "./TelegramUpdates.ts"

const reasonOf = (error: TelegramError): string =>
  error.isUnauthorized
    ? "TELEGRAM_BOT_TOKEN was rejected: get the bot's token from @BotFather"
    : `${error.message}; retrying`

/** Tries until Telegram replies. A rejected token is final. A problem is reported once for as long as it is the same. */
const connect = Effect.gen(function*() {
  const client = yield* TelegramClient
  const status = yield* BotStatus
  const reported = yield* Ref.make("")
  const me = client.me.pipe(
    Effect.tapError((error) => {
      const reason = reasonOf(error)
      return Effect.whenEffect(
        status.report("telegram", { state: "failed", reason }),
        Effect.map(Ref.getAndSet(reported, reason), (before) => before !== reason)
      )
    }),
    untilAnswered
  )
  return yield* Effect.option(me)
})

/** Removes a leftover webhook, which would prevent polling. */
const prepare = Effect.gen(function*() {
  const client = yield* TelegramClient
  const webhook = yield* client.webhook
  if (webhook !== "") {
    yield* Effect.logWarning(
      "telegram: deleted the webhook that was set for this bot, because OpenTL polls for updates"
    )
    yield* client.deleteWebhook
  }
  yield* client.setCommands(menu)
}).pipe(
  untilAnswered,
  Effect.catchAll((error) => Effect.logWarning(`telegram: ${error.message}`))
)

const run = Effect.fnUntraced(function*(running: (as: string) => Effect.Effect<void>) {
  const { telegram: { allowedUsers } } = yield* AppConfig
  const me = yield* connect
  if (Option.isNone(me)) return
  yield* prepare
  yield* running(`@${me.value.username}`)
  if (allowedUsers.length === 0) {
    yield* Effect.logWarning("telegram: TELEGRAM_ALLOWED_USERS is not set: the bot takes tasks from nobody")
  }
  const handle = yield* TelegramListener.make(me.value)
  const port = yield* TelegramPort.make
  yield* Effect.all([Updates.poll(handle), follow(port)], { concurrency: "unbounded", discard: true })
})

/** The bot's own layers. */
const layerParts = Layer.merge(TelegramSender.layer, SessionActions.layer)

/** The bot, if its token is set. It never fails the program: a problem is one line in the log, and in `BotStatus`. */
export const layer = Layer.unwrapEffect(
  Effect.map(AppConfig, ({ telegram: { apiUrl, botToken } }) =>
    Option.match(botToken, {
      onNone: () => Layer.empty,
      onSome: (token) =>
        Layer.scopedDiscard(start({ platform: "telegram", startTimeout: "5 seconds", run })).pipe(
          Layer.provide(layerParts),
          Layer.provide(Conversations.layer),
          Layer.provide(TelegramClient.layer({ token, apiUrl }))
        )
    }))
)
