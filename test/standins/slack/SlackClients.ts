/** The app's side of the stand-in: Slack's own SDKs, connected to it. */
import { SocketModeClient } from "@slack/socket-mode"
import { LogLevel, WebClient } from "@slack/web-api"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type JsonObject, stringAt } from "./SlackJson.ts"
import { type SlackOptions, SlackStandIn, type SlackStandInShape } from "./SlackStandIn.ts"

const quiet = {
  debug: () => {},
  error: () => {},
  getLevel: () => LogLevel.ERROR,
  info: () => {},
  setLevel: () => {},
  setName: () => {},
  warn: () => {}
}

export const client = (url: string, token: string) =>
  new WebClient(token, { logger: quiet, rejectRateLimitedCalls: true, retryConfig: { retries: 0 }, slackApiUrl: url })

/** A workspace, and the app's client of its Web API. */
export const setupWeb = (options?: SlackOptions) =>
  Effect.map(SlackStandIn.make(options), (slack) => ({ slack, web: client(slack.apiUrl, slack.botToken) }))

/** The refusal of a call that must not pass. */
export const refusal = (call: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ catch: (cause) => cause, try: call }))

/** The error's name in the refusal of a call. */
export const errorOf = (web: WebClient, method: string, args: Record<string, unknown>) =>
  Effect.map(refusal(() => web.apiCall(method, args)), (error) => stringAt(error, "data", "error"))

export const call = <A>(run: () => Promise<A>) => Effect.promise(run)

/** What the Socket Mode client hands to the app. */
export interface Heard {
  readonly type: string
  readonly body: JsonObject
  readonly retry_num: number | undefined
  readonly ack: (response?: JsonObject) => Promise<void>
}

/**
 * The real Socket Mode client, connected; what it hears waits in a queue, not acknowledged. It waits `pingTimeoutMillis`
 * for a pong, so long that a busy machine loses no connection, and as long before it connects again.
 */
export const listen = (
  slack: SlackStandInShape,
  pingTimeoutMillis = 60_000
): Effect.Effect<Queue.Queue<Heard>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const heard = yield* Queue.unbounded<Heard>()
    yield* Effect.acquireRelease(
      Effect.promise(() => {
        const client = new SocketModeClient({
          appToken: slack.appToken,
          clientOptions: { slackApiUrl: slack.apiUrl },
          clientPingTimeout: pingTimeoutMillis,
          logger: quiet
        })
        client.on("slack_event", (event: Heard) => Queue.unsafeOffer(heard, event))
        return client.start().then(() => client)
      }),
      (client) => Effect.promise(() => client.disconnect())
    )
    return heard
  })

/** A workspace, and the app that listens in it. */
export const setupSocket = (pingTimeoutMillis?: number) =>
  Effect.gen(function*() {
    const slack = yield* SlackStandIn.make()
    const heard = yield* listen(slack, pingTimeoutMillis)
    const web = new WebClient(slack.botToken, { logger: quiet, slackApiUrl: slack.apiUrl })
    return { heard, slack, web }
  })

/** The kind and the text of an event. */
export const eventOf = (heard: Heard) => [stringAt(heard.body, "event", "type"), stringAt(heard.body, "event", "text")]
export const ack = (heard: Heard, response?: JsonObject) => Effect.promise(() => heard.ack(response))
export const plain = (text: string) => ({ text, type: "plain_text" as const })
