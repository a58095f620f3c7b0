import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ownHosts, refusal } from "../../src/http/Guards.ts"
import { authorized, errorOf, get, post, send, serve, session } from "./TestServer.ts"

describe("Guards", () => {
  const loopback = ownHosts({ host: "127.0.0.1", port: 7080 }, [])

  it.each(["127.0.0.1:7080", "localhost:7080", "LOCALHOST:7080", "[::1]:7080"])("takes Host %s", (host) => {
    assert.isTrue(loopback(host))
  })

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:7080",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1.evil.example:7080",
    "localhost:7081"
  ])(
    "refuses Host %s",
    (host) => assert.isFalse(loopback(host))
  )

  it("takes further hosts, with their port or with any", () => {
    const own = ownHosts({ host: "0.0.0.0", port: 80 }, ["opentl.example.com", "box:8080"])
    assert.deepStrictEqual(
      [
        "opentl.example.com",
        "opentl.example.com:443",
        "box:8080",
        "box",
        "localhost",
        "localhost:80",
        "0.0.0.0:80",
        "x.opentl.example.com"
      ]
        .map(own),
      [true, true, true, false, true, true, true, false]
    )
  })

  const browser = (headers: Readonly<Record<string, string>>, method = "POST") =>
    refusal(method, Headers.fromInput({ host: "localhost:7080", ...headers }), loopback)

  it("lets its own pages in", () => {
    assert.isUndefined(browser({ origin: "http://localhost:7080", "sec-fetch-site": "same-origin" }))
    assert.isUndefined(browser({ origin: "http://127.0.0.1:7080", "sec-fetch-site": "same-site" }))
  })

  it.each([
    "http://evil.example",
    "http://localhost:3000",
    "null",
    "https://127.0.0.1",
    "file://",
    "http://127.0.0.1:7080.evil.example"
  ])(
    "refuses Origin %s",
    (origin) => assert.isString(browser({ origin }))
  )

  it("refuses another site's requests, and follows its links", () => {
    assert.isString(browser({ "sec-fetch-site": "cross-site" }, "GET"))
    assert.isUndefined(
      browser({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, "GET")
    )
    assert.isString(
      browser({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, "POST")
    )
    assert.isString(
      browser({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }, "GET")
    )
  })

  it.scopedLive("answers 403 on every route, and does nothing", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      const foreign = [{ host: "evil.example" }, { origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }]
      for (const headers of foreign) {
        for (const path of ["/health", "/api/sessions", "/nowhere"]) {
          assert.deepInclude(errorOf(yield* get(server, path, headers)), { status: 403, code: "Forbidden" })
        }
        const created = yield* post(server, "/api/sessions", { repo: "a/b", prompt: "x" }, headers)
        assert.strictEqual(created.status, 403)
      }
    }))

  it.scopedLive("stops a form that a web page posts", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      const form = { method: "POST", body: "{\"repo\":\"a/b\",\"prompt\":\"x\"}" } as const
      const plain = yield* send(server, "/api/sessions", {
        ...form,
        headers: { ...authorized, "content-type": "text/plain" }
      })
      assert.deepInclude(errorOf(plain), { status: 415, code: "UnsupportedMediaType" })
      const anonymous = yield* send(server, "/api/sessions", { ...form, headers: { "content-type": "text/plain" } })
      assert.strictEqual(anonymous.status, 401)
    }))

  it.scopedLive("takes the hosts of the configuration", () =>
    Effect.gen(function*() {
      const server = yield* serve({ get: () => Effect.succeed(session()) }, {
        config: { allowedHosts: ["opentl.example.com"] }
      })
      const answer = yield* get(server, "/api/sessions/0123456789ab", {
        host: "opentl.example.com",
        origin: "https://opentl.example.com"
      })
      assert.strictEqual(answer.status, 200)
    }))
})
