/** The end of an agent's host, in the real entrypoint: its round goes on when it has told its exit code, or has ended without. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession } from "./SessionWorkspace.ts"

/** A round whose host is this program instead. */
const roundOf = Effect.fn(function*(host: string) {
  const fs = yield* FileSystem.FileSystem
  const { directory } = yield* SandboxRuntime
  const session = yield* makeSession({ "README.md": "hello\n" })
  const runtime = `${session.workspace}/../runtime`
  yield* fs.copy(directory, runtime)
  yield* fs.writeFileString(
    `${runtime}/agent.mjs`,
    `import { existsSync, writeSync } from "node:fs"
     const [, , , ...words] = process.argv
     const tell = (text) => words.includes("--tell") && writeSync(4, text)
     const whenPacked = (then) => setInterval(() => existsSync("${session.workspace}/out/result.json") && then(), 5)
     process.stdin.once("data", () => { ${host} })`
  )
  const round = yield* session.round("", { env: { OPENTL_AGENT: "opentl", OPENTL_RUNTIME: runtime } })
  return round
})

layer(SandboxRuntime.layer, { excludeTestServices: true })("a round whose host", (it) => {
  it.scoped("has told its exit code is committed and packed before the host's end, and ends after it", () =>
    Effect.gen(function*() {
      const { exitCode, lines, result } = yield* roundOf(
        "tell('3\\n'); whenPacked(() => setTimeout(() => { console.log('the host ends'); process.exit(0) }, 300))"
      )
      assert.strictEqual(exitCode, 3)
      assert.strictEqual(result?.exit_code, 3)
      assert.deepStrictEqual(lines.slice(-2), ["the host ends", `###OPENTL_DONE### ${branch}`])
    }))

  for (
    const [how, host, code] of [
      ["ends without a word", "process.exit(4)", 4],
      ["is killed", "process.kill(process.pid, 'SIGKILL')", 137],
      ["tells something else", "tell('all is well\\n'); process.exit(1)", 1],
      ["tells it without the line's end", "tell('5'); process.exit(6)", 6]
    ] as const
  ) {
    it.scoped(`${how} ends with the host's own exit code`, () =>
      Effect.gen(function*() {
        const { exitCode, result } = yield* roundOf(host)
        assert.strictEqual(Number(exitCode), code)
        assert.strictEqual(result?.exit_code, code)
      }))
  }
})
