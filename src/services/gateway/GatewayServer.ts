/**
 * HTTP on a unix socket. Each request is a fiber of the scope: it ends when its client disconnects, and closing the
 * scope ends them all and waits for their clean-up.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import type { Duplex, Readable } from "node:stream"

/** The server could not listen, or a connection broke. */
export class ConnectionError
  extends Schema.TaggedError<ConnectionError>()("ConnectionError", { reason: Schema.String })
{
  override get message() {
    return this.reason
  }
}

export interface Request {
  readonly method: string
  /** The URL as sent. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Node's stream: see `RequestBody.ts`. */
  readonly body: Readable
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** If it fails, the connection breaks off, so that the client does not mistake a part for the whole. */
  readonly body: Stream.Stream<Uint8Array, ConnectionError>
}

export interface Handlers {
  /** Handles a request. Its scope closes when the reply was sent or the client has disconnected. */
  readonly request: (request: Request) => Effect.Effect<Reply, never, Scope.Scope>
  /** Handles CONNECT, and owns the client's connection. */
  readonly connect: (request: Http.IncomingMessage, client: Duplex, head: Uint8Array) => Effect.Effect<void>
}

const encoder = new TextEncoder()

/** A reply with a text. */
export const text = (
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): Reply => {
  const bytes = encoder.encode(body)
  return {
    status,
    headers: { ...headers, "content-type": contentType, "content-length": String(bytes.length) },
    body: Stream.make(bytes)
  }
}

const connectionError = (cause: unknown) =>
  new ConnectionError({ reason: cause instanceof Error ? cause.message : String(cause) })

const readRequest = (incoming: Http.IncomingMessage): Request => ({
  method: incoming.method ?? "",
  url: incoming.url ?? "",
  headers: Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])
  ),
  body: incoming
})

/** Completes when the bytes are sent, so that a slow client slows the sender; a stalled one is given up. */
const write = (response: Http.ServerResponse, stalled: Duration.DurationInput) => (bytes: Uint8Array) =>
  Effect.async<void, ConnectionError>((resume) => {
    response.write(bytes, (error) => resume(error == null ? Effect.void : connectionError(error)))
  }).pipe(Effect.timeoutFail({
    duration: stalled,
    onTimeout: () => new ConnectionError({ reason: "the client does not read its reply" })
  }))

const send = (response: Http.ServerResponse, reply: Reply, withBody: boolean, stalled: Duration.DurationInput) =>
  Effect.suspend(() => {
    response.writeHead(reply.status, reply.headers)
    const body = withBody ? Stream.runForEach(reply.body, write(response, stalled)) : Effect.void
    return Effect.andThen(
      body,
      Effect.async<void>((resume) => {
        response.end(() => resume(Effect.void))
      })
    )
  })

const closed = (response: Http.ServerResponse) =>
  Effect.async<void>((resume) => {
    response.once("close", () => resume(Effect.void))
  })

/**
 * Discards the unread rest of a request for a while: a client that is cut off while sending may never see its reply.
 */
const drain = (incoming: Http.IncomingMessage, lingering: Duration.DurationInput) =>
  Effect.async<void>((resume) => {
    if (incoming.complete || incoming.destroyed) return resume(Effect.void)
    incoming.once("close", () => resume(Effect.void)).resume()
  }).pipe(Effect.timeoutOption(lingering))

/** Stops reading the request and sending the reply. */
const release = (incoming: Http.IncomingMessage, response: Http.ServerResponse) =>
  Effect.sync(() => {
    if (!response.writableEnded) response.destroy()
    if (!incoming.complete) incoming.destroy()
  })

const serveOne =
  (handlers: Handlers, { lingering = "10 seconds", stalled = "5 minutes" }: Options) =>
  (incoming: Http.IncomingMessage, response: Http.ServerResponse) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        incoming.on("error", () => {})
        response.on("error", () => {})
      }),
      () =>
        handlers.request(readRequest(incoming)).pipe(
          Effect.flatMap((reply) => send(response, reply, incoming.method !== "HEAD", stalled)),
          Effect.scoped,
          Effect.raceFirst(closed(response)),
          Effect.zipRight(drain(incoming, lingering)),
          Effect.catchAll((error) => Effect.logDebug("a reply was interrupted", error)),
          // of one request; the others continue
          Effect.catchAllDefect((defect) => Effect.logError("a request to the gateway failed", defect))
        ),
      () => release(incoming, response)
    )

export interface Options {
  /** The most connections at once; more are refused. */
  readonly maxConnections: number
  /** How long a connection stays open without a request, in milliseconds. */
  readonly keepAliveMillis: number
  /** How long a client may leave a part of its reply unread; 5 minutes by default. */
  readonly stalled?: Duration.DurationInput
  /** How long a client may continue to send after its reply; 10 seconds by default. */
  readonly lingering?: Duration.DurationInput
}

/** How many bytes node buffers per connection before it stops reading. */
const highWaterMark = 16 * 1024

/** The time limit for a request's head, in milliseconds. The handler limits the time for the body. */
const headersTimeout = 60_000
const requestTimeout = 15 * 60_000

/** Serves a socket until the scope closes. */
export const serve = Effect.fnUntraced(function*(socket: string, handlers: Handlers, options: Options) {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      Http.createServer({
        keepAliveTimeout: options.keepAliveMillis,
        headersTimeout,
        requestTimeout,
        highWaterMark
      })
    ),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
  server.maxConnections = options.maxConnections
  const runFork = yield* FiberSet.makeRuntime<never>()
  server.on("request", (incoming, response) => void runFork(serveOne(handlers, options)(incoming, response)))
  server.on("connect", (incoming, client, head) => void runFork(handlers.connect(incoming, client, head)))
  yield* Effect.async<void, ConnectionError>((resume) => {
    server.on("error", (error) => resume(connectionError(error)))
    server.listen(socket, () => resume(Effect.void))
  })
  // finalizers run in reverse order: no new connection is accepted while the others are closed
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
})
