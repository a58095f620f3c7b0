/** What a person is told of what is logged, and where the rest of it is. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Logging from "../../src/cli/Logging.ts"
import { Stdio } from "../../src/cli/terminal/Stdio.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { makeProcess } from "./Harness.ts"

const said = Effect.gen(function*() {
  yield* Effect.logDebug("a detail")
  yield* Effect.logInfo("taken up 1 session")
  yield* Effect.logWarning("a sandbox may be left running:\nthe engine is away")
  yield* Effect.logError("step RunAgent died", Cause.die(new Error("no luck\x1b[2J")))
}).pipe(Effect.annotateLogs("sessionId", "0123456789ab"))

const logged = (options: Logging.LoggingOptions, tty: boolean) => {
  const { process, stderr } = makeProcess([], { tty })
  return Effect.provide(said, Logging.layer(options)).pipe(
    Effect.provide(Stdio.layer(process)),
    Effect.as(() => stderr.text),
    Effect.map((text) => text().replace(/\x1b\[[0-9;]*m/g, ""))
  )
}

describe("what is logged", () => {
  it.effect("is for a person a readable line for each warning, and nothing else", () =>
    Effect.gen(function*() {
      for (const tty of [true, false]) {
        assert.strictEqual(
          yield* logged({ isServer: false, isVerbose: false }, tty),
          "warning: a sandbox may be left running: the engine is away\n" +
            "warning: step RunAgent died: Error: no luck\n"
        )
      }
    }))

  it.effect("is for a server's operator a line with the time at a terminal, and logfmt elsewhere", () =>
    Effect.gen(function*() {
      const lines = (yield* logged({ isServer: true, isVerbose: false }, true)).split("\n")
      assert.match(lines[0] ?? "", /^\d\d:\d\d:\d\d info {2}taken up 1 session sessionId=0123456789ab$/)
      assert.match(lines[1] ?? "", /^\d\d:\d\d:\d\d warn {2}a sandbox may be left running: the engine is away session/)
      assert.notMatch(lines.join("\n"), /fiber|timestamp/)
      assert.match(yield* logged({ isServer: true, isVerbose: false }, false), /^timestamp=\S+ level=INFO fiber=#\d+ /)
    }))

  it.effect("is shown as it was written to who asks for it", () =>
    Effect.gen(function*() {
      const all = yield* Logger.withMinimumLogLevel(logged({ isServer: false, isVerbose: true }, false), LogLevel.Debug)
      assert.match(all, /level=INFO fiber=#\d+ message="taken up 1 session"/)
    }))

  it("is told by its message, whatever it is", () => {
    const sentence = (...message: ReadonlyArray<unknown>) => Logging.sentence({ message, cause: Cause.empty })
    assert.strictEqual(sentence("one", "two"), "one two")
    const error = new StoreError({ operation: "read a session", cause: undefined })
    assert.strictEqual(sentence(error), error.message)
    assert.strictEqual(sentence({ a: 1 }), "{ \"a\": 1 }")
  })

  it.scopedLive("is kept in the data directory where the work is done here, in a file that stays small", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = `${yield* fs.makeTempDirectoryScoped()}/data`
      const file = `${dataDir}/${Logging.fileName}`
      const work = Effect.scoped(Effect.zipRight(Logging.toFile(dataDir), said))
      yield* work
      const first = yield* fs.readFileString(file)
      assert.match(first, /message="taken up 1 session" sessionId=0123456789ab/)
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      yield* work
      assert.isAbove((yield* fs.readFileString(file)).length, first.length)
      yield* fs.writeFileString(file, "x".repeat(2_000_000))
      yield* work
      assert.isBelow((yield* fs.readFileString(file)).length, 10_000)
      assert.sameMembers(yield* fs.readDirectory(dataDir), [Logging.fileName, `${Logging.fileName}.old`])
    }).pipe(Effect.provide(Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger)))))

  it.scopedLive("keeps nobody from working where the file cannot be written", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      yield* Effect.scoped(Effect.zipRight(Logging.toFile(`${file}/data`), Effect.logInfo("at work")))
    }).pipe(Effect.provide(Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger)))))
})
