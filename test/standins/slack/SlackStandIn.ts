/**
 * A stand-in for Slack on a loopback port, stateful and strict: the Web API, uploads, Socket Mode, and the people of a
 * workspace. It refuses what Slack refuses, with Slack's errors, so that the real SDKs run against it end to end.
 *
 * @example
 * const slack = yield* SlackStandIn.make()
 * const web = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl })
 * const { message } = yield* slack.mention({ channel: "C1", text: "fix the build", user: "U1" })
 * const status = yield* slack.awaitMessage("C1", (each) => each.threadTs === message.ts)
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { serve } from "../../support/Loopback.ts"
import { defaultScopes } from "./SlackConversations.ts"
import { type Faults, makeFaults } from "./SlackFaults.ts"
import { makePeople, type SlackPeople } from "./SlackPeople.ts"
import { makeSocket, type SlackSocket } from "./SlackSocket.ts"
import {
  botUserId,
  findMessage,
  initialState,
  messagesIn,
  type SlackCall,
  type SlackChannel,
  type SlackDelivery,
  type SlackEphemeral,
  type SlackFile,
  type SlackMessage,
  type SlackReaction,
  type SlackState,
  type SlackUser,
  type SlackView,
  type SlackViolation,
  teamId,
  threadOf
} from "./SlackState.ts"
import { homeOf, modalOf } from "./SlackViews.ts"
import { awaitSome } from "./SlackWaiting.ts"
import { makeWebApi } from "./SlackWebApi.ts"

export interface SlackOptions {
  readonly botToken?: string
  readonly appToken?: string
  /** What the bot token may do; a method that needs more is refused with `missing_scope`. */
  readonly scopes?: ReadonlyArray<string>
  /** People beside the app, each with a direct message channel `D<id>`; by default U1 `alice`, U2 `bob`, U3 `carol`. */
  readonly users?: ReadonlyArray<SlackUser>
  /** By default C1 `general` and C2 `random`, both with the app, C3 `elsewhere` without, and C4 `old`, archived. */
  readonly channels?: ReadonlyArray<SlackChannel>
  /** The event types the app subscribes to; by default all that the stand-in knows. */
  readonly subscriptions?: ReadonlyArray<string>
  /** Answer 429 to a call over a documented limit. Else it is only noted in `violations`. */
  readonly enforceLimits?: boolean
}

export interface SlackStandInShape extends SlackPeople {
  /** For `SLACK_API_URL` and the SDKs' `slackApiUrl`; ends in `/api/`. */
  readonly apiUrl: string
  readonly botToken: string
  readonly appToken: string
  readonly botUserId: string
  readonly teamId: string

  /** Makes the next calls of a method (`*`: of any) go wrong. */
  readonly inject: Faults["inject"]
  /** Sends an envelope again: the same event, `retry_attempt` one higher. */
  readonly redeliver: SlackSocket["redeliver"]
  readonly announceDisconnect: SlackSocket["announceDisconnect"]
  /** Ends every Socket Mode connection without a closing handshake. */
  readonly dropConnections: Effect.Effect<void>
  readonly connections: Effect.Effect<number>

  readonly state: Effect.Effect<SlackState>
  /** Waits until the workspace satisfies a predicate, without polling. */
  readonly until: (holds: (state: SlackState) => boolean) => Effect.Effect<SlackState>
  /** Waits for the first message of a channel, posted or still to come, that satisfies a predicate. */
  readonly awaitMessage: (
    channel: string,
    matches: (message: SlackMessage) => boolean
  ) => Effect.Effect<SlackMessage>
  /** The messages that stand in a channel, thread replies among them, in the order of posting. */
  readonly messages: (channel: string) => Effect.Effect<ReadonlyArray<SlackMessage>>
  /** A thread's first message and its replies. */
  readonly thread: (channel: string, ts: string) => Effect.Effect<ReadonlyArray<SlackMessage>>
  /** What only one user sees. */
  readonly ephemerals: (user: string) => Effect.Effect<ReadonlyArray<SlackEphemeral>>
  /** The files shared in a channel, with their contents. */
  readonly files: (channel: string) => Effect.Effect<ReadonlyArray<SlackFile>>
  readonly reactions: (channel: string, ts: string) => Effect.Effect<ReadonlyArray<SlackReaction>>
  readonly home: (user: string) => Effect.Effect<Option.Option<SlackView>>
  /** The modal a user looks at. */
  readonly modal: (user: string) => Effect.Effect<Option.Option<SlackView>>
  /** Every call of the Web API, in order. */
  readonly journal: Effect.Effect<ReadonlyArray<SlackCall>>
  /** Limits that were exceeded, and acknowledgements that came late or for nothing. */
  readonly violations: Effect.Effect<ReadonlyArray<SlackViolation>>
  readonly deliveries: Effect.Effect<ReadonlyArray<SlackDelivery>>
}

