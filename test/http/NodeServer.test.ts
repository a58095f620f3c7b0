/** Many who come at once: all find room to wait in, and none keeps `/health` from its answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import { FairScheduler } from "../../src/http/FairScheduler.ts"
import { get, id, layer, send, serve, serverOf, session, type TestServer, token } from "./TestServer.ts"

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0")

/** Connections to the port that the kernel has established, accepted or not. Source: proc_net_tcp(5). */
const established = (port: number) =>
  readFileSync("/proc/net/tcp", "utf8").split("\n").filter((line) =>
    new RegExp(`^\\s*\\d+: 0100007F:[0-9A-F]{4} 0100007F:${hex(port)} 01 `).test(line)
  ).length

/** Connects so many before the server can accept one. */
const connect = ({ port }: TestServer, count: number) =>
  Effect.acquireRelease(
    Effect.async<{ readonly sockets: ReadonlyArray<Net.Socket>; readonly established: number }>((resume) => {
      const sockets = Array.from({ length: count }, () => Net.connect(port, "127.0.0.1").on("error", () => undefined))
      // by the end of this turn the kernel has seen them all, and the server none
      process.nextTick(() =>
        process.nextTick(() => resume(Effect.sync(() => ({ sockets, established: established(port) }))))
      )
    }),
    ({ sockets }) => Effect.sync(() => sockets.forEach((socket) => socket.destroy()))
  )

/** Whether the server has a connection, one that its client has closed included. */
const isConnected = ({ port }: TestServer) =>
  new RegExp(`^\\s*\\d+: 0100007F:${hex(port)} \\S+ (01|08) `, "m").test(readFileSync("/proc/net/tcp", "utf8"))

/** Sends the same request so many times on one connection, and takes no answer. */
const ask = ({ port }: TestServer, path: string, times = 1) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`
      const socket = Net.connect(port, "127.0.0.1", () => socket.write(request.repeat(times)))
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("the server", () => {
  it.scopedLive("has room for a thousand connections that it has not accepted yet", () =>
    Effect.gen(function*() {
      const most = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"))
      const server = yield* serve({})
      const count = Math.min(1000, most)
      const { established } = yield* connect(server, count)
      assert.strictEqual(established, count, "one that finds no room comes again after seconds")
    }))

  it.scopedLive("answers /health while other requests have not begun", () =>
    Effect.gen(function*() {
      const held: Array<Scheduler.Task> = []
      let isHeld = true
      const scheduler: Scheduler.Scheduler = {
        shouldYield: () => false,
        scheduleTask: (task) => isHeld ? held.push(task) : task()
      }
      const server = yield* Effect.map(
        Layer.build(
          layer({ get: () => Effect.succeed(session()) }).pipe(Layer.provide(Layer.succeed(FairScheduler, scheduler)))
        ),
        serverOf
      )
      const waiting = yield* Effect.fork(get(server, `/api/sessions/${id}`))
      while (held.length === 0) yield* Effect.sleep("5 millis")
      assert.strictEqual((yield* send(server, "/health")).text, "ok")
      assert.strictEqual(held.length, 1)
      isHeld = false
      held.forEach((task) => task())
      assert.strictEqual((yield* Fiber.join(waiting)).status, 200)
    }))

  it.scopedLive("does not begin what nobody waits for any more", () =>
    Effect.gen(function*() {
      const held: Array<Scheduler.Task> = []
      let [isHeld, begun] = [true, 0]
      const scheduler: Scheduler.Scheduler = {
        shouldYield: () => false,
        scheduleTask: (task) => isHeld ? held.push(task) : task()
      }
      const count = Effect.sync(() => {
        begun += 1
        return session()
      })
      const server = yield* Effect.map(
        Layer.build(layer({ get: () => count }).pipe(Layer.provide(Layer.succeed(FairScheduler, scheduler)))),
        serverOf
      )
      const clients = yield* Effect.forEach([1, 2, 3], () => ask(server, `/api/sessions/${id}`))
      while (held.length < clients.length) yield* Effect.sleep("5 millis")
      for (const client of clients) client.destroy()
      while (isConnected(server)) yield* Effect.sleep("5 millis")
      isHeld = false
      held.forEach((task) => task())
      assert.strictEqual((yield* get(server, `/api/sessions/${id}`)).status, 200)
      assert.strictEqual(begun, 1)
    }))

  it.scopedLive("ends what waits behind another response when the connection closes", () =>
    Effect.gen(function*() {
      const [begun, left] = [yield* Ref.make(0), yield* Ref.make(0)]
      const server = yield* serve({
        get: () => Effect.succeed(session()),
        events: () =>
          Stream.fromEffect(Ref.update(begun, (n) => n + 1)).pipe(
            Stream.drain,
            Stream.concat(Stream.never),
            Stream.ensuring(Ref.update(left, (n) => n + 1))
          )
      })
      const client = yield* ask(server, `/api/sessions/${id}/events`, 3)
      while ((yield* Ref.get(begun)) < 3) yield* Effect.sleep("5 millis")
      client.destroy()
      while ((yield* Ref.get(left)) < 3) yield* Effect.sleep("5 millis")
    }))
})
