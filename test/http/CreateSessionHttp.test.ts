import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type CreateOptions, SessionUnavailable } from "../../src/actors/sessions/Sessions.ts"
import { Repository } from "../../src/domain/Repository.ts"
import { type CreateSession, IdempotencyConflict, InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { bodyOf, errorOf, id, post, serve, session } from "./TestServer.ts"

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