const defaultUsers: ReadonlyArray<SlackUser> = [
  { id: "U1", name: "alice", realName: "Alice Adams" },
  { id: "U2", name: "bob", realName: "Bob Brown" },
  { id: "U3", name: "carol", realName: "Carol Clark" }
]

const everyone = { archived: false, joined: true, kind: "channel" as const, members: undefined }

const defaultChannels: ReadonlyArray<SlackChannel> = [
  { ...everyone, id: "C1", name: "general" },
  { ...everyone, id: "C2", name: "random" },
  { ...everyone, id: "C3", joined: false, name: "elsewhere" },
  { ...everyone, archived: true, id: "C4", name: "old" }
]

const allEvents = ["app_home_opened", "app_mention", "message", "reaction_added", "reaction_removed"]

const make = (options: SlackOptions = {}): Effect.Effect<SlackStandInShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { appToken = "xapp-stand-in", botToken = "xoxb-stand-in", enforceLimits = false } = options
    const ref = yield* SubscriptionRef.make(
      initialState(options.users ?? defaultUsers, options.channels ?? defaultChannels)
    )
    const faults = yield* makeFaults
    const socket = yield* makeSocket(ref, options.subscriptions ?? allEvents)
    const scopes = options.scopes ?? defaultScopes
    const app = yield* makeWebApi({ appToken, botToken, enforceLimits, scopes }, ref, faults, socket)
    // The server's release waits for WebSockets to end, so they are cut before it.
    const serving = yield* Scope.make()
    yield* Effect.addFinalizer((exit) => Effect.zipRight(socket.drop, Scope.close(serving, exit)))
    const origin = yield* Scope.extend(serve(app), serving)

    const look = <A>(view: (state: SlackState) => A) => Effect.map(SubscriptionRef.get(ref), view)

    return {
      ...makePeople(ref, socket, origin),
      announceDisconnect: socket.announceDisconnect,
      apiUrl: `${origin}/api/`,
      appToken,
      awaitMessage: (channel, matches) => awaitSome(ref, (state) => messagesIn(state, channel).find(matches)),
      botToken,
      botUserId,
      connections: socket.connections,
      deliveries: look((state) => state.deliveries),
      dropConnections: socket.drop,
      ephemerals: (user) => look((state) => state.ephemerals.filter((each) => each.user === user)),
      files: (channel) => look((state) => state.files.filter((file) => file.channel === channel)),
      home: (user) => look((state) => Option.fromNullable(homeOf(state, user))),
      inject: faults.inject,
      journal: look((state) => state.calls),
      messages: (channel) => look((state) => messagesIn(state, channel)),
      modal: (user) => look((state) => Option.fromNullable(modalOf(state, user))),
      reactions: (channel, ts) => look((state) => findMessage(state, channel, ts)?.reactions ?? []),
      redeliver: socket.redeliver,
      state: SubscriptionRef.get(ref),
      teamId,
      thread: (channel, ts) => look((state) => threadOf(state, channel, ts)),
      until: (holds) => awaitSome(ref, (state) => holds(state) ? state : undefined),
      violations: look((state) => state.violations)
    }
  })

/** The Slack stand-in as a service; `make` and `layer` serve it until their scope closes. */
export class SlackStandIn extends Context.Tag("opentl/test/SlackStandIn")<SlackStandIn, SlackStandInShape>() {
  static readonly make = make
  static readonly layer = (options?: SlackOptions): Layer.Layer<SlackStandIn> =>
    Layer.scoped(SlackStandIn, make(options))
}
