import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { world } from "./BuiltInRound.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch } from "./SessionWorkspace.ts"

/** An agent whose one command tells how the agent was started. */
const script = [
  { calls: [{ id: "call-1", name: "shell", input: { command: "tr '\\0' ' ' </proc/$PPID/cmdline; echo; pwd" } }] },
  { text: "That is all." }
]

const round = Effect.fn(function*(files: Record<string, string>, environment: Record<string, string> = {}) {
  const { round, session } = yield* world("anthropic", script, files)
  return { ...(yield* round("Tell how you were started.", environment)), session }
})

/** Stands in for npm, and ends the agent that waits. */
const npm = `#!/bin/bash
for each in /proc/[0-9]*; do
  if tr '\\0' ' ' <"$each/cmdline" | grep -q "$OPENTL_RUNTIME/agent.mjs --wait "; then
    kill -9 "\${each#/proc/}"
    echo ended
  fi
done 2>/dev/null
`

layer(SandboxRuntime.layer, { excludeTestServices: true })("the built-in agent, started early", (it) => {
  it.scoped("waits for its repository, and works there", () =>
    Effect.gen(function*() {
      const { exitCode, lines, session, texts } = yield* round({ "README.md": "hello\n" })
      assert.deepStrictEqual(lines.slice(0, 2), [
        "###OPENTL_STATUS### Cloning repository",
        "###OPENTL_STATUS### Running agent (opentl)"
      ])
      assert.match(texts[3] ?? "", /agent\.mjs --wait /)
      assert.strictEqual(texts[4], `  ${session.workspace}/repo`)
      assert.strictEqual(lines.at(-1), `###OPENTL_DONE### ${branch}`)
      assert.strictEqual(exitCode, 0)
    }))

  it.scoped("is started again where an install has ended it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const tools = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${tools}/npm`, npm)
      yield* fs.chmod(`${tools}/npm`, 0o755)
      const { exitCode, lines, texts } = yield* round(
        { "package.json": "{\"dependencies\":{\"a\":\"1\"}}\n" },
        { PATH: `${tools}:${process.env["PATH"]}` }
      )
      const running = lines.indexOf("###OPENTL_STATUS### Running agent (opentl)")
      assert.include(lines.slice(0, running), "ended")
      assert.match(texts[running + 2] ?? "", /agent\.mjs --wait /)
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
