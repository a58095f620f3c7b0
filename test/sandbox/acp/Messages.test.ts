/** Messages that come while a hosted agent is at work: its host asks the gateway's socket for them. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as GatewayServer from "../../../src/services/gateway/GatewayServer.ts"
import { SandboxRuntime } from "../SandboxRuntime.ts"
import { said, statuses, world } from "./HostKit.ts"

const limits = { maxConnections: 8, keepAliveMillis: 1000 }

/** A gateway that answers the questions for messages in turn, and keeps them. */
const gateway = Effect.fn("gateway")(function*(...answers: ReadonlyArray<GatewayServer.Reply | "gone">) {
  const fs = yield* FileSystem.FileSystem
  const socket = `${yield* fs.makeTempDirectoryScoped({ prefix: "gw-" })}/gateway.sock`
  const left = [...answers]
  const asked: Array<string> = []
  yield* GatewayServer.serve(socket, {
    request: ({ method, url }) =>
      Effect.sync(() => {
        asked.push(`${method} ${url}`)
        const answer = left.shift() ?? json([])
        // a connection that breaks off in its answer
        return answer === "gone"
          ? { ...json([{ id: "m0", text: "lost" }]), headers: { "content-length": "999" } }
          : answer
      }),
    connect: () => Effect.void
  }, limits)
  return { asked, env: { OPENTL_GATEWAY_SOCKET: socket } }
})

const json = (messages: ReadonlyArray<unknown>) => GatewayServer.text(200, "application/json", JSON.stringify(messages))

layer(SandboxRuntime.layer, { excludeTestServices: true })("the host of an agent", (it) => {
  it.scoped("gives it the messages that came when it has ended its turn, in the same conversation", () =>
    Effect.gen(function*() {
      const { answer, noted, round } = yield* world()
      const { asked, env } = yield* gateway(
        json([{ id: "m1", text: "do: speak" }, { id: "m2", text: "please" }]),
        json([{ id: "m3", text: "do: write speak" }])
      )
      const { exitCode, parsed } = yield* round("do: speak", env)
      assert.strictEqual(exitCode, 0)
      assert.deepStrictEqual(asked, [
        "POST /opentl/messages",
        "POST /opentl/messages?after=m2",
        "POST /opentl/messages?after=m3"
      ])
      assert.deepInclude(yield* noted, { prompt: "do: speak\n\nplease", conversation: 2 })
      assert.deepStrictEqual(said(parsed), ["Said 1.", "Said 2.", "▸ write", "✓ write", "made.txt +1 -0", "Said 3."])
      assert.strictEqual(yield* answer, "Said 1.\n\nSaid 2.\n\nSaid 3.\n")
      assert.notInclude(statuses(parsed).join(), "interrupted")
    }))

  it.scoped("asks again where the answer was lost, and goes on from what its prompt contains", () =>
    Effect.gen(function*() {
      const { noted, round } = yield* world()
      const { asked, env } = yield* gateway("gone", json([{ id: "m1", text: "do: speak" }]))
      const { exitCode } = yield* round("do: speak", { ...env, OPENTL_LAST_MESSAGE: "m0" })
      assert.strictEqual(exitCode, 0)
      assert.deepStrictEqual(asked, [
        "POST /opentl/messages?after=m0",
        "POST /opentl/messages?after=m0",
        "POST /opentl/messages?after=m1"
      ])
      assert.deepInclude(yield* noted, { prompt: "do: speak", conversation: 2 })
    }))

  it.scoped("does without where the gateway does not know the question, or answers something else", () =>
    Effect.gen(function*() {
      for (const answer of [GatewayServer.text(404, "text/plain", "no"), json(["what?"])]) {
        const { round } = yield* world()
        const { asked, env } = yield* gateway(answer)
        assert.strictEqual((yield* round("do: speak", env)).exitCode, 0)
        assert.strictEqual(asked.length, 1)
      }
    }))

  it.scoped("asks for none after a turn that failed: what waits opens the next one", () =>
    Effect.gen(function*() {
      const { round } = yield* world()
      const { asked, env } = yield* gateway(json([{ id: "m1", text: "do: speak" }]))
      assert.strictEqual((yield* round("do:", env)).exitCode, 1)
      assert.deepStrictEqual(asked, [])
    }))

  it.scoped("is done where a message makes the agent fail", () =>
    Effect.gen(function*() {
      const { answer, round } = yield* world()
      const { env } = yield* gateway(json([{ id: "m1", text: "do: error" }]))
      assert.strictEqual((yield* round("do: speak", env)).exitCode, 1)
      assert.strictEqual(yield* answer, "scripted failed: lab 400\n")
    }))
})
