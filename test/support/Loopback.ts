/**
 * Loopback HTTP servers for stand-ins of services on the network: real sockets on a free port of 127.0.0.1, every
 * handler owned by the scope that opened the server, and the faults only a socket can show.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Http from "node:http"
import type * as Net from "node:net"

/**
 * Serves an app until the scope closes and gives the base URL, without a slash at its end; the app is told it too.
 *
 * A client that goes away interrupts its handler. Closing the scope interrupts the handlers still at work, waits for
 * their finalizers, and drops the connections that are left: a stand-in never holds up the end of a test.
 */
export const serve = <E, R>(
  app: (url: string) => HttpApp.Default<E, R>
): Effect.Effect<string, never, Scope.Scope | Exclude<R, HttpServerRequest.HttpServerRequest>> =>
  Effect.gen(function*() {
    const node = Http.createServer()
    const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: 0 }).pipe(Effect.orDie)
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    const url = HttpServer.formatAddress(server.address)
    const handlers = yield* FiberSet.make<unknown, unknown>()
    yield* server.serve(
      FiberSet.run(handlers, app(url)).pipe(
        Effect.flatMap((fiber) => Fiber.join(fiber).pipe(Effect.onInterrupt(() => Fiber.interrupt(fiber)))),
        Effect.interruptible
      )
    )
    return url
  })

const endSocket = (request: HttpServerRequest.HttpServerRequest, end: (socket: Net.Socket) => void) =>
  Effect.zipRight(Effect.sync(() => end(NodeHttpServerRequest.toIncomingMessage(request).socket)), Effect.never)

/** Resets the connection: the client sees `ECONNRESET` in place of an answer. */
export const reset = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  endSocket(request, (socket) => socket.resetAndDestroy())

/** Closes the connection behind what was written so far: the client sees an answer that stops in the middle. */
export const cut = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  endSocket(request, (socket) => socket.destroySoon())

/** What a stand-in saw, in the order of arrival. An entry is amended as its request goes on. */
export interface Journal<A> {
  readonly entries: Effect.Effect<ReadonlyArray<A>>
  /** Waits for the first entry, past or to come, that satisfies the predicate. */
  readonly awaitEntry: (predicate: (entry: A) => boolean) => Effect.Effect<A>
  /** Waits until `count` entries satisfy the predicate, and gives these. */
  readonly awaitEntries: (count: number, predicate: (entry: A) => boolean) => Effect.Effect<ReadonlyArray<A>>
  /** Adds an entry and gives the way to amend it. */
  readonly add: (entry: A) => Effect.Effect<(amend: (entry: A) => A) => Effect.Effect<void>>
}

/** An empty journal. */
export const journal = <A>(): Effect.Effect<Journal<A>> =>
  Effect.map(SubscriptionRef.make<ReadonlyArray<A>>([]), (ref) => {
    const awaitEntries = (count: number, predicate: (entry: A) => boolean) =>
      ref.changes.pipe(
        Stream.map(Arr.filter(predicate)),
        Stream.filter((found) => found.length >= count),
        Stream.map(Arr.take(count)),
        Stream.runHead,
        Effect.flatMap(Option.match({ onNone: () => Effect.never, onSome: Effect.succeed }))
      )
    return {
      entries: SubscriptionRef.get(ref),
      awaitEntries,
      awaitEntry: (predicate) =>
        Effect.flatMap(
          awaitEntries(1, predicate),
          ([entry]) => entry === undefined ? Effect.never : Effect.succeed(entry)
        ),
      add: (entry) =>
        SubscriptionRef.modify(ref, (entries) => [entries.length, Arr.append(entries, entry)]).pipe(
          Effect.map((index) => (amend) => SubscriptionRef.update(ref, Arr.modify(index, amend)))
        )
    }
  })
