import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { testConfig } from "../support/TestConfig.ts"
import { authorized, bodyOf, errorOf, send, serve } from "./TestServer.ts"

const path = "/api/webhooks/github"
const secret = "It's a Secret to Everybody"

const withSecret = serve({}, {
  config: { github: { ...testConfig.github, webhookSecret: Option.some(Redacted.make(secret)) } }
})

const sign = (body: string | Buffer, key = secret) =>
  `sha256=${Crypto.createHmac("sha256", key).update(body).digest("hex")}`

const json = { "content-type": "application/json" }

describe("POST /api/webhooks/github", () => {
  it.scopedLive("is no route without a secret", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      for (const method of ["POST", "GET"]) {
        const answer = yield* send(server, path, {
          method,
          headers: { ...authorized, ...json, "x-hub-signature-256": sign("{}", "") },
          body: "{}"
        })
        assert.deepInclude(errorOf(answer), { status: 404, code: "RouteNotFound" })
      }
    }))

  it.scopedLive("takes a signed delivery, without a token, and says why it is ignored", () =>
    Effect.gen(function*() {
      const server = yield* withSecret
      const deliver = (event: string, body: string) =>
        send(server, path, {
          method: "POST",
          headers: { ...json, "x-github-event": event, "x-hub-signature-256": sign(body) },
          body
        })
      const ping = yield* deliver("ping", "{\"zen\":\"Ä\"}")
      assert.deepStrictEqual([ping.status, bodyOf(ping)], [200, { ignored: "ping: the webhook is set up" }])
      const comment = yield* deliver("issue_comment", "{}")
      assert.deepStrictEqual([comment.status, bodyOf(comment)], [200, {
        ignored: "issue_comment: this version does not act on this event"
      }])
      assert.strictEqual((yield* deliver("ping", "{")).status, 400)
      const deep = errorOf(yield* deliver("ping", "[".repeat(400_000) + "]".repeat(400_000)))
      assert.deepInclude(deep, { status: 400, code: "InvalidRequest" })
    }))

  it.scopedLive("knows GitHub's own example of a signature", () =>
    Effect.gen(function*() {
      const server = yield* withSecret
      const headers = {
        ...json,
        "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
      }
      const answer = yield* send(server, path, { method: "POST", headers, body: "Hello, World!" })
      assert.strictEqual(errorOf(answer).error, "the body is not valid JSON in UTF-8", "the signature was right")
    }))

  it.scopedLive("refuses what is not signed so", () =>
    Effect.gen(function*() {
      const server = yield* withSecret
      const signature = sign("{}")
      const wrong = [
        sign("{ }"),
        sign("{}", "other"),
        signature.slice(0, -1),
        `${signature}0`,
        signature.slice(7),
        signature.toUpperCase(),
        "sha256=",
        ""
      ]
      for (const given of wrong) {
        const answer = yield* send(server, path, {
          method: "POST",
          headers: { ...json, "x-hub-signature-256": given },
          body: "{}"
        })
        assert.deepInclude(errorOf(answer), { status: 401, code: "InvalidSignature" }, given)
      }
      const token = yield* send(server, path, { method: "POST", headers: { ...json, ...authorized }, body: "{}" })
      assert.strictEqual(token.status, 401, "a token is no signature")
    }))

  it.scopedLive("has the limits of every body", () =>
    Effect.gen(function*() {
      const server = yield* withSecret
      const large = "x".repeat(1024 * 1024 + 1)
      const answer = yield* send(server, path, {
        method: "POST",
        headers: { ...json, "x-hub-signature-256": sign(large) },
        body: large
      })
      assert.strictEqual(answer.status, 413)
      const form = yield* send(server, path, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", "x-hub-signature-256": sign("a=b") },
        body: "a=b"
      })
      assert.strictEqual(form.status, 415)
      assert.strictEqual((yield* send(server, path)).status, 405)
    }))
})
