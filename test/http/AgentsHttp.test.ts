/** GET /api/agents: which agents this server knows, and which of them its sandbox has. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as AgentsClient from "../../src/http/AgentsClient.ts"
import { authorized, send, serve, token } from "./TestServer.ts"

describe("GET /api/agents", () => {
  it.scopedLive("lists them, for those who have a token", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      const listed = yield* send(server, "/api/agents", { headers: authorized })
      assert.strictEqual(listed.status, 200)
      const agents: unknown = JSON.parse(listed.text)
      assert.deepInclude(agents, { name: "opentl", installed: true, providers: ["anthropic", "openai"] })
      assert.deepInclude(agents, { name: "claude-code", installed: true, version: "1.2.3", providers: ["anthropic"] })
      assert.deepInclude(agents, { name: "codex", installed: false, providers: ["openai"] })
      assert.strictEqual((yield* send(server, "/api/agents", {})).status, 401)
      // the command line's client gets the same
      const list = (secret: string) =>
        AgentsClient.list({ url: server.url, token: Option.some(Redacted.make(secret)) }).pipe(
          Effect.provide(FetchHttpClient.layer)
        )
      assert.deepStrictEqual(yield* list(token), agents)
      assert.match((yield* Effect.flip(list("wrong"))).message, /refuses the request: the token is missing or unknown/)
    }))

  const answering = (status: number, body: unknown) =>
    AgentsClient.list({ url: "http://server.test", token: Option.none() }).pipe(Effect.provideService(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.succeed(HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status })))
      )
    ))

  it.effect("is understood from a later server, which knows other agents", () =>
    Effect.gen(function*() {
      const agents = [{ name: "later", installed: true, version: "1", providers: ["another"] }]
      assert.deepStrictEqual(yield* answering(200, agents), agents)
    }))

  it.effect("is missed in words where an earlier server has none, or something else answers", () =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(answering(404, {}))).message, "it is an earlier version")
      assert.include((yield* Effect.flip(answering(502, {}))).message, "status 502")
      assert.include((yield* Effect.flip(answering(200, { agents: [] }))).message, "cannot be read")
    }))
})
