import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type CreateOptions, type ListSessions, SessionUnavailable } from "../../src/actors/sessions/Sessions.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { Repository } from "../../src/domain/Repository.ts"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { ApproverIsRequester, NothingToApprove, SessionEnded } from "../../src/domain/SessionCommand.ts"
import { type CreateSession, IdempotencyConflict, InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { bodyOf, errorOf, get, id, post, serve, session } from "./TestServer.ts"

const path = `/api/sessions/${id}`
const request = { repo: "owner/name", prompt: "do it" }

/** A server whose `create` remembers what it was asked. */
const creating = (address = "127.0.0.1") =>
  Effect.gen(function*() {
    const asked: Array<readonly [CreateSession, CreateOptions]> = []
    const server = yield* serve({
      create: (request, options) =>
        Effect.sync(() => {
          asked.push([request, options])
          return {
            session: session({ status: "pending", phase: "queued" }),
            replayed: options.idempotencyKey === "again"
          }
        })
    }, { config: { address: { host: address, port: 0 } } })
    return { server, asked }
  })

describe("POST /api/sessions", () => {
  it.scopedLive("takes a repository's address for its name", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* creating()
      for (const repo of ["https://github.com/owner/name.git", "git@github.com:owner/name", "github.com/owner/name/"]) {
        assert.strictEqual((yield* post(server, "/api/sessions", { ...request, repo })).status, 201, repo)
      }
      const named = Repository.GitHub({ owner: "owner", name: "name" })
      assert.deepStrictEqual(asked.map(([{ repo }]) => repo), [named, named, named])
    }))

  it.scopedLive("answers 201 with id, branch, status and the location", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* creating()
      const answer = yield* post(server, "/api/sessions", {
        ...request,
        agent: "codex",
        approve_plan: true,
        budget_usd: 2,
        timeout_seconds: 60,
        unknown_field: 1
      })
      assert.strictEqual(answer.status, 201)
      assert.deepStrictEqual(bodyOf(answer), { id, branch: `opentl/${id}`, status: "pending" })
      assert.strictEqual(answer.headers["location"], path)
      assert.notProperty(answer.headers, "idempotent-replay")
      const [decoded, options] = asked[0] ?? []
      assert.deepStrictEqual(decoded, {
        repo: Repository.GitHub({ owner: "owner", name: "name" }),
        prompt: "do it",
        agent: "codex",
        approvePlan: true,
        budgetUsd: 2,
        timeoutSeconds: 60
      })
      assert.deepStrictEqual(options, {
        by: { name: "ci", via: "http" },
        idempotencyKey: undefined,
        body: { ...request, agent: "codex", approve_plan: true, budget_usd: 2, timeout_seconds: 60, unknown_field: 1 },
        trustLocalPaths: true,
        trustCommands: false
      })
    }))

  it.scopedLive("answers the same request again with 200 and Idempotent-Replay", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* creating()
      const answer = yield* post(server, "/api/sessions", request, { "idempotency-key": "again" })
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.headers["idempotent-replay"], "true")
      assert.strictEqual(answer.headers["location"], path)
      assert.deepStrictEqual(bodyOf(answer), { id, branch: `opentl/${id}`, status: "pending" })
      assert.strictEqual(asked[0]?.[1].idempotencyKey, "again")
    }))

  it.scopedLive("names the token's owner, and the command line where it says so", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* creating()
      yield* post(server, "/api/sessions", request, { authorization: "bearer annas", "x-opentl-client": "cli" })
      assert.deepStrictEqual(asked[0]?.[1].by, { name: "anna", via: "cli" })
    }))

  it.scopedLive("trusts local paths only where it is bound to loopback", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* creating("0.0.0.0")
      yield* post(server, "/api/sessions", { ...request, repo: "/srv/git/app" }, { host: `127.0.0.1:${server.port}` })
      assert.strictEqual(asked[0]?.[1].trustLocalPaths, false)
    }))

  const wrong: ReadonlyArray<readonly [body: unknown, sentence: RegExp]> = [
    [{ prompt: "x" }, /^"repo" is missing$/],
    [{ repo: "a/b" }, /^"prompt" is missing$/],
    [{ repo: 5, prompt: "x" }, /^"repo" is wrong: Expected string, actual 5$/],
    [{ repo: "../..", prompt: "x" }, /^"repo" is wrong: .*is not a repository: give owner\/name/],
    [
      { repo: "https://github.com/a/b/tree/main", prompt: "x" },
      /^"repo" is wrong: .* more than a repository's name: /
    ],
    [
      { repo: "https://ghp_x@github.com/a/b", prompt: "x" },
      /^"repo" is wrong: "https:\/\/…@github\.com\/a\/b" contains a user/
    ],
    [{ repo: "a/b", prompt: " " }, /^"prompt" must not be empty$/],
    [{ repo: "a/b", prompt: "x".repeat(200_001) }, /^"prompt" must have at most 200000 characters$/],
    [{ repo: "a/b", prompt: "x", approve_plan: "yes" }, /^"approve_plan" is wrong: Expected boolean/],
    [{ repo: "a/b", prompt: "x", timeout_seconds: 0 }, /^"timeout_seconds" is wrong: .*between 1 and 86400/],
    [{ repo: "a/b", prompt: "x", timeout_seconds: 86_401 }, /^"timeout_seconds"/],
    [{ repo: "a/b", prompt: "x", timeout_seconds: "60" }, /^"timeout_seconds"/],
    [{ repo: "a/b", prompt: "x", budget_usd: 0.001 }, /^"budget_usd"/],
    [{ repo: "a/b", prompt: "x", budget_usd: null }, /^"budget_usd"/],
    [{ repo: "a/b", prompt: "x", base: "-evil" }, /^"base" is wrong: "-evil" is not a branch name$/],
    [[], /^the request is wrong: /],
    ["text", /^the request is wrong: /],
    [null, /^the request is wrong: /]
  ]
  it.scopedLive("refuses what does not decode in one sentence that names the field", () =>
    Effect.gen(function*() {
      const { asked, server } = yield* creating()
      for (const [body, sentence] of wrong) {
        const error = errorOf(yield* post(server, "/api/sessions", body))
        assert.deepInclude(error, { status: 400, code: "InvalidRequest" })
        assert.match(error.error, sentence)
        assert.notProperty(error, "detail")
        assert.isBelow(error.error.length, 500)
      }
      assert.lengthOf(asked, 0)
    }))

  it.scopedLive("takes a prompt of 200000 characters, however many bytes", () =>
    Effect.gen(function*() {
      const { server } = yield* creating()
      const answer = yield* post(server, "/api/sessions", { repo: "a/b", prompt: "😀".repeat(200_000) })
      assert.strictEqual(answer.status, 201)
    }))

  it.scopedLive("refuses a key that cannot be one", () =>
    Effect.gen(function*() {
      const { server } = yield* creating()
      for (const key of ["", "x".repeat(256)]) {
        const error = errorOf(yield* post(server, "/api/sessions", request, { "idempotency-key": key }))
        assert.deepInclude(error, { status: 400, code: "InvalidRequest" })
      }
    }))

  it.scopedLive("tells the refusals of the sessions with their statuses", () =>
    Effect.gen(function*() {
      const errors = {
        conflict: new IdempotencyConflict({ key: "conflict" }),
        invalid: new InvalidRequest({ reason: "over HTTP no command: agent is taken" }),
        store: new StoreError({ operation: "create a session", cause: new Error("/secret/path broke") }),
        full: new StoreError({
          operation: "create a session",
          cause: { _tag: "SqlError", cause: { code: "SQLITE_FULL" } }
        }),
        away: new SessionUnavailable({ sessionId: "new" })
      } as const
      const server = yield* serve({
        create: (_, { idempotencyKey }) =>
          Effect.fail(Object.entries(errors).find(([name]) => name === idempotencyKey)?.[1] ?? errors.invalid)
      })
      const refused = (key: string) =>
        Effect.map(post(server, "/api/sessions", request, { "idempotency-key": key }), errorOf)
      assert.deepStrictEqual(yield* refused("conflict"), {
        status: 409,
        error: errors.conflict.message,
        code: "IdempotencyConflict",
        detail: { key: "conflict" }
      })
      assert.deepStrictEqual(yield* refused("invalid"), {
        status: 400,
        error: errors.invalid.message,
        code: "InvalidRequest"
      })
      assert.deepStrictEqual(yield* refused("store"), {
        status: 503,
        error: "the session store failed to create a session",
        code: "StoreError",
        detail: { operation: "create a session" }
      })
      assert.deepInclude(yield* refused("full"), { status: 503, code: "DiskFull" })
      assert.deepInclude(yield* refused("away"), { status: 503, code: "SessionUnavailable" })
    }))
})

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
