/** GET /api/agents: which agents this server knows, and which of them its sandbox has. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { authorized, send, serve } from "./TestServer.ts"

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
    }))
})
