import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { outputOf, run, start } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"

const relayArguments = (args: ReadonlyArray<string>) =>
  Effect.map(SandboxRuntime, ({ directory }) => [`${directory}/relay.mjs`, ...args])

const relay = (...args: ReadonlyArray<string>) => Effect.flatMap(relayArguments(args), (all) => run("node", all))

const relayScript = (script: string) => relay("--", "bash", "-c", script)

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `o${index + 1}\ne${index + 1}\n`).join("")

layer(SandboxRuntime.layer, { excludeTestServices: true })("relay.mjs", (it) => {
  it.effect("keeps the order of stdout and stderr", () =>
    Effect.gen(function*() {
      const { exitCode, output } = yield* relayScript("for i in {1..300}; do echo o$i; echo e$i >&2; done")
      assert.strictEqual(output, numbered(300))
      assert.strictEqual(exitCode, 0)
    }))

  it.effect("escapes markers, on stdout as on stderr", () =>
    Effect.gen(function*() {
      const { output } = yield* relayScript("echo '###OPENTL_DONE### a'; echo '###OPENTL_DONE### b' >&2")
      assert.strictEqual(output, "\\###OPENTL_DONE### a\n\\###OPENTL_DONE### b\n")
    }))

  it.effect("passes a line of 3 MB and adds the last line feed", () =>
    Effect.gen(function*() {
      const { output } = yield* relayScript("head -c 3000000 /dev/zero | tr '\\0' x")
      assert.strictEqual(output, `${"x".repeat(3_000_000)}\n`)
    }))

  it.effect("gives the command a stdout and stderr that can be opened by name", () =>
    Effect.gen(function*() {
      const { exitCode, output } = yield* relayScript("echo a > /dev/stdout; echo b > /dev/stderr")
      assert.strictEqual(output, "a\nb\n")
      assert.strictEqual(exitCode, 0)
    }))

  it.effect("feeds a file to the command's stdin, and nothing without one", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      yield* fs.writeFileString(file, "the $(id -u) prompt")
      assert.strictEqual((yield* relay("--stdin", file, "--", "cat")).output, "the $(id -u) prompt\n")
      assert.strictEqual((yield* relay("--", "cat")).output, "")
    }).pipe(Effect.scoped))

  it.effect("ends with the command's exit code, or 128 and the signal", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* relayScript("exit 42")).exitCode, 42)
      assert.strictEqual((yield* relayScript("kill -KILL $$")).exitCode, 137)
    }))

  it.effect("ends a command that prints more than its limit, and passes on enough to show it", () =>
    Effect.gen(function*() {
      const limited = (script: string) => relay("--limit", "1000", "--", "bash", "-c", script)
      const { exitCode, output } = yield* limited("echo first; yes; echo never")
      assert.strictEqual(exitCode, 137)
      assert.isTrue(output.startsWith("first\ny\n"))
      assert.isAbove(output.length + 64 * (output.split("\n").length - 1), 1000)
      assert.strictEqual((yield* limited("tr '\\0' x </dev/zero")).exitCode, 137)
      const within = yield* limited("for i in {1..10}; do echo; done; exit 3")
      assert.deepStrictEqual([within.exitCode, within.output], [3, "\n".repeat(10)])
    }))

  it.effect("says when there is no such command, and how it is called", () =>
    Effect.gen(function*() {
      const missing = yield* relay("--", "no-such-command")
      assert.strictEqual(missing.exitCode, 127)
      assert.include(missing.output, "relay: cannot run \"no-such-command\"")
      assert.strictEqual((yield* relay("bash")).exitCode, 64)
    }))

  it.effect("does not wait for processes that outlive the command", () =>
    Effect.gen(function*() {
      const inGroup = yield* relayScript("sleep 1000 & echo started")
      assert.strictEqual(inGroup.output, "started\n")
      const outside = yield* relayScript("setsid sleep 1000 & echo $!")
      assert.strictEqual((yield* run("kill", [outside.output.trim()])).exitCode, 0, "it was alive")
    }))

  it.effect("ends with a command that has closed its output, without waiting for more", () =>
    Effect.gen(function*() {
      const script = "echo done; exec >&- 2>&-; sleep 0.2"
      const { exitCode, output } = yield* relay("--silence", "600000", "--", "bash", "-c", script)
      assert.deepStrictEqual([exitCode, output], [0, "done\n"])
    }))

  it.scoped("passes output on before the line ends, and a SIGTERM to the whole group", () =>
    Effect.gen(function*() {
      const args = yield* relayArguments(["--", "bash", "-c", "printf 'name? '; sleep 1000"])
      const process = yield* start("node", args)
      const seen = yield* process.stdout.pipe(
        Stream.decodeText(),
        Stream.takeUntil((text) => text.includes("? ")),
        Stream.tap(() => process.kill("SIGTERM")),
        Stream.mkString
      )
      assert.strictEqual(seen, "name? ")
      assert.strictEqual(yield* process.exitCode, 143)
    }))

  it.scoped("kills after five seconds what ignores SIGTERM", () =>
    Effect.gen(function*() {
      const args = yield* relayArguments(["--", "bash", "-c", "trap '' TERM; echo ready; sleep 1000; sleep 1000"])
      const process = yield* start("node", args)
      yield* process.stdout.pipe(Stream.decodeText(), Stream.take(1), Stream.runDrain)
      yield* process.kill("SIGTERM")
      assert.strictEqual(yield* process.exitCode, 137)
    }))

  it.scoped("ends the command when nobody reads any more", () =>
    Effect.gen(function*() {
      const { directory } = yield* SandboxRuntime
      const script = "node \"$0/relay.mjs\" -- yes | head -n 1; echo \"${PIPESTATUS[0]}\""
      const process = yield* start("bash", ["-c", script, directory])
      assert.strictEqual(yield* outputOf(process), "y\n141\n")
    }))
})
