/** `opentl agents`: whose agents it lists. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { alone, runCli } from "./Harness.ts"

const ofServer = [
  { name: "opentl", installed: true, providers: ["anthropic"] },
  { name: "codex", installed: true, version: "7.7.7", providers: ["openai"] },
  { name: "pi", installed: false, providers: ["anthropic"] }
]

const parts = { agents: () => Effect.succeed(ofServer) }

describe("opentl agents", () => {
  it.effect("shows the server's, as the API has them", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["agents", "--json"], { parts })
      assert.deepStrictEqual([code, err, JSON.parse(out)], [0, "", ofServer])
      const table = yield* runCli(["agents"], { parts })
      assert.match(table.out, /^codex +7\.7\.7 +openai$/m)
      assert.strictEqual(
        table.err,
        "these are http://server.test's; to put one into the image there: opentl sandbox build --agents codex,pi\n"
      )
      const named = yield* runCli(["agents", "--server", "http://other.test"], { parts })
      assert.include(named.err, "http://other.test")
    }))

  it.effect("shows no other machine's where the server fails", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["agents", "--json"], {
        parts: { agents: () => Effect.fail({ message: "it refuses" }) }
      })
      assert.deepStrictEqual([code, out], [1, ""])
      assert.include(err, "error: it refuses")
    }))

  it.live("shows this machine's only where there is no server", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["agents", "--json"], {
        environment: { ...alone, OPENTL_SANDBOX: "local" }
      })
      assert.strictEqual(code, 0, err)
      const listed: unknown = JSON.parse(out)
      assert.deepInclude(listed, { name: "codex", installed: false, providers: ["openai"] })
      const table = yield* runCli(["agents"], { environment: { ...alone, OPENTL_SANDBOX: "local" } })
      assert.include(table.err, "no server is reachable: these are this machine's")
    }))

  it.live("does not say that the image lacks them where Docker does not answer", () =>
    Effect.gen(function*() {
      const environment = { ...alone, OPENTL_SANDBOX: "docker", DOCKER_HOST: "unix:///nonexistent/docker.sock" }
      const { code, err, out } = yield* runCli(["agents"], { environment })
      assert.strictEqual(code, 0, err)
      assert.match(out, /^codex +unknown +openai$/m)
      assert.include(err, "Docker does not answer, so it is not known what the image has")
      assert.include((yield* runCli(["agents", "--json"], { environment })).err, "Docker does not answer")
    }))
})
