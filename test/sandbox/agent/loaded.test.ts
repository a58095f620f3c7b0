/** What the built-in agent loads before a round: a person waits for it, and it takes processor time in every session. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { run } from "../Processes.ts"

const built = fileURLToPath(new URL("../../../dist/sandbox/", import.meta.url))

/** Waits for a round that does not come, and tells at its end which of node's modules were loaded. */
const telling = (program: string) => `
  process.argv[2] = "--wait"
  process.on("exit", () => process.stdout.write(process.moduleLoadList.join("\\n")))
  import(${JSON.stringify(program)})
`

layer(NodeContext.layer, { excludeTestServices: true })("the built-in agent before a round", (it) => {
  it.scoped("has loaded node's http, and neither https nor fetch", () =>
    Effect.gen(function*() {
      const { output } = yield* run("bash", [
        "-c",
        "exec node -e \"$0\" agent </dev/null",
        telling(`${built}/agent.mjs`)
      ])
      const loaded = output.split("\n")
      assert.include(loaded, "NativeModule http")
      for (const name of ["https", "internal/deps/undici/undici"]) {
        assert.notInclude(loaded, `NativeModule ${name}`)
      }
    }))

  it.scoped("needs neither the protocol's library nor what that needs", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const agent = yield* fs.readFileString(`${built}/agent.mjs`)
      assert.include(agent, "node_modules/effect/")
      assert.notMatch(agent, /node_modules\/(?:zod|@agentclientprotocol)\//)
      // where the editor's side is
      assert.match(yield* fs.readFileString(`${built}/agent-AcpServer.mjs`), /node_modules\/@agentclientprotocol\//)
    }))
})
