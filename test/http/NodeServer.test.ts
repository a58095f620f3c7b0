/** Many who come at once: all find room to wait in, and none keeps `/health` from its answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scheduler from "effect/Scheduler"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import { FairScheduler } from "../../src/http/FairScheduler.ts"
import { get, id, layer, send, serve, serverOf, session, type TestServer } from "./TestServer.ts"

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
})
