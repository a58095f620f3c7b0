/**
 * HTTP on a unix socket. Each request is a fiber of the scope: it ends when its client goes away, and closing the scope
 * ends them all, and waits for what they still have to do.
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
  /** As it was sent. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** As node has it: see `RequestBody.ts`. */
  readonly body: Readable
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Where it fails, the connection breaks off: the client must not take a part for the whole. */
  readonly body: Stream.Stream<Uint8Array, ConnectionError>
}

export interface Handlers {
  /** Its scope ends when the reply was sent or the client is gone. */
  readonly request: (request: Request) => Effect.Effect<Reply, never, Scope.Scope>
  /** Owns the client's connection. */
  readonly connect: (request: Http.IncomingMessage, client: Duplex, head: Uint8Array) => Effect.Effect<void>
}

const encoder = new TextEncoder()

/** A reply of one text. */
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

/** Done when the bytes have left, so that a slow client slows the sender; one that stands still is given up. */
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
 * What was not read of a request is thrown away for a while: a client that is cut off while it sends may never see its
 * reply.
 */
const drain = (incoming: Http.IncomingMessage, lingering: Duration.DurationInput) =>
  Effect.async<void>((resume) => {
    if (incoming.complete || incoming.destroyed) return resume(Effect.void)
    incoming.once("close", () => resume(Effect.void)).resume()
  }).pipe(Effect.timeoutOption(lingering))

/** Nothing more is read of a request, and nothing more is sent of a reply. */
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
          Effect.catchAll((error) => Effect.logDebug("a reply broke off", error)),
          // of one request; the others go on
          Effect.catchAllDefect((defect) => Effect.logError("a request to the gateway failed", defect))
        ),
      () => release(incoming, response)
    )

export interface Options {
  /** At once; more are refused. */
  readonly maxConnections: number
  /** How long a connection stays open without a request. */
  readonly keepAliveMillis: number
  /** How long a client may stand still while a part of its reply waits to be read: 5 minutes where nothing is said. */
  readonly stalled?: Duration.DurationInput
  /** How long a client may go on sending after it was replied to: 10 seconds where nothing is said. */
  readonly lingering?: Duration.DurationInput
}

/** Of what a client sends or is sent, in bytes: node keeps so much of each connection before it stops reading. */
const highWaterMark = 16 * 1024

/** For a request's head, and for the whole of it; how long a body may take is the handler's affair, and less. */
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
  // last added, first done: nobody comes in while the others are sent away
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
})
