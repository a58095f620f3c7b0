/** Hundreds of event streams that come and go at once: what each costs, counted. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Supervisor from "effect/Supervisor"
import * as Net from "node:net"
import * as FairScheduler from "../../src/http/FairScheduler.ts"
import { event, follow, id, layer, send, serverOf, session, type TestServer, token } from "./TestServer.ts"

const path = `/api/sessions/${id}/events`
const clients = 200

/** A fair scheduler that counts what it is given to run. */
const counting = () => {
  const fair = FairScheduler.make()
  const counted = { tasks: 0 }
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (fiber) => fair.shouldYield(fiber),
    scheduleTask: (task, priority, fiber) => {
      counted.tasks += 1
      fair.scheduleTask(task, priority, fiber)
    }
  }
  return { counted, scheduler }
}

/** A client as bare as can be, which has its first event; it goes away with the scope. */
const connect = (server: TestServer) =>
  Effect.acquireRelease(
    Effect.async<Net.Socket>((resume) => {
      const socket = Net.connect(server.port, "127.0.0.1", () =>
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: Bearer ${token}\r\n\r\n`
        ))
      socket.on("data", (data) => data.includes("id: 1") ? resume(Effect.succeed(socket)) : undefined)
      socket.on("error", (error) => resume(Effect.die(error)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("hundreds of event streams", () => {
  it.scopedLive("keep no fiber each: the server's part of an idle one is its response", () =>
    Effect.gen(function*() {
      const supervisor = yield* Supervisor.track
      const server = yield* Layer.build(
        layer({
          get: () => Effect.succeed(session()),
          events: () => Stream.concat(Stream.make(event(1)), Stream.never)
        })
      ).pipe(Effect.supervised(supervisor), Effect.map(serverOf))
      yield* connect(server)
      const before = (yield* supervisor.value).length
      yield* Effect.forEach(Array.from({ length: clients }), () => connect(server), { concurrency: 50, discard: true })
      const perClient = ((yield* supervisor.value).length - before) / clients
      // two run the stream behind the test's own feed; the real one is shared and has none
      assert.isAtMost(perClient, 2)
    }))

  it.scopedLive("that end at once cost a few tasks each, and nothing is read for them", () =>
    Effect.gen(function*() {
      const { counted, scheduler } = counting()
      const reads = yield* Ref.make(0)
      const gone = yield* Ref.make(0)
      const all = yield* Deferred.make<void>()
      const leave = Effect.flatMap(Ref.updateAndGet(gone, (n) => n + 1), (n) =>
        n === clients ? Deferred.succeed(all, undefined) : Effect.void)
      const read = Ref.update(reads, (n) =>
        n + 1)
      const server = yield* Effect.map(
        Layer.build(
          layer({
            get: () => Effect.as(read, session()),
            eventsPage: () => Effect.as(read, []),
            events: () =>
              Stream.ensuring(
                Stream.concat(Stream.make(event(1)), Stream.drain(Stream.fromEffect(Effect.never))),
                leave
              )
          }).pipe(Layer.provide(Layer.succeed(FairScheduler.FairScheduler, scheduler)))
        ),
        serverOf
      )
      const connections = yield* Scope.make()
      yield* Effect.forEach(Array.from({ length: clients }), () => Scope.extend(connect(server), connections), {
        concurrency: 50,
        discard: true
      })
      const [tasks, readsBefore] = [counted.tasks, yield* Ref.get(reads)]
      yield* Scope.close(connections, Exit.void)
      yield* Deferred.await(all)
      assert.strictEqual(yield* Ref.get(reads), readsBefore)
      const perClient = (counted.tasks - tasks) / clients
      assert.isBelow(perClient, 10, `${perClient} tasks for each client that left`)
    }))

  it.scopedLive("that all have something to do keep nobody waiting who asks for /health", () =>
    Effect.gen(function*() {
      const left = yield* Ref.make(0)
      // what each does takes far more than one share of the event loop
      const work = Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 2000), Ref.update(left, (n) => n + 1))
      const server = yield* Effect.map(
        Layer.build(
          layer({
            get: () => Effect.succeed(session()),
            events: () => Stream.concat(Stream.make(event(1)), Stream.drain(Stream.fromEffect(work)))
          })
        ),
        serverOf
      )
      yield* Effect.forEach(Array.from({ length: 100 }), () => follow(server, path), { concurrency: 100 })
      assert.strictEqual((yield* send(server, "/health")).text, "ok")
      assert.isBelow(yield* Ref.get(left), 100, "it is answered while they are at it")
    }))
})
