import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import * as Http from "node:http"
import * as Net from "node:net"
import { text } from "node:stream/consumers"
import { SessionId } from "../../../src/domain/Ids.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { EgressFailed, EgressNetwork } from "../../../src/services/gateway/EgressNetwork.ts"
import { Gateway } from "../../../src/services/gateway/Gateway.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const sessionId = SessionId.make("0123456789ab")

/** A TCP server that sends back what it gets, then says goodbye. */
const echo = Effect.acquireRelease(
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

const setUp = Effect.fn("setUp")(function*(options: {
  readonly names?: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>>
  readonly config?: Partial<AppConfigShape>
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
  const { directory } = yield* gateway.open({ sessionId, remainingUsd: undefined, onUsage: () => Effect.void }).pipe(
    Scope.extend(scope),
    Effect.provide(logger)
  )
  return { close: Scope.close(scope, Exit.void), connected: network.connected, directory, log, sockets }
})

interface Answer {
  readonly status: number
  readonly socket: Net.Socket
  readonly head: string
}

/** Asks the gateway for a connection, as an HTTP client behind a proxy does. */
const ask = (directory: string, authority: string, socketPath = `${directory}/gateway.sock`) =>
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

const rest = ({ head, socket }: Answer) => Effect.map(Effect.promise(() => text(socket)), (tail) => head + tail)

/** Waits for a fact of the world outside, by a clock that is not the test's. */
const until = (fact: () => boolean) =>
  Effect.repeat(Effect.as(TestServices.provideLive(Effect.sleep("5 millis")), undefined), { until: fact })

const test = <A, E>(name: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.asVoid(Effect.provide(body(), NodeContext.layer)))

describe("EgressProxy", () => {
  test("carries an allowed connection both ways, to its last byte", () =>
    Effect.gen(function*() {
      const { connected, directory, log } = yield* setUp()
      const answer = yield* ask(directory, "registry.npmjs.org:443")
      assert.strictEqual(answer.status, 200)
      const sent = "x".repeat(3 * 1024 * 1024)
      answer.socket.end(sent)
      assert.strictEqual(yield* rest(answer), `${sent}goodbye`)
      assert.deepStrictEqual(connected, ["1.1.1.1 443"])
      assert.lengthOf(log, 1)
      assert.match(log.join(""), /message="egress allowed"/)
      assert.include(log.join(""), "destination=registry.npmjs.org:443")
      assert.isTrue(log.every((line) => line.includes(`sessionId=${sessionId}`)))
    }))

  test("refuses with a sentence, and says so in the log", () =>
    Effect.gen(function*() {
      const { connected, directory, log } = yield* setUp()
      const answer = yield* ask(directory, "example.com:443")
      assert.strictEqual(answer.status, 403)
      assert.match(yield* rest(answer), /^example.com is not among the allowed domains .*\n$/)
      assert.deepStrictEqual(connected, [])
      const [line = ""] = log
      assert.match(line, /message="egress refused"/)
      assert.include(line, "destination=example.com:443")
      assert.include(line, "reason=\"example.com is not among the allowed domains")
    }))

  for (
    const [kind, address] of [
      ["loopback", "127.0.0.1"],
      ["the host's network", "192.168.1.10"],
      ["cloud metadata", "169.254.169.254"],
      ["IPv6 loopback", "::1"],
      ["a mapped address", "::ffff:10.0.0.1"]
    ] as const
  ) {
    test(`a name that leads to ${kind} is not followed`, () =>
      Effect.gen(function*() {
        const { connected, directory } = yield* setUp({ names: { "registry.npmjs.org": [[address]] } })
        const answer = yield* ask(directory, "registry.npmjs.org:443")
        assert.strictEqual(answer.status, 502)
        assert.include(yield* rest(answer), "no address on the public internet")
        assert.deepStrictEqual(connected, [])
      }))
  }

  test("a name is resolved once, and what was checked is what is connected to", () =>
    Effect.gen(function*() {
      const { connected, directory } = yield* setUp({ names: { "registry.npmjs.org": [["1.1.1.1"], ["127.0.0.1"]] } })
      assert.strictEqual((yield* ask(directory, "registry.npmjs.org:443")).status, 200)
      assert.deepStrictEqual(connected, ["1.1.1.1 443"])
      assert.strictEqual((yield* ask(directory, "registry.npmjs.org:443")).status, 502)
    }))

  test("of several addresses the next is tried, and private ones are left out", () =>
    Effect.gen(function*() {
      const names = { "registry.npmjs.org": [["10.0.0.1", "1.0.0.1", "1.1.1.1"]] }
      const { connected, directory } = yield* setUp({ names })
      assert.strictEqual((yield* ask(directory, "registry.npmjs.org:443")).status, 200)
      assert.deepStrictEqual(connected, ["1.0.0.1 443", "1.1.1.1 443"])
    }))

  test("open is open, but not for private addresses", () =>
    Effect.gen(function*() {
      const { connected, directory } = yield* setUp({ config: { egress: "open" } })
      assert.strictEqual((yield* ask(directory, "1.1.1.1:8080")).status, 200)
      assert.strictEqual((yield* ask(directory, "127.0.0.1:8080")).status, 502)
      assert.strictEqual((yield* ask(directory, "[::1]:8080")).status, 502)
      assert.deepStrictEqual(connected, ["1.1.1.1 8080"])
    }))

  test("a client that goes away takes the connection outside with it", () =>
    Effect.gen(function*() {
      const { directory, sockets } = yield* setUp()
      const { socket } = yield* ask(directory, "registry.npmjs.org:443")
      const [outside] = sockets
      const closed = Effect.async<void>((resume) => {
        outside?.once("close", () => resume(Effect.void))
      })
      socket.destroy()
      yield* closed
    }))

  it.scoped("a connection through which nothing goes is closed; one that is used stays", () =>
    Effect.gen(function*() {
      const { directory, sockets } = yield* setUp()
      const idle = yield* ask(directory, "registry.npmjs.org:443")
      const [outside] = sockets
      yield* TestClock.adjust("1 minute")
      const used = yield* ask(directory, "registry.npmjs.org:443")
      let echoed = 0
      used.socket.on("data", (data: Buffer) => {
        echoed += data.length
      })
      for (let minutes = 1; minutes <= 12; minutes++) {
        used.socket.write("x")
        yield* until(() => echoed === minutes)
        yield* TestClock.adjust("1 minute")
      }
      yield* until(() => outside?.destroyed === true)
      idle.socket.resume()
      assert.isFalse(used.socket.destroyed)
    }).pipe(Effect.provide(NodeContext.layer)))

  test("a session has so many connections and no more, until one ends", () =>
    Effect.gen(function*() {
      const { directory } = yield* setUp()
      const authority = "registry.npmjs.org:443"
      const open = yield* Effect.replicateEffect(ask(directory, authority), 128)
      assert.isTrue(open.every(({ status }) => status === 200))
      const refused = yield* ask(directory, authority)
      assert.strictEqual(refused.status, 503)
      assert.include(yield* rest(refused), "128 connections are already open")
      open[0]?.socket.destroy()
      yield* Effect.repeat(Effect.scoped(ask(directory, authority)), { until: ({ status }) => status === 200 })
    }))

  test("a destination that does not read stops its client: nothing piles up in between", () =>
    Effect.gen(function*() {
      const { directory, sockets } = yield* setUp()
      const { socket } = yield* ask(directory, "registry.npmjs.org:443")
      for (const outside of sockets) outside.pause()
      const part = Buffer.alloc(64 * 1024)
      const write = Effect.async<void>((resume) => {
        socket.write(part, () => resume(Effect.void))
      })
      let sent = 0
      const sending = yield* Effect.fork(Effect.forever(Effect.tap(write, () => {
        sent += part.length
      })))
      let before = -1
      // what the kernel holds of two connections, and a little more
      yield* Effect.repeat(Effect.sleep("200 millis"), {
        until: () => {
          const isStill = sent > 0 && sent === before
          before = sent
          return isStill
        }
      })
      yield* Fiber.interrupt(sending)
      assert.isBelow(sent, 24 * 1024 * 1024)
    }))

  test("closing the gateway ends its connections", () =>
    Effect.gen(function*() {
      const { close, directory } = yield* setUp()
      const answer = yield* ask(directory, "registry.npmjs.org:443")
      yield* close
      assert.strictEqual(yield* rest(answer), "")
    }))
})

describe("EgressNetwork", () => {
  const network = (environment: Readonly<Record<string, string>>) =>
    Effect.map(Layer.build(EgressNetwork.layer), Context.get(EgressNetwork)).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
    )

  test("resolves and connects", () =>
    Effect.gen(function*() {
      const { port } = yield* echo
      const { connect, connectByProxy, resolve } = yield* network({})
      assert.include(yield* resolve("localhost"), "127.0.0.1")
      assert.isTrue(Option.isNone(connectByProxy({ host: "example.org", port: 443 })))
      const socket = yield* connect("127.0.0.1", port)
      socket.end("hello ")
      assert.strictEqual(yield* Effect.promise(() => text(socket)), "hello goodbye")
      const refused = yield* Effect.flip(connect("127.0.0.1", 1))
      assert.include(refused.message, "ECONNREFUSED")
    }))

  test("goes through the host's own proxy, with its credentials", () =>
    Effect.gen(function*() {
      const { port } = yield* echo
      const seen: Array<string> = []
      const proxy = yield* Effect.acquireRelease(
        Effect.async<Http.Server>((resume) => {
          const server = Http.createServer()
          server.on("connect", (request, client) => {
            seen.push(`${request.url} ${request.headers["proxy-authorization"]}`)
            client.on("error", () => {})
            if (request.url !== "example.org:443") {
              client.end("HTTP/1.1 403 Forbidden\r\n\r\n")
              return
            }
            const upstream = Net.connect({ host: "127.0.0.1", port, allowHalfOpen: true })
            client.write("HTTP/1.1 200 OK\r\n\r\n")
            client.pipe(upstream)
            upstream.pipe(client)
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = proxy.address()
      const proxyPort = typeof address === "object" && address !== null ? address.port : 0
      const { connectByProxy } = yield* network({
        https_proxy: `http://user:p%40ss@127.0.0.1:${proxyPort}`,
        NO_PROXY: "internal.example, .direct.example"
      })
      const socket = yield* Option.getOrThrow(connectByProxy({ host: "example.org", port: 443 }))
      socket.end("hello ")
      assert.strictEqual(yield* Effect.promise(() => text(socket)), "hello goodbye")
      assert.deepStrictEqual(seen, [`example.org:443 Basic ${Buffer.from("user:p@ss").toString("base64")}`])
      const refused = yield* Effect.flip(Option.getOrThrow(connectByProxy({ host: "example.com", port: 443 })))
      assert.include(refused.message, "answered 403")
      assert.isTrue(Option.isNone(connectByProxy({ host: "internal.example", port: 443 })))
      assert.isTrue(Option.isNone(connectByProxy({ host: "a.direct.example", port: 443 })))
      assert.isTrue(Option.isSome(connectByProxy({ host: "notinternal.example", port: 443 })))
    }))
})
