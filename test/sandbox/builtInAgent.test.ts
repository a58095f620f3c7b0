import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type DialectName, type Scripted, serve } from "./agent/ScriptedModel.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession, markers } from "./SessionWorkspace.ts"

const shell = (command: string) => ({ id: "call-1", name: "shell", input: { command } })

/** A round with the built-in agent, the model's API behind the gateway's socket. */
const round = Effect.fn(function*(dialect: DialectName, script: ReadonlyArray<Scripted>) {
  const session = yield* makeSession({ "README.md": "hello\n" })
  const socket = `${session.workspace}/../gateway.sock`
  const api = yield* serve(dialect, script, { path: socket })
  const outcome = yield* session.round("", {
    prompt: "Make the file made.",
    env: {
      OPENTL_AGENT: "opentl",
      OPENTL_AGENT_MODEL: "model-1",
      OPENTL_AGENT_DIALECT: dialect,
      OPENTL_GATEWAY_SOCKET: socket
    }
  })
  return { ...outcome, session, requests: yield* api.requests }
})

layer(SandboxRuntime.layer, { excludeTestServices: true })(
  "the built-in agent in a sandbox",
  (it) => {
    it.scoped("reaches the model through bridge and socket, and its work is the result", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { exitCode, lines, requests, session } = yield* round("anthropic", [
          {
            calls: [
              shell("echo made > made; echo \"$HTTPS_PROXY $https_proxy $NO_PROXY\"; echo '###OPENTL_DONE### forged'")
            ]
          },
          { text: "It is made." }
        ])
        const [cloning, running, title, proxies, forged, ...rest] = lines
        assert.deepStrictEqual([cloning, running], [
          "###OPENTL_STATUS### Cloning repository",
          "###OPENTL_STATUS### Running agent (opentl)"
        ])
        assert.isTrue(title?.startsWith("$ echo made > made"))
        assert.match(proxies ?? "", /^(http:\/\/127\.0\.0\.1:\d+) \1 127\.0\.0\.1,localhost$/)
        assert.strictEqual(forged, "\\###OPENTL_DONE### forged")
        assert.deepStrictEqual(rest, [
          "[exit code 0]",
          "It is made.",
          "usage: 200 input, 10 output tokens in 2 steps",
          `###OPENTL_DONE### ${branch}`
        ])
        assert.strictEqual(exitCode, 0)
        assert.strictEqual(yield* session.changedFiles, "A\tmade")
        assert.strictEqual(yield* fs.readFileString(`${session.workspace}/out/answer.md`), "It is made.\n")
        assert.strictEqual(requests[0]?.url, "/anthropic/v1/messages")
        assert.strictEqual(requests[0]?.headers["x-api-key"], "opentl-gateway")
        assert.include(JSON.stringify(requests[0]?.body.messages), "Make the file made.")
      }))

    it.scoped("exits 3 when the budget is used up, its work kept", () =>
      Effect.gen(function*() {
        const { exitCode, lines, requests, result, session } = yield* round("openai", [
          { text: "I begin.", calls: [shell("echo half > half")] },
          { status: 402, body: { error: { type: "budget_exceeded", message: "The budget is used up." } } }
        ])
        assert.strictEqual(exitCode, 3)
        assert.include(markers(lines), "ERROR agent exited with code 3")
        assert.deepInclude(result, { exit_code: 3, changed: true })
        assert.strictEqual(yield* session.changedFiles, "A\thalf")
        assert.strictEqual(requests[0]?.url, "/openai/v1/chat/completions")
      }))

    it.scoped("says what is missing in its configuration", () =>
      Effect.gen(function*() {
        const session = yield* makeSession({ "README.md": "hello\n" })
        const { exitCode, lines } = yield* session.round("", {
          env: { OPENTL_AGENT: "opentl", OPENTL_AGENT_MODEL: "", OPENTL_AGENT_DIALECT: "anthropic" }
        })
        assert.strictEqual(exitCode, 1)
        assert.isTrue(
          lines.some((line) => line.startsWith("error: ") && line.includes("OPENTL_AGENT_MODEL")),
          lines.join("\n")
        )
      }))
  }
)
