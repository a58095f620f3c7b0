/** The listening server. It outlives what it serves: when it is let go, it stops accepting, waits a little, and closes. */
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

/** The address cannot be listened on. */
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
  EADDRINUSE: "another program, perhaps another opentl serve, listens there",
  EACCES: "this user may not listen there",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "the name is not known"
}

const reasonOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string"
    ? reasons[cause.code] ?? cause.code
    : String(cause)

/**
 * Connections that may wait to be accepted. Where there is no room the kernel drops what comes, and the client tries again
 * after 1, 3, 7, … 63 seconds: at Node's default of 511 a thousand clients that come back at once kept everybody out so
 * long. The kernel has a limit of its own (net.core.somaxconn, 4096).
 */
const backlog = 4096

/** How long answers under way are waited for. */
const drainTimeout = "5 seconds"

/**
 * The connections without a request under way. (Node's own `closeIdleConnections` leaves out those that have not carried
 * any yet, such as browsers and fetch keep in reserve.)
 */
const trackIdle = (server: Http.Server): () => ReadonlyArray<Net.Socket> => {
  const underWay = new Map<Net.Socket, number>()
  server.on("connection", (socket: Net.Socket) => {
    underWay.set(socket, 0)
    socket.on("close", () => underWay.delete(socket))
  })
  const count = (socket: Net.Socket, change: number) => {
    const before = underWay.get(socket)
    if (before !== undefined) underWay.set(socket, before + change)
  }
  server.on("request", ({ socket }, response) => {
    count(socket, 1)
    response.on("close", () => count(socket, -1))
  })
  return () => Array.from(underWay).filter(([, requests]) => requests === 0).map(([socket]) => socket)
}

/**
 * Each request is handed on as a task of the fair scheduler's. Node itself hands on all that have arrived in one go: when a
 * thousand clients come at once, everybody else waits until each of theirs has begun. A question for `/health` has nothing
 * to wait for.
 */
const pace = (server: Http.Server, scheduler: Scheduler.Scheduler): void => {
  const emit = server.emit.bind(server)
  server.emit = (event: string, ...args: ReadonlyArray<unknown>) => {
    const [request] = args
    if (event !== "request" || !(request instanceof Http.IncomingMessage) || request.url === Routes.health) {
      return emit(event, ...args)
    }
    scheduler.scheduleTask(() => emit(event, ...args), 0)
    return true
  }
}

/** Stops accepting, closes what is idle, waits for the rest, and cuts off what is left then. */
const close = (server: Http.Server, idle: () => ReadonlyArray<Net.Socket>): Effect.Effect<void> => {
  const closed = Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  })
  // a connection whose answer has ended only now is idle only now
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

/** Lets go of the server's clients: streams end by themselves, and `close` is done when all have gone. */
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
  // such as too many open files: it must not end the process
  node.on("error", (error) => run(Effect.logWarning("the server could not accept a connection", error)))
  const drain = yield* Effect.cached(Effect.zipRight(Deferred.succeed(draining, undefined), close(node, idle)))
  yield* Effect.addFinalizer(() => drain)
  return Context.make(HttpServer.HttpServer, server).pipe(
    Context.add(Draining, Deferred.await(draining)),
    Context.add(Drain, drain)
  )
})

/** Listens on the configured address for as long as the layer. */
export const layer: Layer.Layer<HttpServer.HttpServer | Drain, ListenFailed, AppConfig> = Layer.scopedContext(make)
