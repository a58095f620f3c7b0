/** The program's ends: standard streams, the line at the bottom, the pager, the server's signals. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { commands } from "../../../src/cli/AllCommands.ts"
import { program } from "../../../src/cli/Cli.ts"
import type { Serving } from "../../../src/cli/Program.ts"
import { announcement } from "../../../src/cli/ServeCommand.ts"
import * as LiveLine from "../../../src/cli/terminal/LiveLine.ts"
import { Stdio } from "../../../src/cli/terminal/Stdio.ts"
import { screen } from "../../support/Screen.ts"
import { makeProcess, partsDouble, runCli, session, type Setting, withEnvironment } from "../Harness.ts"

/** What a terminal shows of it: the kernel makes a new line of a line feed. */
const shown = (text: string) => screen(text.replaceAll("\n", "\r\n"), 40)

const withStdio = (setting: Setting) => {
  const fake = makeProcess([], setting)
  return { ...fake, layer: Stdio.layer(fake.process) }
}

describe("Stdio", () => {
  it.effect("reads all of standard input, in whatever pieces it comes", () => {
    const { layer, stdin } = withStdio({})
    return Effect.gen(function*() {
      const stdio = yield* Stdio
      const all = yield* Effect.fork(stdio.readAll)
      yield* Effect.yieldNow()
      const bytes = Buffer.from("grün\r\nzwei\nrest")
      stdin.write(bytes.subarray(0, 3))
      stdin.end(bytes.subarray(3))
      assert.strictEqual(yield* Fiber.join(all), "grün\r\nzwei\nrest")
      assert.strictEqual(yield* stdio.readAll, "")
    }).pipe(Effect.provide(layer))
  })
})

describe("LiveLine", () => {
  it.scoped("stands below what is printed, and is gone in the end", () => {
    const { layer, stderr, stdout } = withStdio({ tty: true, columns: 40 })
    return Effect.gen(function*() {
      const stdio = yield* Stdio
      yield* Effect.scoped(Effect.gen(function*() {
        const live = yield* LiveLine.make
        yield* live.say("round 1: \x1b[2Jagent starts in the docker sandbox")
        yield* TestClock.adjust("2 seconds")
        yield* stdio.out("printed\n")
        yield* stdio.err("told\n")
        assert.match(shown(stderr.text).at(-1) ?? "", /^. round 1: agent starts in the docker…$/)
      }))
      assert.strictEqual(stdout.text, "printed\n")
      assert.notInclude(stderr.text, "\x1b[2J")
      assert.deepStrictEqual(shown(stderr.text), ["told", ""])
    }).pipe(Effect.provide(layer))
  })

  it.scoped("is nowhere where there is no terminal", () => {
    const { layer, stderr, stdout } = withStdio({})
    return Effect.gen(function*() {
      const stdio = yield* Stdio
      const live = yield* LiveLine.make
      yield* live.say("working")
      yield* TestClock.adjust("2 seconds")
      yield* stdio.out("printed\n")
      assert.strictEqual(stdout.text + stderr.text, "printed\n")
    }).pipe(Effect.provide(layer))
  })
})

describe("the pager", () => {
  it.scoped("is given the diff", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const pager = `${directory}/pager`
      yield* fs.writeFileString(pager, `#!/bin/sh\ncat > ${directory}/shown\n`)
      yield* fs.chmod(pager, 0o755)
      const setting: Setting = {
        sessions: { find: () => Effect.succeed(session()), diff: () => Effect.succeed("+new\n") },
        tty: true,
        environment: { PAGER: pager, NO_COLOR: "1" }
      }
      const { code, out } = yield* runCli(["diff", "0123"], setting)
      assert.strictEqual(code, 0)
      assert.strictEqual(out, "")
      assert.strictEqual(yield* fs.readFileString(`${directory}/shown`), "+new\n")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("may be missing, and may be left early", () =>
    Effect.gen(function*() {
      const diff = "+new\n".repeat(100_000)
      const sessions = { find: () => Effect.succeed(session()), diff: () => Effect.succeed(diff) }
      const missing = yield* runCli(["diff", "0123"], {
        sessions,
        tty: true,
        environment: { PAGER: "/nonexistent", NO_COLOR: "1" }
      })
      assert.deepStrictEqual(missing, { code: 0, out: diff, err: "" })
      const left = yield* runCli(["diff", "0123"], { sessions, tty: true, environment: { PAGER: "true" } })
      assert.deepStrictEqual(left, { code: 0, out: "", err: "" })
    }))
})

describe("serve", () => {
  const serving = {
    url: "http://127.0.0.1:7080",
    dataDir: "/data",
    sandbox: "docker",
    token: "/data/token",
    bots: [{ platform: "slack", people: 0, channels: 0 }] as const
  }

  const started = (release: Effect.Effect<void>) =>
    Effect.gen(function*() {
      const { process, stderr, stdout } = makeProcess(["serve"], {})
      const up = yield* Deferred.make<void>()
      const parts = partsDouble({
        parts: {
          serve: Effect.acquireRelease(Effect.succeed(serving), () => release).pipe(
            Effect.tap(() => Deferred.succeed(up, undefined))
          )
        }
      })
      const fiber = yield* program(process, parts, commands).pipe(withEnvironment(), Effect.fork)
      yield* Deferred.await(up)
      return { fiber, process, stderr, stdout }
    })

  it.effect("says where it is, where its token is and whom it listens to, and exits with 0 on a signal when everything has let go", () =>
    Effect.gen(function*() {
      const released = yield* Ref.make(false)
      const { fiber, process, stderr, stdout } = yield* started(Ref.set(released, true))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(process.exitCode, 0)
      assert.isTrue(yield* Ref.get(released))
      assert.strictEqual(
        stdout.text,
        "opentl serves http://127.0.0.1:7080\n" +
          "  data     /data\n" +
          "  token    /data/token\n" +
          "  sandbox  docker\n" +
          "  slack    open to everyone in the workspace (restrict it with SLACK_ALLOWED_USERS or SLACK_ALLOWED_CHANNELS)\n"
      )
      assert.strictEqual(stderr.text, "")
    }))

  it("says whom each bot listens to", () => {
    const lines = (...bots: Serving["bots"]) => announcement({ ...serving, bots }).trimEnd().split("\n").slice(4)
    assert.deepStrictEqual(lines(), ["  bots     none"])
    assert.deepStrictEqual(
      lines(
        { platform: "slack", people: 2, channels: 1 },
        { platform: "telegram", people: 1, channels: 0 }
      ),
      ["  slack    for 2 people in 1 channel", "  telegram for 1 person"]
    )
    assert.deepStrictEqual(lines({ platform: "telegram", people: 0, channels: 0 }), [
      "  telegram open to nobody yet (allow people with TELEGRAM_ALLOWED_USERS)"
    ])
  })

  it.effect("does not wait for ever for what does not let go", () =>
    Effect.gen(function*() {
      const { fiber, process } = yield* started(Effect.never)
      const ending = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust("8 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(ending)))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(ending)
      assert.strictEqual(process.exitCode, 0)
    }))

  it.effect("fails with one line where it cannot start", () =>
    Effect.gen(function*() {
      const reason = "/data is in use by the server at http://127.0.0.1:1 (process 7)"
      const { code, err, out } = yield* runCli(["serve"], { parts: { serve: Effect.fail({ message: reason }) } })
      assert.deepStrictEqual({ code, err, out }, { code: 1, err: `error: ${reason}\n`, out: "" })
    }))
})
