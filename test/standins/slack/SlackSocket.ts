/**
 * Socket Mode: the connections of the app, the envelopes sent over them, and the acknowledgements.
 *
 * An envelope goes over one of the open connections in turn. An event that finds none, or whose connection ends before
 * it is acknowledged, comes again over the next connection, as the service retries it. Commands and interactions do
 * not.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { acknowledged } from "./SlackAcknowledgement.ts"
import { type JsonObject, parseJson, stringAt } from "./SlackJson.ts"
import { appId, botUserId, nextId, type SlackDelivery, type SlackState, teamId } from "./SlackState.ts"

/** Nobody listens: Slack tells the person who pressed or typed that the app did not respond. */
export class SlackNotConnected extends Schema.TaggedError<SlackNotConnected>()("SlackNotConnected", {
  type: Schema.String
}) {
  override get message() {
    return `no Socket Mode connection is open to carry ${this.type}`
  }
}

type Envelope = Omit<SlackDelivery, "connection" | "sentAt" | "ackedAt" | "response">

interface Connection {
  readonly id: number
  readonly write: (frame: JsonObject) => Effect.Effect<void>
  /** Ends it without a closing handshake, and waits for its end. */
  readonly cut: Effect.Effect<void>
}

export interface SlackSocket {
  /** Answers a WebSocket upgrade; a ticket of `apps.connections.open` is good for one. */
  readonly connect: Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>
  /** Tells an event; returns its envelope's id. */
  readonly emit: (event: JsonObject) => Effect.Effect<string>
  readonly interact: (
    type: "slash_commands" | "interactive",
    payload: JsonObject
  ) => Effect.Effect<string, SlackNotConnected>
  /** Sends an envelope again, as a retry. */
  readonly redeliver: (envelopeId: string) => Effect.Effect<void>
  /** Announces the end of every connection; the app is to open others. */
  readonly announceDisconnect: (reason: "warning" | "refresh_requested" | "link_disabled") => Effect.Effect<void>
  /** Ends every connection without a closing handshake. */
  readonly drop: Effect.Effect<void>
  /** How many connections are open. */
  readonly connections: Effect.Effect<number>
}

