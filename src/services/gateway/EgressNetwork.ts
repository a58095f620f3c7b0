/** The network for the gateway's CONNECT proxy: names, connections, and the proxy that the host itself uses. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { lookup } from "node:dns/promises"
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import type { Destination } from "./EgressPolicy.ts"
import * as HostProxy from "./HostProxy.ts"

/** An allowed destination could not be reached. */
export class EgressFailed extends Schema.TaggedError<EgressFailed>()("EgressFailed", {
  host: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.host} cannot be reached: ${this.reason}`
  }
}

export class EgressNetwork extends Context.Tag("opentl/services/gateway/EgressNetwork")<EgressNetwork, {
  /** Resolves a name to its current addresses. */
  readonly resolve: (host: string) => Effect.Effect<ReadonlyArray<string>, EgressFailed>
  /** Connects to an address; the scope closes the connection. */
  readonly connect: (address: string, port: number) => Effect.Effect<Net.Socket, EgressFailed, Scope.Scope>
  /** Connects through the host's own proxy, which resolves the name; none if the host needs no proxy for it. */
  readonly connectByProxy: (
    destination: Destination
  ) => Option.Option<Effect.Effect<Net.Socket, EgressFailed, Scope.Scope>>
}>() {
  /** Fails if HTTPS_PROXY is not a URL. */
  static readonly layer = Layer.effect(
    EgressNetwork,
    Effect.map(HostProxy.config, (proxy) =>
      EgressNetwork.of({
        resolve,
        connect,
        connectByProxy: (destination) =>
          Option.map(HostProxy.proxyFor(proxy, destination.host), (url) => connectBy(url, destination))
      }))
  )
}

const sentence = (error: unknown) => error instanceof Error ? error.message : String(error)

const resolve = (host: string) =>
  Effect.tryPromise({
    try: () => lookup(host, { all: true }),
    catch: (error) => new EgressFailed({ host, reason: sentence(error) })
  }).pipe(Effect.map((found) => found.map(({ address }) => address)))

const connectTimeout = "15 seconds"

/**
 * Adds an error listener, without which an error would end the process. Users of the socket see an error as its end.
 */
const quiet = <S extends Net.Socket>(socket: S): S => socket.on("error", () => {})

/** Opens a socket within `connectTimeout`; the scope destroys it. */
const scoped = (open: Effect.Effect<Net.Socket, EgressFailed>, onTimeout: () => EgressFailed) =>
  Effect.acquireRelease(
    Effect.interruptible(Effect.timeoutFail(open, { duration: connectTimeout, onTimeout })),
    (socket) => Effect.sync(() => socket.destroy())
  )

const connect = (address: string, port: number) =>
  scoped(
    Effect.async((resume) => {
      const socket = quiet(Net.connect({ host: address, port }))
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.once("error", (error) => resume(new EgressFailed({ host: address, reason: sentence(error) })))
      return Effect.sync(() => socket.destroy())
    }),
    () => new EgressFailed({ host: address, reason: "no answer" })
  )

const authorization = ({ password, username }: URL): Readonly<Record<string, string>> =>
  username === ""
    ? {}
    : {
      "proxy-authorization": `Basic ${
        Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")
      }`
    }

const connectBy = (proxy: URL, { host, port }: Destination) => {
  const failed = (reason: string) => new EgressFailed({ host, reason: `${reason} (proxy ${proxy.host})` })
  const authority = `${Net.isIPv6(host) ? `[${host}]` : host}:${port}`
  return scoped(
    Effect.async((resume) => {
      const { request } = proxy.protocol === "https:" ? Https : Http
      const call = request({
        host: proxy.hostname,
        port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : Number(proxy.port),
        method: "CONNECT",
        path: authority,
        headers: { host: authority, ...authorization(proxy) },
        agent: false
      })
      call.once("connect", (response, socket: Net.Socket, head: Buffer) => {
        quiet(socket)
        if (response.statusCode === 200) {
          if (head.length > 0) socket.unshift(head)
          resume(Effect.succeed(socket))
        } else {
          socket.destroy()
          resume(failed(`answered ${response.statusCode}`))
        }
      })
      call.on("error", (error) => resume(failed(sentence(error))))
      call.end()
      return Effect.sync(() => call.destroy())
    }),
    () => failed("no answer")
  )
}
