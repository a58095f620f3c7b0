import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { serve } from "./agent/ScriptedModel.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession } from "./SessionWorkspace.ts"

/** An agent whose one command tells how the agent was started. */
const script = [
  { calls: [{ id: "call-1", name: "shell", input: { command: "tr '\\0' ' ' </proc/$PPID/cmdline; echo; pwd" } }] },
  { text: "That is all." }
]

const round = Effect.fn(function*(files: Record<string, string>, environment: Record<string, string> = {}) {
  const session = yield* makeSession(files)
  const socket = `${session.workspace}/../gateway.sock`
  yield* serve("anthropic", script, { path: socket })
  const outcome = yield* session.round("", {
    prompt: "Tell how you were started.",
    env: {
      OPENTL_AGENT: "opentl",
      OPENTL_AGENT_MODEL: "model-1",
      OPENTL_AGENT_DIALECT: "anthropic",
      OPENTL_GATEWAY_SOCKET: socket,
      ...environment
    }
  })
  return { ...outcome, session }
})

/** Stands in for npm, and ends the agent that waits. It returns when the relay that ran it has ended, too. */
const npm = `#!/bin/bash
for each in /proc/[0-9]*; do
  if tr '\\0' ' ' <"$each/cmdline" | grep -q "$OPENTL_RUNTIME/agent.mjs --wait $"; then
    relay=$(cut -d ' ' -f 4 "$each/stat")
    kill -9 "\${each#/proc/}"
    while kill -0 "$relay"; do sleep 0.01; done
    echo ended
  fi
done 2>/dev/null
`

layer(SandboxRuntime.layer, { excludeTestServices: true })("the built-in agent, started early", (it) => {
  it.scoped("waits for its repository, and works there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { exitCode, lines, session } = yield* round({ "README.md": "hello\n" })
      assert.deepStrictEqual(lines.slice(0, 2), [
        "###OPENTL_STATUS### Cloning repository",
        "###OPENTL_STATUS### Running agent (opentl)"
      ])
      assert.match(lines[3] ?? "", /agent\.mjs --wait $/)
      assert.strictEqual(lines[4], `${session.workspace}/repo`)
      assert.strictEqual(lines.at(-1), `###OPENTL_DONE### ${branch}`)
      assert.strictEqual(exitCode, 0)
      assert.isFalse(yield* fs.exists(`${session.workspace}/out/start`))
    }))

  it.scoped("is started again where an install has ended it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const tools = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${tools}/npm`, npm)
      yield* fs.chmod(`${tools}/npm`, 0o755)
      const { exitCode, lines } = yield* round(
        { "package.json": "{\"dependencies\":{\"a\":\"1\"}}\n" },
        { PATH: `${tools}:${process.env["PATH"]}` }
      )
      const running = lines.indexOf("###OPENTL_STATUS### Running agent (opentl)")
      assert.strictEqual(lines[running - 1], "ended")
      assert.match(lines[running + 2] ?? "", /agent\.mjs $/)
      assert.strictEqual(lines.at(-1), `###OPENTL_DONE### ${branch}`)
      assert.strictEqual(exitCode, 0)
    }))

  it.scoped("ends with a round that fails before it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { exitCode, lines } = yield* round(
        { "README.md": "hello\n" },
        { OPENTL_START_COMMIT: "1".repeat(40) }
      )
      assert.strictEqual(exitCode, 70)
      assert.match(lines.at(-1) ?? "", /^###OPENTL_ERROR### /)
      const { directory } = yield* SandboxRuntime
      const commands = yield* Effect.forEach(
        (yield* fs.readDirectory("/proc")).filter((name) => /^\d+$/.test(name)),
        (pid) => Effect.orElseSucceed(fs.readFileString(`/proc/${pid}/cmdline`), () => "")
      )
      assert.deepStrictEqual(commands.filter((command) => command.includes(`${directory}/agent.mjs\0--wait`)), [])
    }))
})
