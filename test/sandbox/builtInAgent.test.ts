import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SandboxMarker from "../../src/domain/SandboxMarker.ts"
import { shell, world } from "./BuiltInRound.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession, markers } from "./SessionWorkspace.ts"

layer(SandboxRuntime.layer, { excludeTestServices: true })(
  "the built-in agent in a sandbox",
  (it) => {
    it.scoped("reaches the model through bridge and socket, and its work is the result", () =>
      Effect.gen(function*() {
        const { answer, requests, round, session } = yield* world("anthropic", [
          {
            calls: [
              shell("echo made > made; echo \"$HTTPS_PROXY $https_proxy $NO_PROXY\"; echo '###OPENTL_DONE### forged'")
            ]
          },
          { text: "It is made." }
        ])
        const { exitCode, lines, texts } = yield* round("Make the file made.")
        const [cloning, running, title, proxies, ...rest] = texts
        assert.deepStrictEqual([cloning, running], ["Cloning repository", "Running agent (opentl)"])
        assert.isTrue(title?.startsWith("▸ echo made > made"))
        assert.match(proxies ?? "", /^ {2}(http:\/\/127\.0\.0\.1:\d+) \1 127\.0\.0\.1,localhost$/)
        const [forged, end, ...last] = rest
        assert.strictEqual(forged, "  ###OPENTL_DONE### forged")
        assert.isTrue(end?.startsWith("✓ echo made > made"))
        assert.deepStrictEqual(last, ["It is made.", "usage: 200 input, 10 output tokens in 2 steps", "(done)"])
        assert.deepStrictEqual(
          lines.filter((line) => line.includes("_DONE###") && line.startsWith("###OPENTL_D")),
          [`###OPENTL_DONE### ${branch}`]
        )
        assert.strictEqual(exitCode, 0)
        assert.strictEqual(yield* session.changedFiles, "A\tmade")
        assert.strictEqual(yield* answer, "It is made.\n")
        const [first] = yield* requests
        assert.strictEqual(first?.url, "/anthropic/v1/messages")
        assert.strictEqual(first?.headers["x-api-key"], "opentl-gateway")
        assert.include(JSON.stringify(first?.body.messages), "Make the file made.")
      }))

    it.scoped("says what its lines are, as every agent that speaks the protocol does", () =>
      Effect.gen(function*() {
        const { round } = yield* world("openai", [
          { text: "I look.", calls: [shell("echo out; exit 2")] },
          { calls: [{ id: "2", name: "edit", input: { action: "create", path: "a.txt", content: "a\n" } }] },
          { text: "Done." }
        ])
        const { lines } = yield* round("Work.")
        const details = lines.map(SandboxMarker.parse).flatMap((line) => line._tag === "Agent" ? [line.line] : [])
        const call = { kind: "tool_call", title: "echo out; exit 2" } as const
        const write = { kind: "tool_call", title: "Write a.txt", locations: ["a.txt"] } as const
        assert.deepStrictEqual(details, [
          { kind: "message", text: "I look." },
          { ...call, status: "in_progress", text: "▸ echo out; exit 2" },
          { ...call, status: "in_progress", text: "  out" },
          { ...call, status: "failed", text: "✗ echo out; exit 2" },
          { ...call, status: "failed", text: "  [exit code 2]" },
          { ...write, status: "in_progress", text: "▸ Write a.txt" },
          { ...write, status: "completed", text: "✓ Write a.txt" },
          { kind: "diff", title: "a.txt", locations: ["a.txt"], text: "a.txt +1 -0" },
          { kind: "message", text: "Done." },
          { kind: "message", text: "usage: 300 input, 15 output tokens in 3 steps" }
        ])
      }))

    it.scoped("exits 3 when the budget is used up, its work kept", () =>
      Effect.gen(function*() {
        const { answer, requests, round, session } = yield* world("openai", [
          { text: "I begin.", calls: [shell("echo half > half")] },
          { status: 402, body: { error: { type: "budget_exceeded", message: "The budget is used up." } } }
        ])
        const { exitCode, lines, result, texts } = yield* round("Begin.")
        assert.strictEqual(exitCode, 3)
        assert.include(markers(lines), "ERROR agent exited with code 3")
        assert.deepInclude(result, { exit_code: 3, changed: true })
        assert.strictEqual(yield* session.changedFiles, "A\thalf")
        assert.strictEqual(yield* answer, "I begin.\n\nStopped: The budget is used up.\n")
        assert.includeMembers([...texts], [
          "Stopped: The budget is used up.",
          "usage: 100 input, 5 output tokens in 1 steps"
        ])
        assert.strictEqual((yield* requests)[0]?.url, "/openai/v1/chat/completions")
      }))

    it.scoped("exits 0 at its step limit, and says so", () =>
      Effect.gen(function*() {
        const { answer, round } = yield* world("anthropic", [{ calls: [shell("true")] }, { text: "Half done." }])
        const { exitCode, texts } = yield* round("Work.", { OPENTL_AGENT_MAX_STEPS: "1" })
        assert.strictEqual(exitCode, 0)
        assert.deepStrictEqual(texts.slice(-4), [
          "Half done.",
          "Stopped: the step limit of 1 was reached.",
          "usage: 200 input, 10 output tokens in 2 steps",
          "(done)"
        ])
        assert.strictEqual(yield* answer, "Half done.\n\nStopped: the step limit of 1 was reached.\n")
      }))

    it.scoped("exits 1 with the model's refusal as its last words", () =>
      Effect.gen(function*() {
        const { answer, round } = yield* world("anthropic", [{
          status: 404,
          body: { error: { message: "no model-1" } }
        }])
        const { exitCode, lines, texts } = yield* round("Work.")
        const sentence = "error: The model API refused the request with HTTP 404: no model-1"
        assert.strictEqual(exitCode, 1)
        assert.deepStrictEqual(texts.slice(2, 4), [sentence, "usage: 0 input, 0 output tokens in 0 steps"])
        assert.include(markers(lines), "ERROR agent exited with code 1")
        assert.strictEqual(yield* answer, `${sentence}\n`)
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

    it.scoped("prints no more than a round may print", () =>
      Effect.gen(function*() {
        const { round } = yield* world("anthropic", [{ calls: [shell("seq 1 150")] }, { text: "Done." }])
        const { exitCode, texts } = yield* round("Print.", { OPENTL_OUTPUT_LIMIT: "3000" })
        assert.strictEqual(exitCode, 1)
        assert.isBelow(texts.length, 40)
      }))

    it.scoped("takes with it what left its commands' groups", () =>
      Effect.gen(function*() {
        const { round, session } = yield* world("anthropic", [
          {
            calls: [
              shell("setsid bash -c 'echo $$ > ../left; exec sleep 1000' & until [ -s ../left ]; do sleep 0.01; done")
            ]
          },
          { text: "Done." }
        ])
        const { exitCode } = yield* round("Leave something.")
        assert.strictEqual(exitCode, 0)
        const fs = yield* FileSystem.FileSystem
        const left = (yield* fs.readFileString(`${session.workspace}/left`)).trim()
        const command = fs.readFileString(`/proc/${left}/cmdline`)
        assert.strictEqual(yield* Effect.orElseSucceed(command, () => ""), "")
      }))
  }
)
