/**
 * Socket Mode: envelopes in, acknowledgements out. Connections end often (announced by `disconnect`, or not, if the
 * network fails); the next one is opened here, with growing delays while that fails. An envelope that was not
 * acknowledged on its own connection is sent again on the next one.
 */
import { LogLevel, SocketModeClient } from "@slack/socket-mode"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { failure, isCredentialError, type SlackError } from "./SlackFailure.ts"
import * as Incoming from "./SlackIncoming.ts"

export interface SlackEnvelope {
  readonly event: Incoming.SlackEvent
  /** Call once, within three seconds; the reply to a form goes with it. */
  readonly ack: (answer?: Readonly<Record<string, unknown>>) => Effect.Effect<void>
}

export interface SocketOptions {
  readonly appToken: Redacted.Redacted
  /** Ends in `/api/`. */
  readonly apiUrl: string
}

/** The most envelopes that wait for a handler; further ones are not acknowledged, and Slack sends them again. */
const capacity = 1024

/** Silences the SDK's logger: its failures become our errors. */
export const silent = {
  debug: constVoid,
  info: constVoid,
  warn: constVoid,
  error: constVoid,
  getLevel: () => LogLevel.ERROR,
  setLevel: constVoid,
  setName: constVoid
}

const Received = Schema.Struct({ type: Schema.String, body: Schema.Unknown })
const readReceived = Schema.decodeUnknownOption(Received)

type Ack = (answer?: Readonly<Record<string, unknown>>) => Promise<void>
interface Listened {
  readonly ack: Ack
}

/** Reconnects at once after a connection that lasted; else after 0.5 s, 1, 2, … up to half a minute. */
const backoff = Schedule.exponential("500 millis").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered,
  Schedule.resetAfter("2 minutes")
)
const lasting = 30_000

/** Opens a connection, and returns an effect that waits for its end. The scope closes the connection. */
const connect = Effect.fnUntraced(function*(options: SocketOptions, incoming: Queue.Enqueue<SlackEnvelope>) {
  const ended = yield* Deferred.make<void>()
  const client = yield* Effect.acquireRelease(
    Effect.sync(() =>
      new SocketModeClient({
        appToken: Redacted.value(options.appToken),
        autoReconnectEnabled: false,
        clientOptions: { slackApiUrl: options.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
        logger: silent
      })
    ),
    (client) =>
      Effect.promise(() => client.disconnect()).pipe(
        Effect.timeoutOption("1 second"),
        Effect.zipRight(Effect.sync(() => client.removeAllListeners()))
      )
  )
  client.on("disconnected", () => Deferred.unsafeDone(ended, Effect.void))
  client.on("slack_event", (listened: Listened) => {
    const socket = client.websocket
    const { body, type } = Option.getOrElse(readReceived(listened), () => ({ type: "", body: undefined }))
    const event = Incoming.read(type, body)
    // an acknowledgement is valid only on its own connection: on another, Slack sends the envelope again
    const ack: SlackEnvelope["ack"] = (answer) =>
      client.websocket !== socket
        ? Effect.void
        : Effect.ignore(Effect.tryPromise(() => answer === undefined ? listened.ack() : listened.ack(answer)))
    if (Option.isSome(event)) incoming.unsafeOffer({ event: event.value, ack })
    else listened.ack().catch(constVoid)
  })
  yield* Effect.tryPromise({ try: () => client.start(), catch: (cause) => failure("connect to Slack", cause) }).pipe(
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () => failure("connect to Slack", "no hello within 20 seconds")
    })
  )
  return Deferred.await(ended)
})

/**
 * Listens for the lifetime of the scope. Fails if Slack rejects the token; everything else is retried. `connected` is
 * called for each connection.
 */
export const listen = (
  options: SocketOptions,
  connected: Effect.Effect<void>
): Effect.Effect<
  { readonly envelopes: Queue.Dequeue<SlackEnvelope>; readonly run: Effect.Effect<never, SlackError> },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const envelopes = yield* Effect.acquireRelease(Queue.dropping<SlackEnvelope>(capacity), Queue.shutdown)
    const oneConnection = Effect.scoped(Effect.gen(function*() {
      const end = yield* connect(options, envelopes)
      const since = yield* Clock.currentTimeMillis
      yield* connected
      yield* end
      yield* Effect.logDebug("the connection to Slack ended")
      return (yield* Clock.currentTimeMillis) - since
    }))
    const whileItLasts = Effect.repeat(oneConnection, { while: (lasted) => lasted >= lasting })
    const run = whileItLasts.pipe(
      Effect.tapError((error) => isCredentialError(error) ? Effect.void : Effect.logWarning(error.message)),
      Effect.catchAll((error) => isCredentialError(error) ? Effect.fail(error) : Effect.void),
      Effect.repeat(backoff),
      Effect.zipRight(Effect.never)
    )
    return { envelopes, run }
  })
