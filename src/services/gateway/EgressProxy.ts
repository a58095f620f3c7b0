/**
 * The CONNECT proxy of a session's gateway. Names are resolved here, and the connection goes to exactly the address
 * that was checked, so that the name cannot be rebound in between. Each request is one line in the log: who asked, for
 * what, and the decision.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { IncomingMessage } from "node:http"
import { isIP, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { pipeline } from "node:stream/promises"
import { EgressFailed, EgressNetwork } from "./EgressNetwork.ts"
import * as EgressPolicy from "./EgressPolicy.ts"

/** How many addresses of a name are tried. */
const attempts = 4

const refusal = (status: string, sentence: string): string =>
  [
    `HTTP/1.1 ${status}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(sentence) + 1}`,
    "connection: close",
    "",
    `${sentence}\n`
  ].join("\r\n")

/** Replies with a sentence and closes. Does not wait for a client that does not read it. */
const refuse = (client: Duplex, status: string, sentence: string) =>
  Effect.async<void>((resume) => {
    client.once("close", () => resume(Effect.void))
    client.end(refusal(status, sentence), () => resume(Effect.void))
  })

const gone = (client: Duplex) =>
  Effect.async<never, EgressFailed>((resume) => {
    const onClose = () => resume(new EgressFailed({ host: "client", reason: "it disconnected" }))
    client.once("close", onClose)
    return Effect.sync(() => client.off("close", onClose))
  })

/** A tunnel without traffic is closed after this time, or at most twice as long. */
const idle = "5 minutes"

/** Completes when no byte has passed through the socket between two checks. */
const untilIdle = (socket: Socket) => {
  let before = -1
  const look = Effect.sync(() => {
    const now = socket.bytesRead + socket.bytesWritten
    const isIdle = now === before
    before = now
    return isIdle
  })
  return Effect.repeat(look, { until: (isIdle) => isIdle, schedule: Schedule.spaced(idle) })
}

/** Copies bytes both ways, at the slower side's pace, until both ends are done, one fails, or nothing moves. */
const carry = (client: Duplex, upstream: Socket) => {
  const oneWay = (from: Duplex, to: Duplex) =>
    Effect.ignore(Effect.tryPromise((signal) => pipeline(from, to, { signal })))
  return Effect.all([oneWay(client, upstream), oneWay(upstream, client)], { concurrency: 2, discard: true }).pipe(
    Effect.raceFirst(untilIdle(upstream))
  )
}

type Serve = (request: IncomingMessage, client: Duplex, head: Uint8Array) => Effect.Effect<void>

/** Serves at most this many requests at once; more are refused. */
export const atMost = (tunnels: number, serve: Serve): Effect.Effect<Serve> =>
  Effect.map(Effect.makeSemaphore(tunnels), (places) => (request, client, head) =>
    Effect.flatMap(
      places.withPermitsIfAvailable(1)(serve(request, client, head)),
      Option.match({
        onNone: () =>
          owning(client, refuse(client, "503 Service Unavailable", `${tunnels} connections are already open`)),
        onSome: () => Effect.void
      })
    ))

/** Closes the connection when the effect ends. */
const owning = (client: Duplex, effect: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.acquireUseRelease(
    Effect.sync(() => client.on("error", () => {})),
    () => effect,
    () => Effect.sync(() => client.destroy())
  )

/** Serves CONNECT requests under a policy. */
export const make = (policy: EgressPolicy.EgressPolicy) =>
  Effect.map(EgressNetwork, (network) => {
    const direct = Effect.fnUntraced(function*({ host, port }: EgressPolicy.Destination) {
      const addresses = isIP(host) === 0 ? yield* network.resolve(host) : [host]
      const allowed = addresses.filter(EgressPolicy.isPublicAddress)
      if (!Arr.isNonEmptyArray(allowed)) {
        return yield* new EgressFailed({ host, reason: "it has no address on the public internet" })
      }
      return yield* Effect.firstSuccessOf(Arr.take(allowed, attempts).map((address) => network.connect(address, port)))
    })

    const dial = (destination: EgressPolicy.Destination) =>
      isIP(destination.host) !== 0 && !EgressPolicy.isPublicAddress(destination.host)
        ? new EgressFailed({ host: destination.host, reason: "it is not an address on the public internet" })
        : Option.getOrElse(network.connectByProxy(destination), () => direct(destination))

    const audit = (decision: "allowed" | "refused" | "failed", authority: string, reason?: string) =>
      Effect.logInfo(`egress ${decision}`).pipe(
        Effect.annotateLogs({ destination: authority.slice(0, 200), ...(reason === undefined ? {} : { reason }) })
      )

    const serve = Effect.fnUntraced(function*(authority: string, client: Duplex, head: Uint8Array) {
      const destination = EgressPolicy.decide(policy, authority)
      if (Either.isLeft(destination)) {
        yield* audit("refused", authority, destination.left)
        return yield* refuse(client, "403 Forbidden", destination.left)
      }
      const upstream = yield* Effect.either(Effect.raceFirst(dial(destination.right), gone(client)))
      if (Either.isLeft(upstream)) {
        yield* audit("failed", authority, upstream.left.message)
        return yield* refuse(client, "502 Bad Gateway", upstream.left.message)
      }
      yield* audit("allowed", authority)
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      if (head.length > 0) upstream.right.write(head)
      yield* carry(client, upstream.right)
    })

    /** Handles one request, from its head to the end of both connections. */
    return (request: IncomingMessage, client: Duplex, head: Uint8Array): Effect.Effect<void> =>
      owning(client, Effect.scoped(serve(request.url ?? "", client, head)))
  })
