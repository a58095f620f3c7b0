import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Session } from "../../src/domain/Session.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { connect, remote, type Service } from "./ApiClientKit.ts"
import { event, id, layer, serverOf, session } from "./TestServer.ts"

/** How often a fact is looked for that nobody announces. */
const looking = Schedule.spaced("5 millis")

describe("ApiClient.events", () => {
  const log = Array.from({ length: 30 }, (_, index) => event(index + 1))
  const ids = (events: Iterable<{ readonly id: number }>) => Array.from(events, ({ id }) => id)
  const ended = (last: number): Partial<Session> => ({ status: "complete", phase: "ended", lastEventId: last })

  /** Sessions whose stream breaks off after every third event. */
  const flaky = (connections: Ref.Ref<number>): Partial<Service> => ({
    list: () => Effect.succeed({ sessions: [], hasMore: false }),
    get: () => Effect.succeed(session(ended(30))),
    events: () =>
      Stream.unwrap(Effect.map(
        Ref.updateAndGet(connections, (n) => n + 1),
        (connection) =>
          Stream.fromIterable(log.slice(0, connection * 3)).pipe(
            Stream.concat(
              connection % 2 === 0
                ? Stream.empty
                : Stream.fail(new StoreError({ operation: "read events", cause: "x" }))
            )
          )
      ))
  })

  it.scopedLive("comes back after the last event it has seen, until the session has ended", () =>
    Effect.gen(function*() {
      const connections = yield* Ref.make(0)
      const client = yield* remote(flaky(connections))
      assert.deepStrictEqual(
        yield* Stream.runCollect(client.events(id, 0)).pipe(Effect.map((all) => Array.from(all))),
        log
      )
      assert.strictEqual(yield* Ref.get(connections), 10)
      assert.deepStrictEqual(ids(yield* Stream.runCollect(client.events(id, 28))), [29, 30])
      assert.deepStrictEqual(ids(yield* Stream.runCollect(client.events(id, 30))), [])
    }))

  it.scopedLive("survives a restart of the server", () =>
    Effect.gen(function*() {
      const list = () => Effect.succeed({ sessions: [], hasMore: false })
      const first = yield* Scope.make()
      const server = serverOf(
        yield* Layer.buildWithScope(
          layer({
            list,
            get: () => Effect.succeed(session({ lastEventId: 2 })),
            events: () => Stream.concat(Stream.make(event(1), event(2)), Stream.never)
          }),
          first
        )
      )
      const client = yield* connect(server.url)
      const seen = yield* Ref.make(0)
      const following = yield* client.events(id, 0).pipe(
        Stream.tap(({ id }) => Ref.set(seen, id)),
        Stream.runCollect,
        Effect.fork
      )
      yield* Effect.repeat(Ref.get(seen), { until: (last) => last === 2, schedule: looking })
      yield* Scope.close(first, Exit.void)
      yield* Layer.build(layer({
        list,
        get: () => Effect.succeed(session(ended(4))),
        events: (_, after) => Stream.fromIterable([event(3), event(4)].filter(({ id }) => id > after))
      }, { config: { address: { host: "127.0.0.1", port: server.port } } }))
      assert.deepStrictEqual(ids(yield* Fiber.join(following)), [1, 2, 3, 4])
    }))

  it.scopedLive("closes the connection when nobody reads the stream any more", () =>
    Effect.gen(function*() {
      const open = yield* Ref.make(0)
      const counting = Stream.unwrapScoped(Effect.as(
        Effect.acquireRelease(Ref.update(open, (n) => n + 1), () => Ref.update(open, (n) => n - 1)),
        Stream.concat(Stream.make(event(1)), Stream.never)
      ))
      const client = yield* remote({ get: () => Effect.succeed(session()), events: () => counting })
      assert.deepStrictEqual(ids(yield* Stream.runCollect(Stream.take(client.events(id, 0), 1))), [1])
      yield* Effect.repeat(Ref.get(open), { until: (n) => n === 0, schedule: looking })
    }))
})
