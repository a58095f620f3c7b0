/** What a body may be, on every route that takes one. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { path, working } from "./PipelineKit.ts"
import { authorized, converse, errorOf, id, send } from "./TestServer.ts"

describe("bodies", () => {
  const json = { ...authorized, "content-type": "application/json" }
  const request = JSON.stringify({ repo: "a/b", prompt: "x" })
  const large = JSON.stringify({ repo: "a/b", prompt: "x", more: "y".repeat(1024 * 1024) })

  it.scopedLive("over 1 MiB are 413, however they are sent", () =>
    Effect.gen(function*() {
      const server = yield* working
      for (const path of ["/api/sessions", `/api/sessions/${id}/messages`, `/api/sessions/${id}/stop`]) {
        const whole = yield* send(server, path, { method: "POST", headers: json, body: large })
        assert.deepInclude(errorOf(whole), { status: 413, code: "PayloadTooLarge" })
        const chunks = Array.from({ length: 3000 }, () => "z".repeat(1000))
        const chunked = yield* send(server, path, { method: "POST", headers: json, body: chunks })
        assert.deepInclude(errorOf(chunked), { status: 413, code: "PayloadTooLarge" })
      }
    }))

  it.scopedLive("that were refused leave the connection usable", () =>
    Effect.gen(function*() {
      const server = yield* working
      const head =
        `POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: Bearer s3cret\r\nContent-Type: application/json\r\n`
      const chunk = `${(100_000).toString(16)}\r\n${"z".repeat(100_000)}\r\n`
      const bodies = [
        `Content-Length: 2000000\r\n\r\n${"z".repeat(2_000_000)}`,
        `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`
      ]
      for (const body of bodies) {
        const next = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: close\r\n\r\n`
        const answers = yield* converse(server, head + body + next)
        assert.deepStrictEqual(Array.from(answers.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status), [
          "413",
          "200"
        ])
      }
    }))

  it.scopedLive("of exactly 1 MiB are taken, also in chunks", () =>
    Effect.gen(function*() {
      const server = yield* working
      const start = JSON.stringify({ repo: "a/b", prompt: "x", more: "" }).slice(0, -2)
      const body = start + "y".repeat(1024 * 1024 - start.length - 2) + "\"}"
      assert.strictEqual(Buffer.byteLength(body), 1024 * 1024)
      const [first, second] = [body.slice(0, 600_000), body.slice(600_000)]
      assert.strictEqual((yield* send(server, "/api/sessions", { method: "POST", headers: json, body })).status, 201)
      assert.strictEqual(
        (yield* send(server, "/api/sessions", { method: "POST", headers: json, body: [first, second] })).status,
        201
      )
      assert.strictEqual(
        (yield* send(server, "/api/sessions", { method: "POST", headers: json, body: [first, second, " "] })).status,
        413
      )
    }))

  it.scopedLive("that turn out to be empty need no media type", () =>
    Effect.gen(function*() {
      const server = yield* working
      const stop = yield* send(server, `/api/sessions/${id}/stop`, { method: "POST", headers: authorized, body: [] })
      assert.notStrictEqual(stop.status, 415)
    }))

  it.scopedLive("that are not said to be JSON are 415", () =>
    Effect.gen(function*() {
      const server = yield* working
      const types = [
        undefined,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "json"
      ]
      for (const type of types) {
        const headers = type === undefined ? authorized : { ...authorized, "content-type": type }
        for (const body of [request, [request]]) {
          const answer = yield* send(server, "/api/sessions", { method: "POST", headers, body })
          assert.deepInclude(errorOf(answer), { status: 415, code: "UnsupportedMediaType" }, type)
        }
      }
      for (const type of ["application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json"]) {
        const headers = { ...authorized, "content-type": type }
        assert.strictEqual(
          (yield* send(server, "/api/sessions", { method: "POST", headers, body: request })).status,
          201,
          type
        )
      }
    }))

  it.scopedLive("that cannot be parsed are 400", () =>
    Effect.gen(function*() {
      const server = yield* working
      for (const body of ["{", "{'a':1}", "undefined", "{\"a\":1}x", Buffer.from([0x7b, 0xff, 0x7d]), "\u0000"]) {
        const error = errorOf(yield* send(server, "/api/sessions", { method: "POST", headers: json, body }))
        assert.deepStrictEqual(error, {
          status: 400,
          code: "InvalidRequest",
          error: "the body is not valid JSON in UTF-8"
        })
      }
      assert.include(
        errorOf(yield* send(server, "/api/sessions", { method: "POST", headers: json })).error,
        "\"repo\" is missing"
      )
    }))

  it.scopedLive("that nest too deep are 400, on every route", () =>
    Effect.gen(function*() {
      const server = yield* working
      const nested = "[".repeat(400_000) + "]".repeat(400_000)
      const paths = ["/api/sessions", `${path}/messages`, `${path}/stop`, `${path}/approve`, `${path}/reject`]
      for (const path of paths) {
        for (const body of [nested, "[".repeat(400_000), `{"repo":"a/b","prompt":"x","text":"x","more":${nested}}`]) {
          const error = errorOf(yield* send(server, path, { method: "POST", headers: json, body }))
          assert.deepStrictEqual(error, {
            status: 400,
            code: "InvalidRequest",
            error: "the body nests arrays and objects deeper than 200 levels"
          }, path)
        }
      }
    }))
})