export const makeSocket = (
  state: SubscriptionRef.SubscriptionRef<SlackState>,
  subscriptions: ReadonlyArray<string>
): Effect.Effect<SlackSocket> =>
  Effect.gen(function*() {
    const open = yield* Ref.make<ReadonlyArray<Connection>>([])
    const waiting = yield* Ref.make<ReadonlyArray<Envelope>>([])
    const turn = yield* Ref.make(0)
    // One at a time, so that envelopes leave in the order of what they tell.
    const lane = yield* Effect.makeSemaphore(1)

    const identify = (prefix: string) => SubscriptionRef.modify(state, (current) => nextId(current, prefix))

    const deliver = (connection: Connection, envelope: Envelope) =>
      Effect.gen(function*() {
        const sentAt = yield* Clock.currentTimeMillis
        yield* SubscriptionRef.update(state, (current) => ({
          ...current,
          deliveries: [
            ...current.deliveries,
            { ...envelope, ackedAt: undefined, connection: connection.id, response: undefined, sentAt }
          ]
        }))
        yield* connection.write({
          accepts_response_payload: envelope.type !== "events_api",
          envelope_id: envelope.envelopeId,
          payload: envelope.payload,
          type: envelope.type,
          ...(envelope.type === "events_api"
            ? { retry_attempt: envelope.attempt, retry_reason: envelope.attempt === 0 ? "" : "timeout" }
            : {})
        })
      })

    const inTurn = Effect.gen(function*() {
      const connections = yield* Ref.get(open)
      const position = yield* Ref.getAndUpdate(turn, (count) => count + 1)
      return Option.fromNullable(connections[position % Math.max(connections.length, 1)])
    })

    const send = (envelope: Envelope) =>
      lane.withPermits(1)(
        Effect.flatMap(
          inTurn,
          Option.match({
            onNone: () => Ref.update(waiting, (envelopes) => [...envelopes, envelope]),
            onSome: (connection) => deliver(connection, envelope)
          })
        )
      )

    const emit = (event: JsonObject) =>
      Effect.gen(function*() {
        const envelopeId = yield* identify("envelope-")
        const eventId = yield* identify("Ev")
        if (!subscriptions.includes(stringAt(event, "type") ?? "")) return envelopeId
        const now = yield* Clock.currentTimeMillis
        yield* send({
          attempt: 0,
          envelopeId,
          eventId,
          payload: {
            api_app_id: appId,
            authorizations: [
              { enterprise_id: null, is_bot: true, is_enterprise_install: false, team_id: teamId, user_id: botUserId }
            ],
            event,
            event_context: `4-${eventId}`,
            event_id: eventId,
            event_time: Math.floor(now / 1000),
            is_ext_shared_channel: false,
            team_id: teamId,
            token: "verification",
            type: "event_callback"
          },
          type: "events_api"
        })
        return envelopeId
      })

    const interact = (type: "slash_commands" | "interactive", payload: JsonObject) =>
      Effect.gen(function*() {
        if ((yield* Ref.get(open)).length === 0) return yield* new SlackNotConnected({ type })
        const envelopeId = yield* identify("envelope-")
        yield* send({ attempt: 0, envelopeId, eventId: undefined, payload, type })
        return envelopeId
      })

    const redeliver = (envelopeId: string) =>
      Effect.gen(function*() {
        const { deliveries } = yield* SubscriptionRef.get(state)
        const last = deliveries.findLast((delivery) => delivery.envelopeId === envelopeId)
        if (last !== undefined) yield* send({ ...last, attempt: last.attempt + 1 })
      })

    const received = (connection: number) => (frame: string | Uint8Array) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame)
        const body = Option.getOrUndefined(parseJson(text))
        yield* SubscriptionRef.update(state, (current) => acknowledged(current, connection, body, now))
      })

    const opened = (connection: Connection) =>
      lane.withPermits(1)(Effect.gen(function*() {
        const count = yield* Ref.modify(open, (connections) => [connections.length + 1, [...connections, connection]])
        yield* connection.write({
          connection_info: { app_id: appId },
          debug_info: { approximate_connection_time: 18_060, host: "applink-stand-in" },
          num_connections: count,
          type: "hello"
        })
        const envelopes = yield* Ref.getAndSet(waiting, [])
        yield* Effect.forEach(envelopes, (envelope) => deliver(connection, envelope), { discard: true })
      }))

    const closed = (id: number) =>
      lane.withPermits(1)(Effect.gen(function*() {
        yield* Ref.update(open, (connections) => connections.filter((connection) => connection.id !== id))
        const { deliveries } = yield* SubscriptionRef.get(state)
        const lost = deliveries.filter((delivery) =>
          delivery.connection === id && delivery.ackedAt === undefined && delivery.type === "events_api"
        )
        yield* Ref.update(waiting, (envelopes) => [
          ...lost.map((delivery) => ({ ...delivery, attempt: delivery.attempt + 1 })),
          ...envelopes
        ])
      }))

    const connect = Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const ticket = new URL(request.url, "http://stand-in").searchParams.get("ticket") ?? ""
      const admitted = yield* SubscriptionRef.modify(state, (current) => [
        current.tickets.includes(ticket),
        { ...current, tickets: current.tickets.filter((each) => each !== ticket) }
      ])
      if (!admitted) return HttpServerResponse.empty({ status: 403 })
      const socket = yield* request.upgrade
      const writer = yield* socket.writer
      const { socket: tcp } = NodeHttpServerRequest.toIncomingMessage(request)
      const id = yield* SubscriptionRef.modify(state, (current) => [
        current.sequence + 1,
        { ...current, sequence: current.sequence + 1 }
      ])
      const ended = yield* Deferred.make<void>()
      const connection: Connection = {
        cut: Effect.zipRight(Effect.sync(() => tcp.destroy()), Deferred.await(ended)),
        id,
        write: (frame) => Effect.ignore(writer(JSON.stringify(frame)))
      }
      yield* socket.runRaw(received(id), { onOpen: opened(connection) }).pipe(
        Effect.ensuring(closed(id)),
        Effect.ensuring(Deferred.succeed(ended, undefined))
      )
      return HttpServerResponse.empty()
    }).pipe(
      Effect.scoped,
      Effect.catchAll(() => Effect.succeed(HttpServerResponse.empty({ status: 400 })))
    )

    const onEach = (f: (connection: Connection) => Effect.Effect<void>) =>
      Effect.flatMap(Ref.get(open), (connections) => Effect.forEach(connections, f, { discard: true }))

    return {
      announceDisconnect: (reason) =>
        onEach((connection) =>
          connection.write({ debug_info: { host: "applink-stand-in" }, reason, type: "disconnect" })
        ),
      connect,
      connections: Effect.map(Ref.get(open), (connections) => connections.length),
      drop: onEach((connection) => connection.cut),
      emit,
      interact,
      redeliver
    }
  })
