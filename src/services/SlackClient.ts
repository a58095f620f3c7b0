/** Slack's Web API and its socket, as far as the bot needs them. The SDKs stay in here; what they answer is decoded. */
import { type KnownBlock, type View, WebClient } from "@slack/web-api"
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { retryTransient } from "./Retry.ts"
import * as Budget from "./SlackBudget.ts"
import { failure, SlackError } from "./SlackFailure.ts"
import { listen, silent, type SlackEnvelope } from "./SlackSocket.ts"

export type { SlackEnvelope }
export { SlackError }

export type SlackBlock = KnownBlock
export type SlackView = View

/** A message in the channel, or in a thread of it. */
export interface SlackPlace {
  readonly channel: string
  readonly thread: string | undefined
}

export interface SlackContent {
  /** What notifications and screen readers say; at most 4000 characters. */
  readonly text: string
  readonly blocks: ReadonlyArray<SlackBlock>
}

/** By what a message of ours is found again. */
export const Mark = Schema.Struct({ session: Schema.String, turn: Schema.Number, kind: Schema.String })
export type Mark = typeof Mark.Type
const eventType = "opentl_message"

const Message = Schema.Struct({
  ts: Schema.String,
  user: Schema.optional(Schema.String),
  text: Schema.optionalWith(Schema.String, { default: () => "" }),
  metadata: Schema.optional(Schema.Struct({ event_type: Schema.optional(Schema.String), event_payload: Schema.Unknown })),
  files: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.optional(Schema.NullOr(Schema.String)) })))
})
export type SlackMessage = typeof Message.Type
const Messages = Schema.Struct({
  messages: Schema.Array(Message),
  response_metadata: Schema.optional(Schema.Struct({ next_cursor: Schema.optional(Schema.String) }))
})

const Identity = Schema.Struct({ user_id: Schema.String, user: Schema.String, team: Schema.String })
export type SlackIdentity = typeof Identity.Type
const Posted = Schema.Struct({ ts: Schema.String })
const Person = Schema.Struct({
  user: Schema.Struct({
    name: Schema.String,
    profile: Schema.optional(Schema.Struct({ display_name: Schema.optional(Schema.String) }))
  })
})
const Channel = Schema.Struct({
  channel: Schema.Struct({ is_member: Schema.optional(Schema.Boolean), is_im: Schema.optional(Schema.Boolean) })
})

const isMarked = Schema.is(Mark)

export interface SlackTokens {
  readonly botToken: Redacted.Redacted
  readonly appToken: Redacted.Redacted
  readonly apiUrl: string
}

export class SlackClient extends Context.Tag("opentl/services/SlackClient")<SlackClient, {
  /** Who the bot is. */
  readonly identity: Effect.Effect<SlackIdentity, SlackError>
  /** Envelopes, for as long as the scope; `run` keeps the connection and fails only where the token is refused. */
  readonly listen: (
    connected: Effect.Effect<void>
  ) => Effect.Effect<
    { readonly envelopes: Queue.Dequeue<SlackEnvelope>; readonly run: Effect.Effect<never, SlackError> },
    never,
    Scope.Scope
  >
  /** Posts once; its timestamp is answered. Not repeated: look for the mark first. */
  readonly post: (place: SlackPlace, content: SlackContent, mark: Mark) => Effect.Effect<string, SlackError>
  /** Edits a message of ours. */
  readonly update: (channel: string, ts: string, content: SlackContent, pace: Budget.Pace) => Effect.Effect<void, SlackError>
  /** Uploads a text file into a thread. Not repeated: look for the name first. */
  readonly upload: (
    place: SlackPlace,
    file: { readonly name: string; readonly title: string; readonly content: string }
  ) => Effect.Effect<void, SlackError>
  /** The timestamp of our message with this mark, if it was posted. */
  readonly find: (place: SlackPlace, mark: Mark) => Effect.Effect<Option.Option<string>, SlackError>
  /** Whether a file of that name was uploaded into the thread. */
  readonly hasFile: (place: SlackPlace, name: string) => Effect.Effect<boolean, SlackError>
  /** The messages of a thread, oldest first, at most a thousand. */
  readonly replies: (channel: string, thread: string) => Effect.Effect<ReadonlyArray<SlackMessage>, SlackError>
  /** Says something to one person only. */
  readonly whisper: (place: SlackPlace, user: string, text: string) => Effect.Effect<void, SlackError>
  /** A reaction that is there already is no error, nor is a message that is gone. */
  readonly react: (channel: string, ts: string, name: string) => Effect.Effect<void, SlackError>
  readonly unreact: (channel: string, ts: string, name: string) => Effect.Effect<void, SlackError>
  readonly openView: (triggerId: string, view: SlackView) => Effect.Effect<void, SlackError>
  readonly publishHome: (user: string, view: SlackView) => Effect.Effect<void, SlackError>
  /** The name a person goes by; the id where it cannot be had. Kept for ten minutes. */
  readonly nameOf: (user: string) => Effect.Effect<string>
  /** Whether the bot may write there. */
  readonly isMember: (channel: string) => Effect.Effect<boolean, SlackError>
}>() {
  static readonly layer = (tokens: SlackTokens) => Layer.effect(SlackClient, make(tokens))
}

