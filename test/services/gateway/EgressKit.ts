/** The gateway's way out: a network that a test makes up, with a server at its other end. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Net from "node:net"
import { text } from "node:stream/consumers"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { EgressFailed, EgressNetwork } from "../../../src/services/gateway/EgressNetwork.ts"
import { Gateway } from "../../../src/services/gateway/Gateway.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { sessionId } from "./GatewayKit.ts"

/** A TCP server that sends back what it gets, then says goodbye. */
export const echo = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly server: Net.Server; readonly sockets: Set<Net.Socket> }>((resume) => {
    const sockets = new Set<Net.Socket>()
    const server = Net.createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("data", (data) => socket.write(data))
      socket.on("end", () => socket.end("goodbye"))
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(
        Effect.succeed({ port: typeof address === "object" && address !== null ? address.port : 0, server, sockets })
      )
    })
  }),
  ({ server, sockets }) =>
    Effect.sync(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
)

/** A network in which every public address leads to the echo server. */
const makeNetwork = (names: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>>, port: number) => {
  const asked = new Map<string, number>()
  const connected: Array<string> = []
  const layer = Layer.succeed(
    EgressNetwork,
    EgressNetwork.of({
      resolve: (host) =>
        Effect.suspend(() => {
          const answers = names[host] ?? []
          const count = asked.get(host) ?? 0
          asked.set(host, count + 1)
          const answer = answers[Math.min(count, answers.length - 1)]
          return answer === undefined ? new EgressFailed({ host, reason: "no such name" }) : Effect.succeed(answer)
        }),
      connect: (address, wanted) =>
        Effect.acquireRelease(
          Effect.async<Net.Socket, EgressFailed>((resume) => {
            connected.push(`${address} ${wanted}`)
            if (address === "1.0.0.1") return resume(new EgressFailed({ host: address, reason: "no answer" }))
            const socket = Net.connect({ host: "127.0.0.1", port, allowHalfOpen: true })
            socket.on("error", () => {})
            socket.once("connect", () => resume(Effect.succeed(socket)))
          }),
          (socket) => Effect.sync(() => socket.destroy())
        ),
      connectByProxy: () => Option.none()
    })
  )
  return { layer, connected }
}

/** The gateway of a session before that network. */
export const setUp = Effect.fn("setUp")(function*(options: {
  readonly names?: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>>
  readonly config?: Partial<AppConfigShape>
  /** The session's own domains. */
  readonly egress?: ReadonlyArray<string>
} = {}) {
  const fs = yield* FileSystem.FileSystem
  const { port, sockets } = yield* echo
  const network = makeNetwork(options.names ?? { "registry.npmjs.org": [["1.1.1.1"]] }, port)
  const log: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.logfmtLogger, (line) => {
      log.push(line)
    })
  )
  const config = layerConfig({ dataDir: yield* fs.makeTempDirectoryScoped({ prefix: "d-" }), ...options.config })
  const layer = Gateway.layerWithoutNetwork.pipe(Layer.provide([network.layer, config]))
  const gateway = Context.get(yield* Layer.build(layer), Gateway)
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const { directory } = yield* gateway.open({
    sessionId,
    remainingUsd: undefined,
    onUsage: () => Effect.void,
    egress: options.egress ?? []
  }).pipe(
    Scope.extend(scope),
    Effect.provide(logger)
  )
  return { close: Scope.close(scope, Exit.void), connected: network.connected, directory, log, sockets }
})

/** What the gateway says to a CONNECT, and the connection it may have become. */
export interface Answer {
  readonly status: number
  readonly socket: Net.Socket
  readonly head: string
}

/** Asks the gateway for a connection, as an HTTP client behind a proxy does. */
export const ask = (directory: string, authority: string, socketPath = `${directory}/gateway.sock`) =>
  Effect.acquireRelease(
    Effect.async<Answer>((resume) => {
      const call = Http.request({ socketPath, method: "CONNECT", path: authority, agent: false })
      call.once("connect", (response, socket: Net.Socket, head: Buffer) => {
        socket.on("error", () => {})
        resume(Effect.succeed({ status: response.statusCode ?? 0, socket, head: head.toString() }))
      })
      call.end()
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

/** All that comes until the connection ends. */
export const rest = ({ head, socket }: Answer) => Effect.map(Effect.promise(() => text(socket)), (tail) => head + tail)
