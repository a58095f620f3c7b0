/** Where the store fails, every route says so in the one shape that errors have, and when to come back. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { bodyOf, errorOf, get, id, post, send, serve } from "./TestServer.ts"

const failing = (cause: unknown) => {
  const error = new StoreError({ operation: "do it", cause })
  return {
    create: () => error,
    list: () => error,
    find: () => error,
    get: () => error,
    stop: () => error,
    message: () => error,
    approve: () => error,
    reject: () => error,
    diff: () => error,
    events: () => Stream.fail(error),
    eventsPage: () => error,
    log: () => Stream.fail(error)
  }
}

const path = `/api/sessions/${id}`
const routes = [
  ["POST", "/api/sessions", { repo: "a/b", prompt: "x" }],
  ["GET", "/api/sessions"],
  ["GET", "/api/sessions?prefix=ab"],
  ["GET", path],
  ["GET", `${path}/events`],
  ["GET", `${path}/diff`],
  ["GET", `${path}/log`],
  ["POST", `${path}/stop`],
  ["POST", `${path}/messages`, { text: "x" }],
  ["POST", `${path}/approve`, {}],
  ["POST", `${path}/reject`, { reason: "x" }]
] as const

const faults = [
  ["a full disk", "SQLITE_FULL", "DiskFull", /^the disk of the data directory is full: free some space/],
  ["a locked database", "SQLITE_BUSY", "StoreError", /: another process holds the lock on the database$/],
  ["a read-only disk", "SQLITE_READONLY", "StoreError", /: the database file is read-only$/],
  ["a disk that fails", "SQLITE_IOERR_WRITE", "StoreError", /: the disk fails to read or write the database file$/],
  ["a fault of ours", "SQLITE_CONSTRAINT", "StoreError", /^the session store failed to do it$/]
] as const

describe("a store that fails", () => {
  it.scopedLive.each(faults)("by %s is 503 on every route", ([, code, expected, sentence]) =>
    Effect.gen(function*() {
      const server = yield* serve(failing({ _tag: "SqlError", cause: { code, message: "/secret/path" } }))
      for (const [method, path, body] of routes) {
        const answer = yield* method === "GET" ? get(server, path) : post(server, path, body)
        const error = errorOf(answer)
        assert.deepInclude(error, { status: 503, code: expected }, `${method} ${path}`)
        assert.match(error.error, sentence)
        assert.notInclude(answer.text, "secret")
        assert.match(answer.headers["retry-after"] ?? "", /^[1-9]\d*$/, "when to come back")
      }
    }))

  it.scopedLive("is told of in the documents, and never as a 500", () =>
    Effect.gen(function*() {
      const { text } = yield* send(yield* serve({}), "/openapi.json")
      assert.notMatch(text, /"500":/)
      assert.match(text, /"503":/)
    }))
})

describe("an answer that is no failure", () => {
  it.scopedLive("says nothing of coming back", () =>
    Effect.gen(function*() {
      const answer = yield* send(yield* serve({}), "/ready")
      assert.deepStrictEqual([answer.headers["retry-after"], bodyOf(answer)], [undefined, {
        status: "ready",
        checks: {}
      }])
    }))
})
