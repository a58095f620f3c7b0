import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { run } from "../../sandbox/Processes.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { answer, itScoped, messages, sessionId, setUp, tokens } from "./GatewayKit.ts"

describe("Gateway: the socket", () => {
  itScoped("is there while the gateway is open; its directory stays", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { close, dataDir, directory } = yield* setUp(answer)
      assert.strictEqual(directory, `${dataDir}/gateways/${sessionId}`)
      const mode = (path: string) => Effect.map(fs.stat(path), (info) => info.mode & 0o777)
      assert.strictEqual(yield* mode(`${dataDir}/gateways`), 0o700)
      assert.strictEqual(yield* mode(directory), 0o755)
      assert.strictEqual(yield* mode(`${directory}/gateway.sock`), 0o666)
      yield* close
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
    }))

  itScoped("takes the place of a socket that a killed server left", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { close, directory, open, send } = yield* setUp(answer)
      yield* close
      const leave =
        `require("node:net").createServer().listen("${directory}/gateway.sock", () => process.kill(process.pid, 9))`
      yield* run("node", ["-e", leave]).pipe(Effect.ignore)
      assert.deepStrictEqual(yield* fs.readDirectory(directory), ["gateway.sock"])
      yield* open
      assert.strictEqual((yield* send(messages(false))).status, 200)
    }))

  itScoped("closing cuts off whoever is in, after their calls were counted", () =>
    Effect.gen(function*() {
      const { api, close, reports, send } = yield* setUp(() =>
        Effect.succeed(ModelStandIn.text("one two three", { usage: tokens, midway: Effect.never }))
      )
      const response = yield* send(messages(true))
      const reading = yield* Effect.fork(Effect.exit(Stream.runDrain(response.stream)))
      const waiting = yield* Effect.fork(Effect.exit(Effect.flatMap(send(messages(false)), ({ text }) => text)))
      yield* api.awaitCalls(2)
      yield* close
      assert.isTrue(Exit.isFailure(yield* Fiber.join(reading)))
      assert.isTrue(Exit.isFailure(yield* Fiber.join(waiting)))
      // both had gone out
      assert.strictEqual(yield* Queue.size(reports), 2)
    }))

  itScoped(
    "lies below the temporary directory where the data directory's path is too long",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const root = yield* fs.makeTempDirectoryScoped()
        const dataDir = `${root}/${"long".repeat(25)}`
        const { directory, send } = yield* setUp(answer, { config: { dataDir } })
        yield* Effect.addFinalizer(() =>
          Effect.orDie(fs.remove(directory.slice(0, directory.lastIndexOf("/")), { recursive: true }))
        )
        assert.match(directory, new RegExp(`/opentl-[0-9a-f]{16}/${sessionId}$`))
        assert.strictEqual((yield* send(HttpClientRequest.head("/anthropic"))).status, 200)
      })
  )

  itScoped("plain HTTP through the proxy is refused with a sentence", () =>
    Effect.gen(function*() {
      const { directory } = yield* setUp(answer)
      const { output } = yield* run("curl", [
        "-s",
        "--unix-socket",
        `${directory}/gateway.sock`,
        "--request-target",
        "http://example.org/anthropic/v1/models",
        "http://gateway/"
      ])
      assert.strictEqual(output, "Plain HTTP is not allowed: use HTTPS, by CONNECT.\n")
    }))
})