const make = Effect.fnUntraced(function*({ apiUrl, appToken, botToken }: SlackTokens) {
  const sdk = new WebClient(Redacted.value(botToken), {
    logger: silent,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    slackApiUrl: apiUrl,
    timeout: 30_000
  })
  const budget = yield* Ref.make(Budget.none)

  /** One call, in its place in the budget. A 429 holds back all that count against the same limit. */
  const use = <A>(
    method: string,
    channel: string,
    pace: Budget.Pace,
    call: (sdk: WebClient) => Promise<A>
  ): Effect.Effect<A, SlackError> =>
    Effect.gen(function*() {
      const buckets = Budget.bucketsOf(method, channel)
      const { isTaken, wait } = yield* Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => Ref.modify(budget, (present) => Budget.take(present, buckets, pace, now))
      )
      if (!isTaken) {
        return yield* new SlackError({ operation: method, code: "budget", isRetryable: true, retryAfterMillis: wait })
      }
      if (wait > 0) yield* Effect.sleep(wait)
      return yield* Effect.tryPromise({ try: () => call(sdk), catch: (cause) => failure(method, cause) }).pipe(
        Effect.tapError((error) =>
          error.code !== "ratelimited" ? Effect.void : Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Ref.update(budget, (present) => Budget.block(present, buckets, now + (error.retryAfterMillis ?? 1000), now)))
        )
      )
    }).pipe(Effect.withSpan(`Slack.${method}`))

  const decoding = <A, I>(operation: string, schema: Schema.Schema<A, I>) => {
    const decode = Schema.decodeUnknown(schema)
    return Effect.flatMap((answer: unknown) =>
      Effect.mapError(
        decode(answer),
        (cause) => new SlackError({ operation, code: "unreadable answer", isRetryable: false, cause })
      )
    )
  }
  const passing = (...codes: ReadonlyArray<string>) => <A>(self: Effect.Effect<A, SlackError>) =>
    Effect.catchIf(self, (error) => codes.includes(error.code), () => Effect.void)

  /** Pages of messages until one is found, at most five of two hundred. */
  const search = <A>(
    place: SlackPlace,
    wanted: (message: SlackMessage) => Option.Option<A>,
    cursor?: string,
    pages = 5
  ): Effect.Effect<Option.Option<A>, SlackError> =>
    Effect.gen(function*() {
      const { messages, next } = yield* page(place, cursor)
      const found = Option.firstSomeOf(messages.map(wanted))
      return Option.isSome(found) || next === "" || pages <= 1 ? found : yield* search(place, wanted, next, pages - 1)
    })
  const page = ({ channel, thread }: SlackPlace, cursor: string | undefined) => {
    const method = thread === undefined ? "conversations.history" : "conversations.replies"
    const args = { channel, include_all_metadata: true, limit: 200, ...(cursor === undefined ? {} : { cursor }) }
    return use<unknown>(method, channel, Budget.answer, (sdk) =>
      thread === undefined ? sdk.conversations.history(args) : sdk.conversations.replies({ ...args, ts: thread })
    ).pipe(
      decoding(method, Messages),
      Effect.map(({ messages, response_metadata }) => ({ messages, next: response_metadata?.next_cursor ?? "" })),
      retryTransient
    )
  }
  const all = (place: SlackPlace, cursor?: string, pages = 5): Effect.Effect<ReadonlyArray<SlackMessage>, SlackError> =>
    Effect.gen(function*() {
      const { messages, next } = yield* page(place, cursor)
      return next === "" || pages <= 1 ? messages : [...messages, ...yield* all(place, next, pages - 1)]
    })

  const names = yield* Cache.makeWith({
    capacity: 2000,
    timeToLive: (exit) => Exit.isSuccess(exit) ? "10 minutes" : "0 millis",
    lookup: (user: string) =>
      use("users.info", "", Budget.answer, (sdk) => sdk.users.info({ user })).pipe(
        decoding("users.info", Person),
        Effect.map(({ user: { name, profile } }) => profile?.display_name || name)
      )
  })
  const thread = (place: SlackPlace) => place.thread === undefined ? {} : { thread_ts: place.thread }

  return SlackClient.of({
    identity: use("auth.test", "", Budget.answer, (sdk) => sdk.auth.test()).pipe(decoding("auth.test", Identity)),
    listen: (connected) => listen({ appToken, apiUrl }, connected),
    post: Effect.fn("SlackClient.post")((place, { blocks, text }, mark) =>
      use("chat.postMessage", place.channel, Budget.needed, (sdk) =>
        sdk.chat.postMessage({
          channel: place.channel,
          text,
          blocks: [...blocks],
          metadata: { event_type: eventType, event_payload: { ...mark } },
          unfurl_links: false,
          unfurl_media: false,
          ...thread(place)
        })).pipe(decoding("chat.postMessage", Posted), Effect.map(({ ts }) => ts))
    ),
    update: Effect.fn("SlackClient.update")((channel, ts, { blocks, text }, pace) =>
      Effect.asVoid(use("chat.update", channel, pace, (sdk) => sdk.chat.update({ channel, ts, text, blocks: [...blocks] })))
    ),
    upload: Effect.fn("SlackClient.upload")((place, { content, name, title }) =>
      Effect.asVoid(use("files.uploadV2", place.channel, Budget.needed, (sdk) => {
        const file = { filename: name, title, content, channel_id: place.channel }
        return place.thread === undefined ? sdk.files.uploadV2(file) : sdk.files.uploadV2({ ...file, thread_ts: place.thread })
      }))
    ),
    find: Effect.fn("SlackClient.find")((place, mark) =>
      search(place, ({ metadata, ts }) => {
        const found: unknown = metadata?.event_type === eventType ? metadata.event_payload : undefined
        return isMarked(found) && found.session === mark.session && found.turn === mark.turn && found.kind === mark.kind
          ? Option.some(ts)
          : Option.none()
      })
    ),
    hasFile: Effect.fn("SlackClient.hasFile")((place, name) =>
      Effect.map(
        search(place, ({ files }) => files?.some((file) => file.name === name) === true ? Option.some(true) : Option.none()),
        Option.isSome
      )
    ),
    replies: Effect.fn("SlackClient.replies")((channel, ts) => all({ channel, thread: ts })),
    whisper: Effect.fn("SlackClient.whisper")((place, user, text) =>
      Effect.asVoid(retryTransient(use("chat.postEphemeral", place.channel, Budget.answer, (sdk) =>
        sdk.chat.postEphemeral({ channel: place.channel, user, text, ...thread(place) }))))
    ),
    react: Effect.fn("SlackClient.react")((channel, timestamp, name) =>
      use("reactions.add", channel, Budget.answer, (sdk) => sdk.reactions.add({ channel, timestamp, name })).pipe(
        retryTransient,
        passing("already_reacted", "message_not_found", "too_many_emoji", "too_many_reactions", "thread_locked"),
        Effect.asVoid
      )
    ),
    unreact: Effect.fn("SlackClient.unreact")((channel, timestamp, name) =>
      use("reactions.remove", channel, Budget.answer, (sdk) => sdk.reactions.remove({ channel, timestamp, name })).pipe(
        retryTransient,
        passing("no_reaction", "message_not_found"),
        Effect.asVoid
      )
    ),
    openView: Effect.fn("SlackClient.openView")((trigger_id, view) =>
      Effect.asVoid(retryTransient(use("views.open", "", Budget.needed, (sdk) => sdk.views.open({ trigger_id, view }))))
    ),
    publishHome: Effect.fn("SlackClient.publishHome")((user_id, view) =>
      Effect.asVoid(retryTransient(use("views.publish", "", Budget.answer, (sdk) => sdk.views.publish({ user_id, view }))))
    ),
    nameOf: Effect.fn("SlackClient.nameOf")((user) =>
      names.get(user).pipe(
        retryTransient,
        Effect.catchAll((error) => Effect.as(Effect.logDebug(error.message), user))
      )
    ),
    isMember: Effect.fn("SlackClient.isMember")((channel) =>
      use("conversations.info", channel, Budget.answer, (sdk) => sdk.conversations.info({ channel })).pipe(
        decoding("conversations.info", Channel),
        retryTransient,
        Effect.map(({ channel: { is_im, is_member } }) => is_member === true || is_im === true)
      )
    )
  })
})
