/** The listening server. It outlives what it serves: on release it stops accepting, waits briefly, and closes. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as Http from "node:http"
import type * as Net from "node:net"
import { AppConfig } from "../services/config/AppConfig.ts"
import { Draining } from "./Draining.ts"
import { FairScheduler } from "./FairScheduler.ts"
import * as Routes from "./Routes.ts"

/** The server cannot listen on this address. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.host}:${this.port}: ${this.reason}; set OPENTL_ADDR to another address`
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program, perhaps another opentl serve, already listens there",
  EACCES: "this user may not listen there",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "the host name is unknown"
}

const reasonOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string"
    ? reasons[cause.code] ?? cause.code
    : String(cause)

/**
 * How many connections may wait to be accepted. When the queue is full, the kernel drops new ones, and the client
 * retries after 1, 3, 7, … 63 seconds: with Node's default of 511, a thousand clients that reconnected at once kept
 * everybody out for that long. The kernel has its own limit (net.core.somaxconn, 4096).
 */
const backlog = 4096

/** How long to wait for running requests. */
const drainTimeout = "5 seconds"

/**
 * The connections without a running request. (Node's `closeIdleConnections` misses those that have not carried any
 * request yet, such as those that browsers and fetch keep in reserve.)
 *
 * When a connection closes, Node closes the response that is being sent. Those behind it (a client may send its next
 * request before it has the answer to the last) would never be, so they are closed here.
 */
const trackIdle = (server: Http.Server): () => ReadonlyArray<Net.Socket> => {
  const underWay = new Map<Net.Socket, Set<Http.ServerResponse>>()
  server.on("connection", (socket: Net.Socket) => {
    const responses = new Set<Http.ServerResponse>()
    underWay.set(socket, responses)
    socket.on("close", () => {
      underWay.delete(socket)
      for (const response of responses) if (response.socket === null) response.destroy().emit("close")
    })
  })
  server.on("request", ({ socket }, response) => {
    const responses = underWay.get(socket)
    responses?.add(response)
    response.on("close", () => responses?.delete(response))
  })
  return () => Array.from(underWay).filter(([, responses]) => responses.size === 0).map(([socket]) => socket)
}

/**
 * Hands on each request as a task of the fair scheduler. Node hands on all that have arrived at once: when a thousand
 * clients connect, everyone else waits until each of their requests has started. A request for `/health` should not
 * have to. A request whose client has gone meanwhile is dropped: its response has closed already, so nothing would ever
 * end it.
 */
const pace = (server: Http.Server, scheduler: Scheduler.Scheduler): void => {
  const emit = server.emit.bind(server)
  server.emit = (event: string, ...args: ReadonlyArray<unknown>) => {
    const [request] = args
    if (event !== "request" || !(request instanceof Http.IncomingMessage) || request.url === Routes.health) {
      return emit(event, ...args)
    }
    scheduler.scheduleTask(() => {
      if (!request.socket.destroyed) emit(event, ...args)
    }, 0)
    return true
  }
}

/** Stops accepting, closes idle connections, waits for the rest, and then cuts off what remains. */
const close = (server: Http.Server, idle: () => ReadonlyArray<Net.Socket>): Effect.Effect<void> => {
  const closed = Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  })
  // a connection becomes idle only when its response has ended
  const closeIdle = Effect.sync(() => {
    for (const socket of idle()) socket.destroySoon()
  }).pipe(Effect.repeat(Schedule.spaced("50 millis")))
  return Effect.raceFirst(closed, closeIdle).pipe(
    Effect.interruptible,
    Effect.timeoutOption(drainTimeout),
    Effect.zipRight(Effect.sync(() => server.closeAllConnections())),
    Effect.asVoid
  )
}

/** Disconnects the server's clients: streams end by themselves, and the effect completes when all have left. */
export class Drain extends Context.Tag("opentl/http/NodeServer/Drain")<Drain, Effect.Effect<void>>() {}

const make = Effect.gen(function*() {
  const { address: { host, port } } = yield* AppConfig
  const node = Http.createServer()
  const idle = trackIdle(node)
  pace(node, yield* FairScheduler)
  const draining = yield* Deferred.make<void>()
  const server = yield* NodeHttpServer.make(() => node, { host, port, backlog }).pipe(
    Effect.mapError(({ cause }) => new ListenFailed({ host, port, reason: reasonOf(cause) }))
  )
  const run = yield* FiberSet.makeRuntime()
  // for example too many open files: this must not end the process
  node.on("error", (error) => run(Effect.logWarning("the server could not accept a connection", error)))
  const drain = yield* Effect.cached(Effect.zipRight(Deferred.succeed(draining, undefined), close(node, idle)))
  yield* Effect.addFinalizer(() => drain)
  return Context.make(HttpServer.HttpServer, server).pipe(
    Context.add(Draining, Deferred.await(draining)),
    Context.add(Drain, drain)
  )
})

/** Listens on the configured address for the lifetime of the layer. */
export const layer: Layer.Layer<HttpServer.HttpServer | Drain, ListenFailed, AppConfig> = Layer.scopedContext(make)
