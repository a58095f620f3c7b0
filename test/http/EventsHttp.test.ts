import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { SessionEventView } from "../../src/domain/EventText.ts"
import * as HttpMetrics from "../../src/http/HttpMetrics.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { unknownEvent } from "../support/Events.ts"
import { outer, sessionsOf, stored } from "./EventLogs.ts"
import { errorOf, event, follow, get, id, send, serve } from "./TestServer.ts"

const path = `/api/sessions/${id}/events`

const ended = { status: "complete", phase: "ended" } as const

const frame = (event: { readonly id: number; readonly type: string; readonly [name: string]: unknown }) =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

const withoutComments = (text: string) => text.replace(/^:.*\n\n/gm, "")

describe("GET /api/sessions/{id}/events", () => {
  it.scopedLive("streams every event as a frame, then closes", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored))
      const answer = yield* get(server, path)
      assert.strictEqual(answer.status, 200)
      assert.match(answer.headers["content-type"] ?? "", /^text\/event-stream/)
      assert.strictEqual(answer.headers["cache-control"], "no-cache")
      assert.strictEqual(answer.headers["x-accel-buffering"], "no")
      assert.strictEqual(withoutComments(answer.text), stored.map(outer).map(frame).join(""))
    }))

  it.scopedLive("goes on after Last-Event-ID, or after ?after=; the header is the newer one", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored))
      const ids = (text: string) => Array.from(text.matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id))
      assert.deepStrictEqual(ids((yield* get(server, path, { "last-event-id": "1" })).text), [2, 3])
      assert.deepStrictEqual(ids((yield* get(server, `${path}?after=2`)).text), [3])
      assert.deepStrictEqual(ids((yield* get(server, `${path}?after=1`, { "last-event-id": "2" })).text), [3])
      assert.deepStrictEqual(ids((yield* get(server, path, { "last-event-id": "0" })).text), [1, 2, 3])
    }))

  it.scopedLive("refuses a cursor that is none, and one that no event has", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored))
      for (const cursor of ["-1", "x", "1.5", "1e3", "99999999999999999999", "0x1", "4"]) {
        const byHeader = errorOf(yield* get(server, path, { "last-event-id": cursor }))
        assert.deepInclude(byHeader, { status: 400, code: "InvalidRequest" }, cursor)
        assert.strictEqual((yield* get(server, `${path}?after=${cursor}`)).status, 400)
      }
      const future = errorOf(yield* get(server, path, { "last-event-id": "4" }))
      assert.strictEqual(future.error, `session ${id} has no event 4: its newest is 3`)
    }))

  it.scopedLive("believes the log rather than a session that lags behind it", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored, { lastEventId: 1 }))
      assert.strictEqual((yield* get(server, path, { "last-event-id": "2" })).status, 200)
    }))

  it.scopedLive("answers 204 when the session has ended and nothing is newer", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored, ended))
      const answer = yield* get(server, path, { "last-event-id": "3" })
      assert.deepStrictEqual([answer.status, answer.text], [204, ""])
      assert.strictEqual((yield* get(server, `${path}?after=1000`)).status, 204)
      assert.strictEqual((yield* get(server, `${path}?after=2`)).status, 200)
    }))

  it.scopedLive("answers 404 before anything is streamed", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored))
      for (const accept of ["text/event-stream", "application/json"]) {
        const error = errorOf(yield* get(server, "/api/sessions/ffffffffffff/events", { accept }))
        assert.deepInclude(error, { status: 404, code: "SessionNotFound" })
      }
    }))

  it.scopedLive("carries its headers out at once, and each live event when it comes", () =>
    Effect.gen(function*() {
      const live = yield* Queue.unbounded<SessionEventView>()
      const server = yield* serve(sessionsOf([], {}, Stream.fromQueue(live, { shutdown: true })))
      const following = yield* follow(server, path)
      assert.strictEqual(following.status, 200)
      const ids = following.text.pipe(
        Stream.splitLines,
        Stream.filter((line) => line.startsWith("id: ")),
        Stream.rechunk(1)
      )
      const pull = yield* Stream.toPull(ids)
      for (const number of [1, 2, 3]) {
        yield* Queue.offer(live, event(number))
        assert.deepStrictEqual(Array.from(yield* pull), [`id: ${number}`])
      }
    }))

  it.scoped("writes a comment line every 15 seconds, also while idle", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf([], {}, Stream.never))
      const following = yield* follow(server, path)
      const lines = following.text.pipe(Stream.splitLines, Stream.filter((line) => line !== ""))
      const comments = yield* Effect.fork(Stream.runCollect(Stream.take(lines, 4)))
      // the clock is moved on in small steps until all have come
      yield* Effect.raceFirst(
        Fiber.join(comments),
        Effect.forever(
          Effect.zipRight(TestClock.adjust("1 second"), Effect.promise(() => new Promise((go) => setImmediate(go))))
        )
      )
      assert.isTrue(Array.from(yield* Fiber.join(comments)).every((line) => line.startsWith(":")))
      // 4 comments: one at once and one at the end of each of three intervals
      const elapsed = Duration.toSeconds(Duration.millis(yield* TestClock.currentTimeMillis))
      assert.isAtLeast(elapsed, 45)
      assert.isBelow(elapsed, 90)
    }))

  it.scopedLive("coalesces many events into few writes", () =>
    Effect.gen(function*() {
      const many = Array.from({ length: 1000 }, (_, index) => event(index + 1))
      const server = yield* serve(sessionsOf(many))
      const following = yield* follow(server, path)
      const chunks = yield* Stream.runCollect(following.text)
      assert.isBelow(chunks.length, 50)
      assert.strictEqual(withoutComments(Array.from(chunks).join("")), many.map(outer).map(frame).join(""))
    }))

  it.scopedLive("encodes an event once for all of its readers", () =>
    Effect.gen(function*() {
      let encoded = 0
      const counted = unknownEvent(1, "output", "a line", {
        get reads() {
          encoded += 1
          return "x"
        }
      })
      const server = yield* serve(sessionsOf([counted]))
      yield* Effect.forEach(Array.from({ length: 5 }), () => get(server, path), { concurrency: 5 })
      const once = encoded
      yield* get(server, path)
      assert.isAbove(once, 0)
      assert.strictEqual(encoded, once)
    }))

  it.scopedLive("ends the log's stream and counts down when the client goes away", () =>
    Effect.gen(function*() {
      const gone = yield* Deferred.make<void>()
      const server = yield* serve(sessionsOf([], {}, Stream.ensuring(Stream.never, Deferred.succeed(gone, undefined))))
      const before = (yield* Metric.value(HttpMetrics.eventClients)).value
      yield* Effect.scoped(Effect.gen(function*() {
        const following = yield* follow(server, path)
        yield* Stream.runDrain(Stream.take(following.text, 1))
        assert.strictEqual((yield* Metric.value(HttpMetrics.eventClients)).value, before + 1)
      }))
      yield* Deferred.await(gone)
      yield* Effect.repeat(Metric.value(HttpMetrics.eventClients), {
        until: ({ value }) => value === before,
        schedule: Schedule.spaced("5 millis")
      })
    }))

  it.scopedLive("closes where the store fails on the way, so that the client comes back", () =>
    Effect.gen(function*() {
      const server = yield* serve(
        sessionsOf(stored, {}, Stream.fail(new StoreError({ operation: "read events", cause: "gone" })))
      )
      const answer = yield* get(server, path)
      assert.strictEqual(withoutComments(answer.text), stored.map(outer).map(frame).join(""))
    }))

  it.scopedLive("answers HEAD without a stream", () =>
    Effect.gen(function*() {
      const streams = yield* Ref.make(0)
      const live = Stream.unwrap(Effect.as(Ref.update(streams, (n) => n + 1), Stream.never))
      const server = yield* serve(sessionsOf([], {}, live))
      const answer = yield* send(server, path, { method: "HEAD", headers: { authorization: "Bearer s3cret" } })
      assert.deepStrictEqual([answer.status, answer.text, yield* Ref.get(streams)], [200, "", 0])
    }))
})
