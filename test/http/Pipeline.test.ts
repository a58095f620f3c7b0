/** What holds on every route: its methods, its tokens, its faults. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { path, working } from "./PipelineKit.ts"
import { authorized, errorOf, get, post, send } from "./TestServer.ts"

describe("routes", () => {
  it.scopedLive("an unknown one is 404", () =>
    Effect.gen(function*() {
      const server = yield* working
      for (
        const unknown of [
          "/",
          "/api",
          "/api/",
          "/api/nothing",
          "/api/sessions/",
          `${path}/nothing`,
          "/Health",
          "/health/",
          "//health",
          "/%zz",
          "/api/sessions/a/b/c"
        ]
      ) {
        for (const headers of [{}, authorized]) {
          assert.deepInclude(
            errorOf(yield* send(server, unknown, { headers })),
            { status: 404, code: "RouteNotFound" },
            unknown
          )
        }
      }
    }))

  it.scopedLive("a known one with a wrong method is 405, whatever the id, and says what is allowed", () =>
    Effect.gen(function*() {
      const server = yield* working
      const wrong: ReadonlyArray<readonly [method: string, path: string, allow: string]> = [
        ["DELETE", "/api/sessions", "POST, GET, HEAD"],
        ["PUT", path, "GET, HEAD"],
        ["DELETE", "/api/sessions/no-such-id", "GET, HEAD"],
        ["PATCH", "/api/sessions/!", "GET, HEAD"],
        ["GET", `${path}/stop`, "POST"],
        ["HEAD", `${path}/stop`, "POST"],
        ["GET", "/api/sessions/x/messages", "POST"],
        ["OPTIONS", "/api/sessions", "POST, GET, HEAD"],
        ["POST", `${path}/events`, "GET, HEAD"],
        ["POST", "/health", "GET, HEAD"],
        ["DELETE", "/docs", "GET, HEAD"],
        ["POST", "/openapi.json", "GET, HEAD"]
      ]
      for (const [method, path, allow] of wrong) {
        const answer = yield* send(server, path, { method, headers: authorized })
        assert.deepStrictEqual([answer.status, answer.headers["allow"]], [405, allow], `${method} ${path}`)
        if (method !== "HEAD") assert.strictEqual(errorOf(answer).code, "MethodNotAllowed")
      }
    }))

  it.scopedLive("HEAD is answered where GET is, without a body", () =>
    Effect.gen(function*() {
      const server = yield* working
      for (const known of ["/health", "/docs", "/openapi.json", "/api/sessions", path]) {
        const answer = yield* send(server, known, { method: "HEAD", headers: authorized })
        assert.deepStrictEqual([answer.status, answer.text], [200, ""], known)
      }
      assert.strictEqual(
        (yield* send(server, "/api/sessions/ffffffffffff", { method: "HEAD", headers: authorized })).status,
        404
      )
    }))
})

describe("access", () => {
  it.scopedLive("is for a known token", () =>
    Effect.gen(function*() {
      const server = yield* working
      const routes: ReadonlyArray<readonly [method: string, path: string]> = [
        ["POST", "/api/sessions"],
        ["GET", "/api/sessions"],
        ["GET", path],
        ["GET", `${path}/events`],
        ["POST", `${path}/stop`],
        ["POST", `${path}/messages`],
        ["POST", `${path}/approve`],
        ["POST", `${path}/reject`],
        ["GET", `${path}/diff`],
        ["GET", `${path}/log`],
        ["GET", "/metrics"]
      ]
      const strangers = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer s3cre",
        "Bearer s3cret s3cret",
        "Basic s3cret",
        "s3cret",
        "s3crets3cret"
      ]
      for (const [method, path] of routes) {
        const answer = yield* send(server, path, { method })
        assert.deepInclude(errorOf(answer), { status: 401, code: "Unauthorized" }, `${method} ${path}`)
        assert.strictEqual(answer.headers["www-authenticate"], "Bearer")
      }
      for (const authorization of strangers) {
        assert.strictEqual((yield* send(server, path, { headers: { authorization } })).status, 401, authorization)
      }
      assert.strictEqual((yield* send(server, path, { headers: { authorization: "bearer  s3cret " } })).status, 200)
    }))

  it.scopedLive("needs no token for health, readiness and the documents", () =>
    Effect.gen(function*() {
      const server = yield* working
      for (const path of ["/health", "/ready", "/docs", "/openapi.json"]) {
        assert.strictEqual((yield* send(server, path)).status, 200, path)
      }
    }))

  it.scopedLive("is looked at before the body is", () =>
    Effect.gen(function*() {
      const server = yield* working
      const answer = yield* send(server, "/api/sessions", { method: "POST", body: "x".repeat(3_000_000) })
      assert.strictEqual(answer.status, 401)
    }))
})

describe("faults", () => {
  it.scopedLive("are 500 and tell nothing of themselves", () =>
    Effect.gen(function*() {
      const server = yield* working
      const answer = yield* post(server, `${path}/stop`)
      assert.deepInclude(errorOf(answer), { status: 500, code: "InternalError" })
      assert.notInclude(answer.text, "a fault")
    }))

  it.scopedLive("every answer says that its type is to be believed", () =>
    Effect.gen(function*() {
      const server = yield* working
      for (const path of ["/health", "/api/sessions", "/nothing", "/docs"]) {
        assert.strictEqual((yield* get(server, path)).headers["x-content-type-options"], "nosniff")
      }
    }))
})
