import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ListSessions } from "../../src/actors/sessions/Sessions.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { ApproverIsRequester, NothingToApprove, SessionEnded } from "../../src/domain/SessionCommand.ts"
import { InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { bodyOf, errorOf, get, id, post, serve, session } from "./TestServer.ts"

const path = `/api/sessions/${id}`

describe("GET /api/sessions", () => {
  const listing = (hasMore: boolean) =>
    Effect.gen(function*() {
      const asked: Array<ListSessions> = []
      const server = yield* serve({
        list: (query) =>
          Effect.sync(() => {
            asked.push(query)
            return { sessions: [session()], hasMore }
          }),
        find: (prefix) =>
          prefix === "01"
            ? Effect.succeed(session())
            : prefix === ""
            ? new InvalidRequest({ reason: "\"\" is ambiguous" })
            : new SessionNotFound({ id: prefix })
      })
      return { asked, server }
    })

  it.scopedLive("answers an array of sessions in the outer shape", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* listing(false)
      const answer = yield* get(server, "/api/sessions")
      assert.strictEqual(answer.status, 200)
      assert.match(answer.headers["content-type"] ?? "", /^application\/json/)
      assert.notProperty(answer.headers, "link")
      assert.deepStrictEqual(bodyOf(answer), [{
        id,
        repo: "owner/name",
        prompt: "do it",
        status: "running",
        phase: "coding",
        branch: `opentl/${id}`,
        base: "main",
        agent: "opentl",
        model: null,
        turn: 1,
        review_rounds: 0,
        usage: { input_tokens: 1, output_tokens: 2, cost_usd: 0.5 },
        requested_by: { name: "ci", via: "http" },
        created_at: "2026-01-02T03:04:05.000Z",
        updated_at: "2026-01-02T03:04:06.000Z",
        last_event_id: 3
      }])
      assert.deepStrictEqual(asked, [{ limit: 50 }])
    }))

  it.scopedLive("passes its filters on and links to the next page with them", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* listing(true)
      const answer = yield* get(server, `/api/sessions?status=error&repo=owner%2Fname&limit=1&before=aaaaaaaaaaaa`)
      assert.deepStrictEqual(asked, [
        { status: "error", repo: "owner/name", limit: 1, before: SessionId.make("aaaaaaaaaaaa") }
      ])
      const [, link = ""] = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers["link"])) ?? []
      const next = new URL(link, server.url)
      assert.strictEqual(next.pathname, "/api/sessions")
      assert.deepStrictEqual(Object.fromEntries(next.searchParams), {
        status: "error",
        repo: "owner/name",
        limit: "1",
        before: id
      })
    }))

  it.scopedLive("refuses wrong queries by name", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* listing(false)
      for (
        const query of [
          "limit=0",
          "limit=201",
          "limit=ten",
          "limit=",
          "limit=1.5",
          "limit=1&limit=2",
          "status=done",
          "before=!"
        ]
      ) {
        const error = errorOf(yield* get(server, `/api/sessions?${query}`))
        assert.deepInclude(error, { status: 400, code: "InvalidRequest" }, query)
        assert.include(error.error, `"${query.split("=")[0]}"`)
      }
      assert.lengthOf(asked, 0)
      assert.strictEqual((yield* get(server, "/api/sessions?limit=200&nonsense=1")).status, 200)
    }))

  it.scopedLive("finds the one session whose id begins so", () =>
    Effect.gen(function*() {
      const { server } = yield* listing(false)
      const found = bodyOf(yield* get(server, "/api/sessions?prefix=01"))
      assert.isTrue(Array.isArray(found) && found.length === 1)
      assert.deepStrictEqual(bodyOf(yield* get(server, "/api/sessions?prefix=ff")), [])
      assert.deepInclude(errorOf(yield* get(server, "/api/sessions?prefix=")), {
        status: 400,
        error: "\"\" is ambiguous"
      })
    }))
})

