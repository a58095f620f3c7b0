/** The calls to Slack's Web API, each within the rate limits. The SDK stays in this file; its responses are decoded. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { WebClient } from "@slack/web-api"
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { retryTransient } from "../support/Retry.ts"
import * as Budget from "./SlackBudget.ts"
import {
  Identity,
  Mark,
  SlackClient,
  type SlackDestination,
  type SlackMessage,
  type SlackPerson,
  type SlackTokens
} from "./SlackClient.ts"
import { failure, SlackError } from "./SlackFailure.ts"
import { respond } from "./SlackResponse.ts"
import { listen, silent } from "./SlackSocket.ts"
import { Channel, Messages, Person, Posted } from "./SlackWire.ts"

const eventType = "opentl_message"

const isMarked = Schema.is(Mark)

const make = Effect.fnUntraced(function*({ apiUrl, appToken, botToken }: SlackTokens) {
  const sdk = new WebClient(Redacted.value(botToken), {
    logger: silent,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    slackApiUrl: apiUrl,
    timeout: 30_000
  })
  const budget = yield* Ref.make(Budget.none)

  /** Makes one call when the rate limits permit it. A 429 delays all calls that count against the same limit. */
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
          error.code !== "ratelimited" ?
            Effect.void :
            Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Ref.update(
                budget,
                (present) => Budget.block(present, buckets, now + (error.retryAfterMillis ?? 1000), now)
              ))
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

  /** Searches pages of messages until one matches, at most five pages of two hundred. */
  const search = <A>(
    destination: SlackDestination,
    wanted: (message: SlackMessage) => Option.Option<A>,
    cursor?: string,
    pages = 5
  ): Effect.Effect<Option.Option<A>, SlackError> =>
    Effect.gen(function*() {
      const { messages, next } = yield* page(destination, cursor)
      const found = Option.firstSomeOf(messages.map(wanted))
      return Option.isSome(found) || next === "" || pages <= 1
        ? found
        : yield* search(destination, wanted, next, pages - 1)
    })
  const page = ({ channel, thread }: SlackDestination, cursor: string | undefined) => {
    const method = thread === undefined ? "conversations.history" : "conversations.replies"
    const args = { channel, include_all_metadata: true, limit: 200, ...(cursor === undefined ? {} : { cursor }) }
    return use<unknown>(
      method,
      channel,
      Budget.answer,
      (sdk) =>
        thread === undefined ? sdk.conversations.history(args) : sdk.conversations.replies({ ...args, ts: thread })
    ).pipe(
      decoding(method, Messages),
      Effect.map(({ messages, response_metadata }) => ({ messages, next: response_metadata?.next_cursor ?? "" })),
      retryTransient
    )
  }
  const all = (
    destination: SlackDestination,
    cursor?: string,
    pages = 5
  ): Effect.Effect<ReadonlyArray<SlackMessage>, SlackError> =>
    Effect.gen(function*() {
      const { messages, next } = yield* page(destination, cursor)
      return next === "" || pages <= 1 ? messages : [...messages, ...yield* all(destination, next, pages - 1)]
    })

  /** A cached lookup by id, at most once in ten minutes; `unknown` is used if it fails. */
  const known = <A>(lookup: (id: string) => Effect.Effect<A, SlackError>, unknown: (id: string) => A) =>
    Cache.makeWith({
      capacity: 2000,
      timeToLive: (exit) => Exit.isSuccess(exit) ? "10 minutes" : "0 millis",
      lookup
    }).pipe(Effect.map((found) => (id: string) =>
      found.get(id).pipe(
        retryTransient,
        Effect.catchAll((error) => Effect.as(Effect.logDebug(error.message), unknown(id)))
      )
    ))
  const person = yield* known(
    (user) =>
      use("users.info", "", Budget.answer, (sdk) => sdk.users.info({ user })).pipe(
        decoding("users.info", Person),
        Effect.map(({ user: { enterprise_user, name, profile, team_id } }): SlackPerson => ({
          name: profile?.display_name || name,
          team: team_id ?? undefined,
          enterprise: enterprise_user?.enterprise_id ?? undefined
        }))
      ),
    (user): SlackPerson => ({ name: user, team: undefined, enterprise: undefined })
  )
  const infoOf = (channel: string) =>
    use("conversations.info", channel, Budget.answer, (sdk) => sdk.conversations.info({ channel })).pipe(
      decoding("conversations.info", Channel),
      Effect.map((found) => found.channel)
    )
  const channelName = yield* known((channel) => Effect.map(infoOf(channel), ({ name }) => name || channel), identity)
  const thread = (destination: SlackDestination) =>
    destination.thread === undefined ? {} : { thread_ts: destination.thread }

  return SlackClient.of({
    identity: use("auth.test", "", Budget.answer, (sdk) => sdk.auth.test()).pipe(decoding("auth.test", Identity)),
    listen: (connected) => listen({ appToken, apiUrl }, connected),
    post: Effect.fn("SlackClient.post")((destination, { blocks, text }, mark) =>
      use("chat.postMessage", destination.channel, Budget.needed, (sdk) =>
        sdk.chat.postMessage({
          channel: destination.channel,
          text,
          blocks: [...blocks],
          metadata: { event_type: eventType, event_payload: { ...mark } },
          unfurl_links: false,
          unfurl_media: false,
          ...thread(destination)
        })).pipe(decoding("chat.postMessage", Posted), Effect.map(({ ts }) => ts))
    ),
    update: Effect.fn("SlackClient.update")((channel, ts, { blocks, text }, pace) =>
      Effect.asVoid(
        use("chat.update", channel, pace, (sdk) => sdk.chat.update({ channel, ts, text, blocks: [...blocks] }))
      )
    ),
    upload: Effect.fn("SlackClient.upload")((destination, { content, name, title }) =>
      Effect.asVoid(use("files.uploadV2", destination.channel, Budget.needed, (sdk) => {
        const file = { filename: name, title, content, channel_id: destination.channel }
        return destination.thread === undefined
          ? sdk.files.uploadV2(file)
          : sdk.files.uploadV2({ ...file, thread_ts: destination.thread })
      }))
    ),
    find: Effect.fn("SlackClient.find")((destination, mark) =>
      search(destination, ({ metadata, ts }) => {
        const found: unknown = metadata?.event_type === eventType ? metadata.event_payload : undefined
        return isMarked(found) && found.session === mark.session && found.turn === mark.turn && found.kind === mark.kind
          ? Option.some(ts)
          : Option.none()
      })
    ),
    hasFile: Effect.fn("SlackClient.hasFile")((destination, name) =>
      Effect.map(
        search(destination, ({ files }) =>
          files?.some((file) => file.name === name) === true ? Option.some(true) : Option.none()),
        Option.isSome
      )
    ),
    replies: Effect.fn("SlackClient.replies")((channel, ts) => all({ channel, thread: ts })),
    whisper: Effect.fn("SlackClient.whisper")((destination, user, text) =>
      Effect.asVoid(
        retryTransient(use("chat.postEphemeral", destination.channel, Budget.answer, (sdk) =>
          sdk.chat.postEphemeral({ channel: destination.channel, user, text, ...thread(destination) })))
      )
    ),
    respond: Effect.fn("SlackClient.respond")(yield* respond),
    react: Effect.fn("SlackClient.react")((channel, timestamp, name, pace) =>
      use("reactions.add", channel, pace, (sdk) => sdk.reactions.add({ channel, timestamp, name })).pipe(
        passing("already_reacted", "message_not_found", "too_many_emoji", "too_many_reactions", "thread_locked"),
        Effect.asVoid
      )
    ),
    unreact: Effect.fn("SlackClient.unreact")((channel, timestamp, name, pace) =>
      use("reactions.remove", channel, pace, (sdk) => sdk.reactions.remove({ channel, timestamp, name })).pipe(
        passing("no_reaction", "message_not_found"),
        Effect.asVoid
      )
    ),
    openView: Effect.fn("SlackClient.openView")((trigger_id, view) =>
      Effect.asVoid(retryTransient(use("views.open", "", Budget.needed, (sdk) => sdk.views.open({ trigger_id, view }))))
    ),
    publishHome: Effect.fn("SlackClient.publishHome")((user_id, view) =>
      Effect.asVoid(
        retryTransient(use("views.publish", "", Budget.answer, (sdk) => sdk.views.publish({ user_id, view })))
      )
    ),
    person: Effect.fn("SlackClient.person")(person),
    channelName: Effect.fn("SlackClient.channelName")(channelName),
    isMember: Effect.fn("SlackClient.isMember")((channel) =>
      retryTransient(infoOf(channel)).pipe(
        Effect.map(({ is_im, is_member }) => is_member === true || is_im === true)
      )
    )
  })
})

export const layer = (tokens: SlackTokens): Layer.Layer<SlackClient> =>
  Layer.effect(SlackClient, make(tokens)).pipe(Layer.provide(FetchHttpClient.layer))
