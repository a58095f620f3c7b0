/**
 * A stand-in for Telegram's Bot API on a loopback port, stateful and strict: long polling, messages, files, and the
 * people of a few chats. It refuses what the service refuses, with the service's errors, so that the real library runs
 * against it end to end.
 *
 * @example
 * const telegram = yield* TelegramStandIn.make()
 * const bot = new Bot(telegram.token, { apiRoot: telegram.apiRoot, maxRetries: 0 })
 * yield* telegram.message({ chat: 7, from: 7, text: "/new fix the build" })
 * const status = yield* telegram.awaitMessage(7, (each) => each.text.includes("running"))
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { serve } from "../../support/Loopback.ts"
import { type Faults, makeFaults } from "../slack/SlackFaults.ts"
import { awaitSome } from "../slack/SlackWaiting.ts"
import { makeApi } from "./TelegramApi.ts"
import { makePeople, type TelegramPeople } from "./TelegramPeople.ts"
import {
  findMessage,
  messagesIn,
  type TelegramCall,
  type TelegramChat,
  type TelegramDocument,
  type TelegramMessage,
  type TelegramState,
  type TelegramUpdate,
  type TelegramUser,
  type TelegramViolation
} from "./TelegramState.ts"

export interface TelegramOptions {
  readonly token?: string
  /** By default 7 `alice`, 8 `bob` and 9 `mallory`. Each has a private chat by the same id, closed until they write. */
  readonly users?: ReadonlyArray<TelegramUser>
  /** By default -100 `team`, a group, and -1001 `forum`, a supergroup with the topics 2 `builds` and 3 `chat`. */
  readonly groups?: ReadonlyArray<TelegramChat>
  /** Privacy mode: in groups the bot gets only commands, replies to it and messages that name it. Off by default. */
  readonly privacy?: boolean
  /** A webhook left over from before: `getUpdates` conflicts until `deleteWebhook`. */
  readonly webhook?: string
  /** Answer 429 to a call over a documented limit. Else it is only noted in `violations`. */
  readonly enforceLimits?: boolean
}

export interface TelegramStandInShape extends TelegramPeople {
  /** For `TELEGRAM_API_URL` and the library's `apiRoot`; without a path. */
  readonly apiRoot: string
  readonly token: string
  readonly bot: TelegramUser

  /** Makes the next calls of a method (`*`: of any) go wrong. */
  readonly inject: Faults["inject"]

  readonly state: Effect.Effect<TelegramState>
  /** Waits until the state satisfies a predicate, without polling. */
  readonly until: (holds: (state: TelegramState) => boolean) => Effect.Effect<TelegramState>
  /** Waits for the first message of a chat, sent or still to come, that satisfies a predicate. */
  readonly awaitMessage: (
    chat: number,
    matches: (message: TelegramMessage) => boolean
  ) => Effect.Effect<TelegramMessage>
  /** The messages that stand in a chat, in the order of sending, each with its plain text and its edits. */
  readonly chat: (id: number) => Effect.Effect<ReadonlyArray<TelegramMessage>>
  /** The documents that stand in a chat, with their contents. */
  readonly documents: (chat: number) => Effect.Effect<ReadonlyArray<TelegramDocument>>
  readonly reactions: (chat: number, id: number) => Effect.Effect<TelegramMessage["reactions"]>
  /** The updates that the bot did not confirm yet. */
  readonly pending: Effect.Effect<ReadonlyArray<TelegramUpdate>>
  /** Every call of the Bot API, in order. */
  readonly journal: Effect.Effect<ReadonlyArray<TelegramCall>>
  /** Limits that were exceeded. */
  readonly violations: Effect.Effect<ReadonlyArray<TelegramViolation>>
}

const bot: TelegramUser = { firstName: "OpenTL", id: 4242, username: "opentl_bot" }

const defaultUsers: ReadonlyArray<TelegramUser> = [
  { firstName: "Alice", id: 7, username: "alice" },
  { firstName: "Bob", id: 8, username: "bobby" },
  { firstName: "Mallory", id: 9, username: undefined }
]

const defaultGroups: ReadonlyArray<TelegramChat> = [
  { blocked: false, id: -100, kind: "group", open: true, title: "team", topics: undefined },
  {
    blocked: false,
    id: -1001,
    kind: "supergroup",
    open: true,
    title: "forum",
    topics: [{ id: 2, name: "builds" }, { id: 3, name: "chat" }]
  }
]

const make = (options: TelegramOptions = {}): Effect.Effect<TelegramStandInShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { enforceLimits = false, token = "4242:AAE-stand-in-token-of-35-characters" } = options
    const users = options.users ?? defaultUsers
    const ref = yield* SubscriptionRef.make<TelegramState>({
      actions: [],
      allowedUpdates: undefined,
      bot,
      calls: [],
      chats: [
        ...users.map((user): TelegramChat => ({
          blocked: false,
          id: user.id,
          kind: "private",
          open: false,
          title: user.firstName,
          topics: undefined
        })),
        ...(options.groups ?? defaultGroups)
      ],
      commands: {},
      files: [],
      lastUpdateId: 1000,
      messages: [],
      poll: 0,
      privacy: options.privacy ?? false,
      queries: [],
      updates: [],
      users,
      violations: [],
      webhook: options.webhook ?? ""
    })
    const faults = yield* makeFaults
    const app = yield* makeApi({ enforceLimits, token }, ref, faults)
    const apiRoot = yield* serve(() => app)
    const look = <A>(view: (state: TelegramState) => A) => Effect.map(SubscriptionRef.get(ref), view)

    return {
      ...makePeople(ref),
      apiRoot,
      awaitMessage: (chat, matches) => awaitSome(ref, (state) => messagesIn(state, chat).find(matches)),
      bot,
      chat: (id) => look((state) => messagesIn(state, id)),
      documents: (chat) =>
        look((state) => messagesIn(state, chat).flatMap(({ document }) => document === undefined ? [] : [document])),
      inject: faults.inject,
      journal: look((state) => state.calls),
      pending: look((state) => state.updates),
      reactions: (chat, id) => look((state) => findMessage(state, chat, id)?.reactions ?? []),
      state: SubscriptionRef.get(ref),
      token,
      until: (holds) => awaitSome(ref, (state) => holds(state) ? state : undefined),
      violations: look((state) => state.violations)
    }
  })

/** The Telegram stand-in as a service; `make` and `layer` serve it until their scope closes. */
export class TelegramStandIn
  extends Context.Tag("opentl/test/TelegramStandIn")<TelegramStandIn, TelegramStandInShape>()
{
  static readonly make = make
  static readonly layer = (options?: TelegramOptions): Layer.Layer<TelegramStandIn> =>
    Layer.scoped(TelegramStandIn, make(options))
}
