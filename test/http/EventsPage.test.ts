/** Events as a page of JSON, for who would rather have it than a stream. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { outer, sessionsOf, stored } from "./EventLogs.ts"
import { bodyOf, errorOf, get, id, serve } from "./TestServer.ts"

const path = `/api/sessions/${id}/events`

describe("GET /api/sessions/{id}/events", () => {
  it.scopedLive("answers a page of JSON to who would rather have it", () =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored))
      const page = yield* get(server, path, { accept: "application/json" })
      assert.match(page.headers["content-type"] ?? "", /^application\/json/)
      assert.deepStrictEqual(bodyOf(page), stored.map(outer))
      const json = (query: string) => Effect.map(get(server, `${path}${query}`, { accept: "application/json" }), bodyOf)
      assert.deepStrictEqual(
        yield* json("?after=1&limit=1"),
        [stored[1]].flatMap((event) => event === undefined ? [] : [outer(event)])
      )
      assert.deepStrictEqual(yield* json("?after=3"), [])
      assert.deepStrictEqual(yield* json("?after=300"), [])
      for (const query of ["?limit=0", "?limit=1001", "?limit=x", "?after=-1", "?after=x"]) {
        const answer = yield* get(server, `${path}${query}`, { accept: "application/json" })
        assert.strictEqual(errorOf(answer).status, 400, query)
      }
    }))

  it.scopedLive.each([
    ["application/json, text/event-stream;q=0.5", "json"],
    ["text/event-stream;q=0.1, application/json;q=0.2", "json"],
    ["application/*", "json"],
    ["APPLICATION/JSON; charset=utf-8", "json"],
    ["*/*", "stream"],
    ["text/event-stream", "stream"],
    ["text/html, */*;q=0.8", "stream"],
    ["application/json;q=0.5, text/event-stream", "stream"],
    ["application/json, text/event-stream", "stream"],
    ["application/json;q=0, */*", "stream"],
    ["", "stream"]
  ])("Accept: %s is answered with %s", ([accept, kind]) =>
    Effect.gen(function*() {
      const server = yield* serve(sessionsOf(stored))
      const answer = yield* get(server, path, { accept })
      assert.include(answer.headers["content-type"], kind === "json" ? "application/json" : "text/event-stream")
    }))
})