describe("a session's routes", () => {
  it.scopedLive("GET answers the session, and 404 for what is none", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        get: (asked) =>
          asked === id ? Effect.succeed(session({ queuePosition: 2 })) : new SessionNotFound({ id: asked })
      })
      assert.deepInclude(bodyOf(yield* get(server, path)), { id, queue_position: 2 })
      assert.deepStrictEqual(errorOf(yield* get(server, "/api/sessions/ffffffffffff")), {
        status: 404,
        error: "there is no session ffffffffffff",
        code: "SessionNotFound",
        detail: { id: "ffffffffffff" }
      })
      for (const strange of ["..%2F..", "a", "%F0%9F%98%80", "x".repeat(90), "x".repeat(2000), "%zz"]) {
        assert.strictEqual(errorOf(yield* get(server, `/api/sessions/${strange}`)).status, 404, strange)
      }
    }))

  it.scopedLive("stop answers 200, 404, and 409 where it has ended", () =>
    Effect.gen(function*() {
      const stops: Array<string> = []
      const server = yield* serve({
        stop: (asked, by) =>
          Effect.gen(function*() {
            stops.push(by.name)
            if (asked !== id) return yield* new SessionNotFound({ id: asked })
            if (by.name === "anna") return yield* new SessionEnded({ sessionId: id, end: "complete" })
            return session({ status: "cancelled", phase: "ended" })
          })
      })
      assert.deepInclude(bodyOf(yield* post(server, `${path}/stop`)), { id, status: "cancelled" })
      assert.deepInclude(errorOf(yield* post(server, `${path}/stop`, undefined, { authorization: "Bearer annas" })), {
        status: 409,
        code: "SessionEnded"
      })
      assert.strictEqual((yield* post(server, "/api/sessions/ffffffffffff/stop")).status, 404)
      assert.strictEqual((yield* post(server, `${path}/stop`, { any: 1 })).status, 200, "a JSON body says nothing")
      assert.strictEqual((yield* post(server, `${path}/stop`, {}, { "content-type": "text/plain" })).status, 415)
      assert.lengthOf(stops, 4)
    }))

  it.scopedLive("messages answers 202 with the message's id", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        message: (asked, text, by, messageId) =>
          asked === id
            ? Effect.succeed({ messageId: messageId ?? `${by.name}:${text}` })
            : new SessionNotFound({ id: asked })
      })
      const answer = yield* post(server, `${path}/messages`, { text: "also this" })
      assert.strictEqual(answer.status, 202)
      assert.deepStrictEqual(bodyOf(answer), { message_id: "ci:also this" })
      const keyed = yield* post(server, `${path}/messages`, { text: "also this" }, { "idempotency-key": "m1" })
      assert.deepStrictEqual(bodyOf(keyed), { message_id: "m1" })
      assert.strictEqual((yield* post(server, `/api/sessions/ffffffffffff/messages`, { text: "x" })).status, 404)
      for (const body of [{}, { text: "" }, { text: 1 }]) {
        assert.include(errorOf(yield* post(server, `${path}/messages`, body)).error, "\"text\"")
      }
      assert.include(errorOf(yield* post(server, `${path}/messages`)).error, "\"text\" is missing")
    }))

  it.scopedLive("approve and reject answer the session, 409 where nothing waits, 403 where four eyes are wanted", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        approve: (asked, { by, plan }) =>
          by.name === "anna"
            ? new ApproverIsRequester({ sessionId: asked, name: "anna" })
            : Effect.succeed(session({ plan: plan ?? "as it was" })),
        reject: (asked, { reason }) =>
          reason === "late"
            ? new NothingToApprove({ sessionId: asked })
            : Effect.succeed(session({ phase: "planning" }))
      })
      assert.deepInclude(bodyOf(yield* post(server, `${path}/approve`)), { plan: "as it was" })
      assert.deepInclude(bodyOf(yield* post(server, `${path}/approve`, {})), { plan: "as it was" })
      assert.deepInclude(bodyOf(yield* post(server, `${path}/approve`, { plan: "better" })), { plan: "better" })
      assert.include(errorOf(yield* post(server, `${path}/approve`, { plan: 1 })).error, "\"plan\"")
      const alone = errorOf(yield* post(server, `${path}/approve`, {}, { authorization: "Bearer annas" }))
      assert.deepInclude(alone, { status: 403, code: "ApproverIsRequester" })
      assert.strictEqual((yield* post(server, `${path}/reject`, { reason: "no" })).status, 200)
      assert.deepInclude(errorOf(yield* post(server, `${path}/reject`, { reason: "late" })), {
        status: 409,
        code: "NothingToApprove"
      })
      assert.include(errorOf(yield* post(server, `${path}/reject`)).error, "\"reason\" is missing")
    }))

  it.scopedLive("diff and log answer text", () =>
    Effect.gen(function*() {
      const server = yield* serve({
        get: (asked) => asked === id ? Effect.succeed(session()) : new SessionNotFound({ id: asked }),
        diff: () => Effect.succeed("diff --git a/ä b/ä\n"),
        log: () => Stream.make("[status] turn 1 started\n", "line\n")
      })
      const diff = yield* get(server, `${path}/diff`)
      assert.deepStrictEqual([diff.status, diff.headers["content-type"], diff.text], [
        200,
        "text/x-diff",
        "diff --git a/ä b/ä\n"
      ])
      const log = yield* get(server, `${path}/log`)
      assert.deepStrictEqual([log.status, log.text], [200, "[status] turn 1 started\nline\n"])
      assert.match(log.headers["content-type"] ?? "", /^text\/plain/)
      assert.strictEqual((yield* get(server, "/api/sessions/ffffffffffff/log")).status, 404)
    }))
})
