/** `npm run demo` for somebody who reads no further: what it started ends with it. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const root = new URL("../..", import.meta.url).pathname

describe("the demo", () => {
  it.live("leaves no server, no sandbox and no files behind when its output is closed", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      // the shell waits for both ends of the pipe
      const read = yield* Command.make("sh", "-c", "node scripts/demo.mjs | sed '/Running agent/q'").pipe(
        Command.workingDirectory(root),
        Command.env({ OPENTL_SANDBOX: "local" }),
        Command.stderr("inherit"),
        Command.string
      )
      const [, url = ""] = /opentl serves (http:\/\/\S+)/.exec(read) ?? []
      assert.include(read, "Running agent")
      const server = yield* Effect.flip(HttpClient.get(`${url}/health`))
      assert.strictEqual(server._tag, "RequestError")
      const processes = yield* Command.string(Command.make("ps", "-eo", "args"))
      assert.notInclude(processes, `${root}.demo`)
      assert.isFalse(yield* fs.exists(`${root}.demo`))
    }).pipe(Effect.provide(Layer.merge(NodeContext.layer, FetchHttpClient.layer))))
})
