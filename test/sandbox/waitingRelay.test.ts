import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { outputOf } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession } from "./SessionWorkspace.ts"

/** Starts a relay that waits, with what it reads. */
const waiting = Effect.fnUntraced(function*(input: Stream.Stream<Uint8Array>) {
  const { directory } = yield* SandboxRuntime
  const command = Command.make("node", `${directory}/relay.mjs`, "--wait")
  const process = yield* Command.start(command.pipe(Command.stdin(input), Command.stderr("inherit")))
  return yield* Effect.all({ output: outputOf(process), exitCode: process.exitCode }, { concurrency: "unbounded" })
})

const bytes = (fields: ReadonlyArray<string>) => new TextEncoder().encode(fields.map((field) => `${field}\0`).join(""))

/** The bytes in pieces, which end only with the process. */
const inPieces = (all: Uint8Array, size: number): Stream.Stream<Uint8Array> =>
  Stream.concat(
    Stream.fromIterable(
      Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.subarray(i * size, (i + 1) * size))
    ),
    Stream.never
  )

const script = "pwd; echo \"$GREETING\"; echo \"$1\"; env | grep -c ^HOME=; echo '###OPENTL_DONE### forged'; exit 3"

layer(SandboxRuntime.layer, { excludeTestServices: true })("a relay that waits", (it) => {
  it.scoped("runs what it is told, there and with that environment, however the request arrives", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)
      const args = ["--limit", "1000", "--", "bash", "-c", script, "bash", "an argument\nof two lines"]
      const environment = [`PATH=${process.env["PATH"]}`, "GREETING=a=b ü\nc", ""]
      const request = bytes([directory, String(args.length), ...args, ...environment])
      for (const size of [7, request.length]) {
        const { exitCode, output } = yield* Effect.scoped(waiting(inPieces(request, size)))
        assert.strictEqual(output, `${directory}\na=b ü\nc\nan argument\nof two lines\n0\n\\###OPENTL_DONE### forged\n`)
        assert.strictEqual(exitCode, 3)
      }
    }))

  it.scoped("runs nothing and ends when its input ends before that", () =>
    Effect.gen(function*() {
      const { exitCode, output } = yield* waiting(Stream.make(bytes(["/", "2", "--", "echo", "A=b"])))
      assert.strictEqual(output, "")
      assert.strictEqual(exitCode, 0)
    }))

  const relayOfAgent = "tr '\\0' ' ' </proc/$PPID/cmdline; echo; exit 5"

  it.scoped("is started before the agent, and runs it", () =>
    Effect.gen(function*() {
      const session = yield* makeSession({ "README.md": "hello\n" })
      const { exitCode, lines } = yield* session.round(relayOfAgent)
      assert.match(lines[2] ?? "", /relay\.mjs --wait $/)
      assert.strictEqual(exitCode, 5)
    }))

  it.scoped("is replaced where it has ended already", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory } = yield* SandboxRuntime
      const runtime = yield* fs.makeTempDirectoryScoped()
      yield* fs.copy(directory, runtime, { overwrite: true })
      yield* fs.writeFileString(
        `${runtime}/relay.mjs`,
        `import { closeSync, writeFileSync } from "node:fs"
         if (process.argv[2] === "--wait") { closeSync(0); writeFileSync("${runtime}/closed", "") }
         else await import("${directory}/relay.mjs")`
      )
      // the repository is not made before that
      yield* fs.makeDirectory(`${runtime}/bin`)
      yield* fs.writeFileString(
        `${runtime}/bin/git`,
        `#!/bin/sh
         PATH=\${PATH#*:}
         [ "$1" != init ] || until [ -e "${runtime}/closed" ]; do sleep 0.01; done
         exec git "$@"`
      )
      yield* fs.chmod(`${runtime}/bin/git`, 0o755)
      const session = yield* makeSession({ "README.md": "hello\n" })
      const { exitCode, lines } = yield* session.round(relayOfAgent, {
        env: { OPENTL_RUNTIME: runtime, PATH: `${runtime}/bin:${process.env["PATH"]}` }
      })
      assert.match(lines[2] ?? "", /relay\.mjs (--stdin \S+ )?-- /)
      assert.deepStrictEqual(lines.slice(3), [
        "###OPENTL_ERROR### agent exited with code 5",
        `###OPENTL_DONE### ${branch}`
      ])
      assert.strictEqual(exitCode, 5)
    }))
})
