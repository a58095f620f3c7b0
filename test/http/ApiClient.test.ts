import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { SessionUnavailable } from "../../src/actors/sessions/Sessions.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { Repository } from "../../src/domain/Repository.ts"
import { SessionNotFound } from "../../src/domain/Session.ts"
import {
  ApproverIsRequester,
  NothingToApprove,
  NothingToRetry,
  SessionEnded,
  TurnOver
} from "../../src/domain/SessionCommand.ts"
import { IdempotencyConflict, InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { connect, remote } from "./ApiClientKit.ts"
import { event, id, serve, session } from "./TestServer.ts"

/** Tag and sentence: all fields of these errors stand in their sentences. */
const tell = ({ _tag, message }: { readonly _tag: string; readonly message: string }) => `${_tag}: ${message}`

/** Fails the test where the effect does not fail with that error. */
const failsWith = <E extends { readonly _tag: string; readonly message: string }>(
  effect: Effect.Effect<unknown, E>,
  error: { readonly _tag: string; readonly message: string }
) => Effect.map(Effect.flip(effect), (actual) => assert.strictEqual(tell(actual), tell(error)))

const by = { name: "somebody", via: "cli" } as const
const options = { by, trustLocalPaths: true, trustCommands: true }
const request = { repo: Repository.GitHub({ owner: "owner", name: "name" }), prompt: "do it", approvePlan: true }
const other = SessionId.make("ffffffffffff")

describe("ApiClient", () => {
  it.scopedLive("creates a session as the token's owner and answers it whole", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      const client = yield* remote({
        get: () => Effect.succeed(session()),
        create: (request, { by, idempotencyKey }) =>
          Effect.sync(() => {
            asked.push([request, by, idempotencyKey])
            return { session: session(), replayed: idempotencyKey !== undefined }
          })
      })
      assert.deepStrictEqual(yield* client.create(request, options), { session: session(), replayed: false })
      assert.isTrue((yield* client.create(request, { ...options, idempotencyKey: "k" })).replayed)
      const caller = { name: "ci", via: "cli" }
      assert.deepStrictEqual(asked, [[request, caller, undefined], [request, caller, "k"]])
    }))

  it.scopedLive("speaks every command, and reads its answer back", () =>
    Effect.gen(function*() {
      const all = session({ prUrl: "https://example.com/1", prNumber: 1, plan: "p", queuePosition: 3 })
      const client = yield* remote({
        get: () => Effect.succeed(all),
        list: ({ before, limit, repo, status }) =>
          Effect.succeed({
            sessions: [session({ prompt: JSON.stringify({ before, limit, repo, status }) })],
            hasMore: limit === 1
          }),
        find: (prefix) => prefix === "01" ? Effect.succeed(all) : new SessionNotFound({ id: prefix }),
        stop: (_id, _by, turn = 1) => Effect.succeed(session({ status: "cancelled", turn })),
        message: (_, text, by, messageId) => Effect.succeed({ messageId: `${text} ${by.name} ${messageId ?? ""}` }),
        approve: (_, { plan }) => Effect.succeed(session({ plan: plan ?? "none" })),
        reject: (_, { reason }) => Effect.succeed(session({ plan: reason })),
        diff: () => Effect.succeed("diff ä\n"),
        log: () => Stream.make("a\nb\n", "c\n"),
        eventsPage: (_, after, limit) => Effect.succeed([event(after + limit)])
      })
      assert.deepStrictEqual(yield* client.get(id), all)
      assert.deepStrictEqual(yield* client.find("01"), all)
      const page = yield* client.list({ limit: 1, status: "error", repo: "owner/name", before: other })
      assert.strictEqual(
        page.sessions[0]?.prompt,
        JSON.stringify({ before: other, limit: 1, repo: "owner/name", status: "error" })
      )
      assert.isTrue(page.hasMore)
      assert.isFalse((yield* client.list({ limit: 2 })).hasMore)
      assert.strictEqual((yield* client.stop(id, by)).status, "cancelled")
      assert.strictEqual((yield* client.stop(id, by, 4)).turn, 4)
      assert.deepStrictEqual(yield* client.message(id, "hi", by), { messageId: "hi ci " })
      assert.deepStrictEqual(yield* client.message(id, "hi", by, "m"), { messageId: "hi ci m" })
      assert.strictEqual((yield* client.approve(id, { by })).plan, "none")
      assert.strictEqual((yield* client.approve(id, { plan: "better", by })).plan, "better")
      assert.strictEqual((yield* client.reject(id, { reason: "no", by })).plan, "no")
      assert.strictEqual(yield* client.diff(id), "diff ä\n")
      assert.deepStrictEqual(Array.from(yield* Stream.runCollect(client.log(id))), ["a\n", "b\n", "c\n"])
      assert.deepStrictEqual(yield* client.eventsPage(id, 4, 5), [event(9)])
    }))

  it.scopedLive("reads errors back as what they were", () =>
    Effect.gen(function*() {
      const notFound = new SessionNotFound({ id: other })
      const client = yield* remote({
        get: () => notFound,
        create: (_, { idempotencyKey }) =>
          idempotencyKey === undefined
            ? new InvalidRequest({ reason: "no" })
            : new IdempotencyConflict({ key: idempotencyKey }),
        find: () => new InvalidRequest({ reason: "\"0\" is ambiguous" }),
        stop: (_id, _by, turn) =>
          turn === undefined
            ? new SessionEnded({ sessionId: id, end: "complete" })
            : new TurnOver({ sessionId: id, turn, current: 2 }),
        message: () => new SessionUnavailable({ sessionId: id }),
        approve: () => new ApproverIsRequester({ sessionId: id, name: "ci" }),
        reject: () => new NothingToApprove({ sessionId: id }),
        retry: () => new NothingToRetry({ sessionId: id, reason: "it is still working" }),
        diff: () => new StoreError({ operation: "read a diff", cause: "x" }),
        events: () => Stream.never,
        eventsPage: () => notFound,
        log: () => Stream.empty
      })
      yield* failsWith(client.get(other), notFound)
      yield* failsWith(client.eventsPage(other, 0, 1), notFound)
      yield* failsWith(Stream.runDrain(client.events(other, 0)), notFound)
      yield* failsWith(Stream.runDrain(client.log(other)), notFound)
      yield* failsWith(client.create(request, options), new InvalidRequest({ reason: "no" }))
      yield* failsWith(
        client.create(request, { ...options, idempotencyKey: "k" }),
        new IdempotencyConflict({ key: "k" })
      )
      yield* failsWith(client.find("0"), new InvalidRequest({ reason: "\"0\" is ambiguous" }))
      yield* failsWith(client.stop(id, by), new SessionEnded({ sessionId: id, end: "complete" }))
      yield* failsWith(client.stop(id, by, 1), new TurnOver({ sessionId: id, turn: 1, current: 2 }))
      yield* failsWith(client.message(id, "x", by), new SessionUnavailable({ sessionId: id }))
      yield* failsWith(client.approve(id, { by }), new ApproverIsRequester({ sessionId: id, name: "ci" }))
      yield* failsWith(client.reject(id, { reason: "x", by }), new NothingToApprove({ sessionId: id }))
      yield* failsWith(client.retry(id, { by }), new NothingToRetry({ sessionId: id, reason: "it is still working" }))
      const store = yield* Effect.flip(client.diff(id))
      assert.deepStrictEqual([store._tag, store.message], ["StoreError", "the session store failed to read a diff"])
    }))

  it.scopedLive("finds nothing as the sessions do", () =>
    Effect.gen(function*() {
      const client = yield* remote({ find: (prefix) => new SessionNotFound({ id: prefix }) })
      yield* failsWith(client.find("ab"), new SessionNotFound({ id: "ab" }))
    }))

  it.scopedLive("says at once that no server answers", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { url } = yield* Scope.extend(serve({}), scope)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(connect(url))
      assert.deepStrictEqual([error._tag, error.message], [
        "ServerUnreachable",
        `no server answers at ${url} (ECONNREFUSED)`
      ])
    }))

  it.scopedLive("says that the token is not known, or that it is another server", () =>
    Effect.gen(function*() {
      const { url } = yield* serve({})
      const refused = yield* Effect.flip(connect(url, "wrong"))
      assert.strictEqual(refused._tag, "ServerRefused")
      assert.include(refused.message, "the token is missing or unknown")
      const foreign = Http.createServer((_, response) => response.writeHead(404).end("nothing here"))
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          foreign.listen(0, "127.0.0.1", () => resume(Effect.void))
        }),
        () => Effect.sync(() => foreign.close())
      )
      const address = foreign.address()
      const port = typeof address === "object" ? address?.port : undefined
      const elsewhere = yield* Effect.flip(connect(`http://127.0.0.1:${port}`))
      assert.include(elsewhere.message, "refuses the request: it answered with status 404")
    }))

  it.scopedLive("tells of a server that went away as of a store that fails", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const server = yield* Scope.extend(serve({ list: () => Effect.succeed({ sessions: [], hasMore: false }) }), scope)
      const client = yield* connect(server.url)
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(client.stop(id, by))
      assert.strictEqual(error._tag, "StoreError")
      assert.include(error.message, server.url)
    }))
})
