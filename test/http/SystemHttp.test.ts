import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { report } from "../../src/http/Ready.ts"
import { bodyOf, get, send, serve, session } from "./TestServer.ts"

describe("GET /health", () => {
  it.scopedLive("answers ok", () =>
    Effect.gen(function*() {
      const answer = yield* send(yield* serve({}), "/health")
      assert.deepStrictEqual([answer.status, answer.text], [200, "ok"])
      assert.match(answer.headers["content-type"] ?? "", /^text\/plain/)
    }))
})

describe("GET /ready", () => {
  const database = { name: "database", check: Effect.void }

  it.scopedLive("answers 200 and the state of each dependency", () =>
    Effect.gen(function*() {
      const answer = yield* send(yield* serve({}, { checks: [database] }), "/ready")
      assert.deepStrictEqual([answer.status, bodyOf(answer)], [200, {
        status: "ready",
        checks: { database: { status: "ok" } }
      }])
    }))

  it.scopedLive("answers 503 where one is not there", () =>
    Effect.gen(function*() {
      const docker = { name: "docker", check: Effect.fail({ message: "the engine does not answer" }) }
      const answer = yield* send(yield* serve({}, { checks: [database, docker] }), "/ready")
      assert.deepStrictEqual([answer.status, bodyOf(answer)], [503, {
        status: "unavailable",
        checks: { database: { status: "ok" }, docker: { status: "failed", message: "the engine does not answer" } }
      }])
    }))

  it.effect("waits five seconds for a check, and for all of them at once", () =>
    Effect.gen(function*() {
      const hung = { check: Effect.never }
      const reporting = yield* Effect.fork(report([{ name: "a", ...hung }, { name: "b", ...hung }]))
      yield* TestClock.adjust("5 seconds")
      const { checks, status } = yield* Fiber.join(reporting)
      assert.strictEqual(status, "unavailable")
      assert.deepStrictEqual(checks["b"], { status: "failed", message: "no answer within 5 seconds" })
    }))
})

describe("GET /metrics", () => {
  it.scopedLive("counts requests by route", () =>
    Effect.gen(function*() {
      const server = yield* serve({ get: () => Effect.succeed(session()) })
      const count = (text: string) =>
        Number(
          /^opentl_http_requests_total\{(?=.*method="GET")(?=.*route="\/api\/sessions\/\{id\}")(?=.*status="200").*\} (\d+)$/m
            .exec(text)?.[1] ?? 0
        )
      const before = yield* get(server, "/metrics")
      assert.match(before.headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/)
      yield* get(server, "/api/sessions/0123456789ab")
      yield* get(server, "/api/sessions/ba9876543210")
      const after = yield* get(server, "/metrics")
      assert.strictEqual(count(after.text) - count(before.text), 2)
      assert.notInclude(after.text, "0123456789ab", "an id is no label")
      assert.match(after.text, /^# TYPE opentl_http_requests_total counter$/m)
      assert.match(after.text, /^# TYPE opentl_http_request_duration_seconds histogram$/m)
      assert.match(after.text, /^opentl_http_request_duration_seconds_bucket\{le="\+Inf"\} \d+$/m)
      assert.match(after.text, /^opentl_event_stream_clients \d+$/m)
    }))
})

const decodeDocument = Schema.decodeUnknownSync(
  Schema.Struct({ paths: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
)

describe("the documents", () => {
  it.scopedLive("describe every route from the server's own definition", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      const answer = yield* send(server, "/openapi.json")
      assert.match(answer.headers["content-type"] ?? "", /^application\/json/)
      const { paths } = decodeDocument(bodyOf(answer))
      assert.containsAllKeys(paths, [
        "/health",
        "/ready",
        "/metrics",
        "/api/sessions",
        "/api/sessions/{id}",
        "/api/sessions/{id}/events",
        "/api/sessions/{id}/stop",
        "/api/sessions/{id}/messages",
        "/api/sessions/{id}/approve",
        "/api/sessions/{id}/reject",
        "/api/sessions/{id}/diff",
        "/api/sessions/{id}/log",
        "/api/webhooks/github"
      ])
      assert.notInclude(answer.text, "HttpApiDecodeError")
    }))

  it.scopedLive("are shown by a page that loads nothing from elsewhere", () =>
    Effect.gen(function*() {
      const answer = yield* send(yield* serve({}), "/docs")
      assert.match(answer.headers["content-type"] ?? "", /^text\/html/)
      assert.include(answer.headers["content-security-policy"], "default-src 'none'")
      assert.notMatch(answer.text, /<(script|link|img|iframe)[^>]+(src|href)="?https?:/i)
      assert.include(answer.text, "/api/sessions/{id}/events")
    }))
})
