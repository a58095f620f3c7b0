/**
 * A round that nobody asked for: what a round runs is compiled when it runs for the first time, which takes as long as the round
 * itself. A host that waits for its round does that before: with a repository, a home and a model of its own, which are gone
 * afterwards. Nothing of it reaches the gateway, the workspace or the output.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import type { AddressInfo, Server } from "node:net"
import { Writable } from "node:stream"
import { messagesPath } from "../../src/domain/AgentMessages.ts"
import * as GatewayBridge from "../GatewayBridge.ts"

/** It is given up then, and the round goes without. */
const longest = "10 seconds"

const text = "one\ntwo\nthree\n"

/** What the model says, one after the other. */
const replies = [
  [{ type: "tool_use", id: "1", name: "edit", input: { action: "replace", path: "file", old: "two", new: "2" } }],
  [{ type: "text", text: "The second line is 2 now." }]
]

const replyTo = (count: number) => {
  const content = replies[Math.min(count, replies.length - 1)]
  return { content, stop_reason: "end_turn", usage: { input_tokens: 1, output_tokens: 1 } }
}

/** The gateway's side: the model, and no messages to the agent. */
const answering = (): Http.RequestListener => {
  let count = 0
  return (request, response) => {
    request.resume().on("end", () => {
      const answer = request.url?.startsWith(messagesPath) === true ? [] : replyTo(count++)
      // to tell it takes node 5 ms
      response.sendDate = false
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer))
    })
  }
}

/** Listens for the lifetime of the scope. */
const listening = (make: () => Server) =>
  Effect.acquireRelease(
    Effect.async<Server>((resume) => {
      const server = make()
      server.on("error", (error) => resume(Effect.die(error)))
      server.once("listening", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )

const portOf = (address: AddressInfo | string | null) =>
  address === null || typeof address === "string" ? 0 : address.port

/** Runs the round in a place that is made for it. It always succeeds. */
export const run = <A, E>(round: (stdout: () => Writable) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const place = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-rehearsal-" })
    const repository = `${place}/repo`
    yield* fs.makeDirectory(repository)
    yield* fs.writeFileString(`${repository}/file`, text)
    yield* fs.writeFileString(`${place}/prompt.md`, "Make the second line 2.\n")
    const socket = `${place}/gateway.sock`
    yield* listening(() => Http.createServer(answering()).listen(socket))
    const bridge = yield* listening(() => GatewayBridge.open(socket, `${place}/port`))
    const gateway = `http://127.0.0.1:${portOf(bridge.address())}`
    const output = new Writable({ write: (_chunk, _encoding, done) => done() })
    const settings = ConfigProvider.fromMap(
      new Map([
        ["ANTHROPIC_API_KEY", "none"],
        ["ANTHROPIC_BASE_URL", gateway],
        ["HOME", place],
        ["OPENTL_AGENT_DIALECT", "anthropic"],
        ["OPENTL_AGENT_MODEL", "none"],
        ["OPENTL_ANSWER_FILE", `${place}/answer.md`],
        ["OPENTL_GATEWAY_URL", gateway],
        ["OPENTL_PROMPT_FILE", `${place}/prompt.md`],
        ["PWD", repository]
      ])
    )
    yield* Effect.withConfigProvider(round(() => output), settings)
  }).pipe(
    Effect.scoped,
    Effect.timeout(longest),
    Effect.catchAllCause(() => Effect.void)
  )
