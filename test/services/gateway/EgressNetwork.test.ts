import { assert, describe } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Http from "node:http"
import * as Net from "node:net"
import { text } from "node:stream/consumers"
import { EgressNetwork } from "../../../src/services/gateway/EgressNetwork.ts"
import { echo } from "./EgressKit.ts"
import { itScoped } from "./GatewayKit.ts"

describe("EgressNetwork", () => {
  const network = (environment: Readonly<Record<string, string>>) =>
    Effect.map(Layer.build(EgressNetwork.layer), Context.get(EgressNetwork)).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
    )

  itScoped("resolves and connects", () =>
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

  itScoped("goes through the host's own proxy, with its credentials", () =>
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
