/** The examples of docs/library.md, run. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Http from "node:http"
import type { SessionEventView } from "../../src/index.ts"
import { send, serverOf } from "../http/TestServer.ts"
import { repository, temporary } from "../support/Git.ts"
import { follow } from "./Follow.ts"
import { layerOwnApi } from "./OwnApi.ts"
import { layerOwnProgram } from "./OwnProgram.ts"
import { task } from "./Task.ts"

/** The service that `OwnModel` asks, and what it was asked for. */
const modelService = Effect.gen(function*() {
  const asked = yield* Ref.make<ReadonlyArray<string>>([])
  const Asked = Schema.Struct({ purpose: Schema.String, prompt: Schema.String, schema: Schema.Object })
  const context = yield* Layer.build(NodeHttpServer.layer(Http.createServer, { host: "127.0.0.1", port: 0 }))
  const { address } = Context.get(context, HttpServer.HttpServer)
  const answer = Effect.gen(function*() {
    const { purpose } = yield* HttpServerRequest.schemaBodyJson(Asked)
    yield* Ref.update(asked, (purposes) => [...purposes, purpose])
    const plan = { title: "Look at it", summary: "Nothing else.", steps: ["look"] }
    return yield* HttpServerResponse.json({ answer: plan, input_tokens: 7, output_tokens: 5 })
  })
  yield* Effect.provide(HttpServer.serveEffect(answer), context)
  return { asked, url: `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/` }
})

/** The example's program on directories of the test's own. */
const ownProgram = Effect.gen(function*() {
  const model = yield* modelService
  const environment = new Map([
    ["OPENTL_DATA_DIR", yield* temporary],
    ["OPENTL_SANDBOX", "local"],
    ["OPENTL_AGENT", "command:true"],
    ["OPENTL_API_TOKENS", "ada:s3cret"]
  ])
  const context = yield* Layer.build(layerOwnProgram(model.url)).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(environment))
  )
  return { ...model, context, repo: yield* repository() }
})

/** What an effect prints. */
const printed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const console = yield* Console.consoleWith(Effect.succeed)
    const log = (...args: ReadonlyArray<unknown>) => Effect.sync(() => void lines.push(args.join(" ")))
    const value = yield* Effect.withConsole(effect, { ...console, log })
    return { value, lines }
  })

describe("the examples of docs/library.md", () => {
  it.scopedLive("give a task to a program with a model and a sandbox of one's own", () =>
    Effect.gen(function*() {
      const { asked, context, repo } = yield* ownProgram
      const { lines, value: session } = yield* printed(Effect.provide(task(repo, "Is all well?"), context))
      assert.deepInclude(session, { status: "complete", result: "Nothing has to be done." })
      assert.deepInclude(session.usage, { inputTokens: 7, outputTokens: 5 })
      assert.deepStrictEqual(yield* Ref.get(asked), ["plan"])
      assert.isTrue(lines.some((line) => line.endsWith("output: looking at the task")), lines.join("\n"))
      assert.isTrue(lines.some((line) => line.includes("in the answering sandbox")), lines.join("\n"))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("follow a session from a cursor", () =>
    Effect.gen(function*() {
      const { context, repo } = yield* ownProgram
      const { value: session } = yield* printed(Effect.provide(task(repo, "Is all well?"), context))
      const seen: Array<SessionEventView> = []
      yield* follow(session.id, 3, (event) => Effect.sync(() => void seen.push(event))).pipe(Effect.provide(context))
      assert.deepStrictEqual(seen.map(({ id }) => id), Array.from({ length: session.lastEventId - 3 }, (_, i) => i + 4))
      assert.strictEqual(seen.at(-1)?.detail?.["end"], "complete")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("serve the API beside routes of one's own", () =>
    Effect.gen(function*() {
      const { context, repo } = yield* ownProgram
      const { value: session } = yield* printed(Effect.provide(task(repo, "Is all well?"), context))
      const server = serverOf(
        yield* Layer.build(
          HttpApiBuilder.serve().pipe(
            Layer.provide(layerOwnApi),
            Layer.provideMerge(NodeHttpServer.layer(Http.createServer, { host: "127.0.0.1", port: 0 })),
            Layer.provide(Layer.succeedContext(context))
          )
        )
      )
      const headers = { authorization: "Bearer s3cret" }
      assert.strictEqual((yield* send(server, "/hello")).text, "\"hello\"")
      assert.strictEqual((yield* send(server, "/api/sessions")).status, 401)
      assert.include((yield* send(server, `/api/sessions/${session.id}`, { headers })).text, session.id)
      assert.include((yield* send(server, `/api/sessions/${session.id}/events`, { headers })).text, "id: 1\n")
    }).pipe(Effect.provide(NodeContext.layer)))
})
