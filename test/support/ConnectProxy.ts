/**
 * A CONNECT proxy on the loopback, as a company has one at its border: the server under test takes it for its host's own. It
 * reaches what this machine reaches, by this machine's own proxy where there is one, and keeps who was asked for.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { Duplex } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as Tls from "node:tls"
import { EgressFailed, EgressNetwork } from "../../src/services/gateway/EgressNetwork.ts"
import { type Destination, parseAuthority } from "../../src/services/gateway/EgressPolicy.ts"

export interface ConnectProxy {
  readonly url: string
  /** The authorities that it was asked for, in their order. */
  readonly asked: Effect.Effect<ReadonlyArray<string>>
  /** Fails unless a server answers at a name through this machine's network, with a certificate that this machine trusts. */
  readonly reach: (host: string) => Effect.Effect<void, EgressFailed>
}

const copy = (from: Duplex, to: Duplex) => Effect.ignore(Effect.tryPromise((signal) => pipeline(from, to, { signal })))

const handshake = (host: string, socket: Duplex) =>
  Effect.async<void, EgressFailed>((resume) => {
    const secure = Tls.connect({ socket, servername: host }, () => resume(Effect.void))
    secure.on("error", ({ message }) => resume(new EgressFailed({ host, reason: message })))
    return Effect.sync(() => secure.destroy())
  })

const answerTime = "5 seconds"

/** Serves until the scope closes, and drops its connections then. */
export const make: Effect.Effect<ConnectProxy, never, Scope.Scope> = Effect.gen(function*() {
  const network = Context.get(yield* Effect.orDie(Layer.build(EgressNetwork.layer)), EgressNetwork)
  const asked = yield* Ref.make<ReadonlyArray<string>>([])
  const run = yield* FiberSet.makeRuntime()

  const dial = (destination: Destination) =>
    Option.getOrElse(network.connectByProxy(destination), () => network.connect(destination.host, destination.port))

  const serve = Effect.fnUntraced(
    function*(authority: string, client: Duplex) {
      yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
      yield* Ref.update(asked, (all) => [...all, authority])
      const destination = parseAuthority(authority)
      const upstream = destination === undefined ? Option.none() : yield* Effect.option(dial(destination))
      if (Option.isNone(upstream)) {
        return yield* Effect.promise(() =>
          new Promise<void>((resolve) => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n", resolve))
        )
      }
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      yield* Effect.all([copy(client, upstream.value), copy(upstream.value, client)], { concurrency: 2 })
    },
    Effect.scoped
  )

  const server = Http.createServer().on("connect", (request, client) => {
    client.on("error", () => {})
    run(serve(request.url ?? "", client))
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.sync(() => server.close())
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}`,
    asked: Ref.get(asked),
    reach: (host) =>
      dial({ host, port: 443 }).pipe(
        Effect.flatMap((socket) => handshake(host, socket)),
        Effect.timeoutFail({ duration: answerTime, onTimeout: () => new EgressFailed({ host, reason: "no answer" }) }),
        Effect.scoped
      )
  }
})
