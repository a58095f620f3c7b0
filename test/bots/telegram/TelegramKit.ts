/** A server with the Telegram bot, on the real actors with a faked world, against the stand-in with the real SDK. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as ScopeModule from "effect/Scope"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { BotStatus } from "../../../src/bots/shared/BotStatus.ts"
import * as TelegramBot from "../../../src/bots/telegram/TelegramBot.ts"
import type { Session } from "../../../src/domain/Session.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { stringAt } from "../../standins/slack/SlackJson.ts"
import {
  type TelegramOptions,
  TelegramStandIn,
  type TelegramStandInShape
} from "../../standins/telegram/TelegramStandIn.ts"
import type { TelegramMessage } from "../../standins/telegram/TelegramState.ts"
import { World } from "../../support/TestApp.ts"
import { testConfig } from "../../support/TestConfig.ts"

export const alice = 7
export const bob = 8
export const mallory = 9
export const botId = 4242

export interface Server {
  readonly context: Context.Context<Sessions | BotStatus>
  readonly shutdown: Effect.Effect<void>
}

export interface Kit {
  readonly world: World
  readonly telegram: TelegramStandInShape
  readonly database: Context.Context<SqlClient.SqlClient>
  readonly start: Effect.Effect<Server, unknown, Scope.Scope>
}

export interface KitOptions {
  readonly telegram?: TelegramOptions
  readonly config?: Partial<AppConfigShape>
  readonly token?: string
}

/** Telegram, a world and a database; servers come and go on them. */
export const kit = (options: KitOptions = {}) =>
  Effect.gen(function*() {
    const telegram = yield* TelegramStandIn.make(options.telegram)
    const world = new World()
    const database = yield* Layer.build(Database.layerMemory)
    const config: Partial<AppConfigShape> = {
      telegram: {
        ...testConfig.telegram,
        apiUrl: telegram.apiRoot,
        botToken: Option.some(Redacted.make(options.token ?? telegram.token)),
        defaultRepo: Option.some("acme/app"),
        allowedUsers: ["7", "@bobby"]
      },
      ...options.config
    }
    const layer = TelegramBot.layer.pipe(
      Layer.provideMerge(BotStatus.layer),
      Layer.provideMerge(world.layer(Layer.succeedContext(database), config))
    )
    const start = Effect.gen(function*() {
      const scope = yield* ScopeModule.make()
      const shutdown = ScopeModule.close(scope, Exit.void)
      yield* Effect.addFinalizer(() => shutdown)
      const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
      return { context, shutdown }
    })
    const made: Kit = { world, telegram, database, start }
    return made
  })

/** The same with one server that runs. */
export const running = (options: KitOptions = {}) =>
  Effect.gen(function*() {
    const all = yield* kit(options)
    return { all, server: yield* all.start, telegram: all.telegram, world: all.world }
  })

/** Writes to the bot: alice in her chat, unless it is said who and where. */
export const write = (
  { telegram }: Kit,
  text: string,
  to: Partial<Omit<Parameters<TelegramStandInShape["message"]>[0], "text">> = {}
) => telegram.message({ chat: alice, from: alice, ...to, text })

const answerTo = (pressed: ReturnType<TelegramStandInShape["pressButton"]>) =>
  Effect.flatMap(pressed, ({ answered }) => Effect.map(answered, (answer) => stringAt(answer, "text")))

/** Presses a button of a message by its label; the text that the bot answers. */
export const press = ({ telegram }: Kit, message: TelegramMessage, label: string, from = alice) =>
  answerTo(telegram.pressButton({ chat: message.chat, id: message.id }, dataOf(message, label), from))

/** The same by a person whose client still shows the message as it was. */
export const pressOld = ({ telegram }: Kit, message: TelegramMessage, label: string) =>
  answerTo(telegram.pressButton({ ...message, shown: message.keyboard }, dataOf(message, label), alice))

export const byBot = (message: TelegramMessage) => message.from.id === botId

/** What each of the messages is: a text, or a file of a kind. */
export const kindsOf = (messages: ReadonlyArray<TelegramMessage>) =>
  messages.map(({ document }) => document?.name.split(".")[1] ?? "text")

/** What the bot wrote in a chat, in order. */
export const texts = ({ telegram }: Kit, chat: number) =>
  Effect.map(telegram.chat(chat), (messages) => messages.filter(byBot).map((message) => message.text))

/** Waits for a message of the bot's that has a text. */
export const says = ({ telegram }: Kit, chat: number, part: string) =>
  telegram.awaitMessage(chat, (message) => byBot(message) && message.text.includes(part))

/** Waits until the bot sent a file of that kind into a chat. */
export const sends = ({ telegram }: Kit, chat: number, extension: string, count = 1) =>
  telegram.until((state) =>
    state.messages.filter((message) => message.chat === chat && message.document?.name.endsWith(extension)).length >=
      count
  )

/** The data of a message's button by its label. */
export const dataOf = (message: TelegramMessage, label: string): string => {
  const rows = message.keyboard?.["inline_keyboard"]
  const buttons: ReadonlyArray<unknown> = Array.isArray(rows) ? rows.flat() : []
  const found = buttons.find((button) => stringAt(button, "text")?.includes(label))
  return stringAt(found, "callback_data") ?? `no button ${label}`
}

export const labelsOf = (message: TelegramMessage): ReadonlyArray<string> => {
  const rows = message.keyboard?.["inline_keyboard"]
  const buttons: ReadonlyArray<unknown> = Array.isArray(rows) ? rows.flat() : []
  return buttons.map((button) => stringAt(button, "text") ?? "")
}

export const allSessions = (server: Server): Effect.Effect<ReadonlyArray<Session>, unknown> =>
  Effect.flatMap(Sessions, (sessions) => sessions.list({ limit: 50 })).pipe(
    Effect.map((page) => page.sessions),
    Effect.provide(server.context)
  )

/** Waits until every update was confirmed: the next poll has begun with an offset behind it. */
export const settled = ({ telegram }: Kit) => telegram.until((state) => state.updates.length === 0)
