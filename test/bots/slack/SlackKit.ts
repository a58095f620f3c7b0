/** The Slack bot, whole: real SDKs against the stand-in, real actors on a faked world, one server after the other. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { BotStatus } from "../../../src/bots/shared/BotStatus.ts"
import * as SlackBot from "../../../src/bots/slack/SlackBot.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { type SlackOptions, SlackStandIn, type SlackStandInShape } from "../../standins/slack/SlackStandIn.ts"
import type { SlackMessage } from "../../standins/slack/SlackState.ts"
import { World } from "../../support/TestApp.ts"
import { testConfig } from "../../support/TestConfig.ts"

export interface Kit {
  readonly slack: SlackStandInShape
  readonly world: World
  readonly database: Context.Context<SqlClient.SqlClient>
  /** What the servers have logged. */
  readonly logged: ReadonlyArray<string>
  /** Starts a server; it ends with the scope, or when it is told to. */
  readonly serve: (config?: Partial<AppConfigShape["slack"]>, more?: Partial<AppConfigShape>) => Effect.Effect<
    {
      readonly context: Context.Context<Sessions | BotStatus>
      readonly sessions: Context.Tag.Service<Sessions>
      readonly shutdown: Effect.Effect<void>
    },
    unknown,
    Scope.Scope
  >
}

export const setup = (options: SlackOptions = {}): Effect.Effect<Kit, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const slack = yield* SlackStandIn.make(options)
    const world = new World()
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    const database = yield* Layer.build(Layer.fresh(Database.layerMemory))
    return {
      slack,
      world,
      database,
      logged,
      serve: (changes = {}, more = {}) =>
        Effect.gen(function*() {
          const scope = yield* Scope.fork(yield* Effect.scope, { _tag: "Sequential" })
          const config = {
            ...testConfig.slack,
            apiUrl: slack.apiUrl,
            appToken: Option.some(Redacted.make(slack.appToken)),
            botToken: Option.some(Redacted.make(slack.botToken)),
            defaultRepo: Option.some("acme/app"),
            ...changes
          }
          const layer = SlackBot.layer.pipe(
            Layer.provideMerge(BotStatus.layer),
            Layer.provideMerge(world.layer(Layer.succeedContext(database), { slack: config, ...more })),
            Layer.provide(Logger.replace(Logger.defaultLogger, logger))
          )
          const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
          return {
            context,
            sessions: Context.get(context, Sessions),
            shutdown: Scope.close(scope, Exit.void)
          }
        })
    }
  })

/** Slack's limits that were exceeded. An acknowledgement that comes late is a busy machine's. */
export const exceeded = ({ violations }: SlackStandInShape) =>
  Effect.map(violations, (all) => all.filter(({ rule }) => !rule.startsWith("acknowledgement")))

/** Everything that a message says, blocks included. */
export const said = (message: SlackMessage): string => `${message.text}\n${JSON.stringify(message.blocks)}`

/** The kind under which the bot posted it. */
export const kindOf = (message: SlackMessage): string | undefined => {
  const payload = message.metadata?.["event_payload"]
  return typeof payload === "object" && payload !== null && "kind" in payload ? String(payload.kind) : undefined
}

export const isKind = (kind: string, turn = 1) => (message: SlackMessage): boolean => {
  const payload = message.metadata?.["event_payload"]
  return kindOf(message) === kind && typeof payload === "object" && payload !== null && "turn" in payload &&
    payload.turn === turn
}
