/** A new session's request takes a shorter way than through `HttpApi`, and is answered as if it had not. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import * as Http from "node:http"
import { type CreateOptions, Sessions, SessionUnavailable } from "../../src/actors/sessions/Sessions.ts"
import { type CreateSession, IdempotencyConflict } from "../../src/domain/SessionRequest.ts"
import { layerApi } from "../../src/http/HttpServer.ts"
import { HealthChecks } from "../../src/http/Ready.ts"
import { ApiTokens } from "../../src/services/config/ApiTokens.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { layerConfig } from "../support/TestConfig.ts"
import * as Feeds from "./Feeds.ts"
import {
  agents,
  type Answer,
  authorized,
  id,
  type Request,
  send,
  serve,
  serverOf,
  session,
  token
} from "./TestServer.ts"

/** Does what its prompt says, and remembers who asked. */
const scripted = () => {
  const asked: Array<readonly [CreateSession, CreateOptions]> = []
  const create: Context.Tag.Service<Sessions>["create"] = (request, options) =>
    Effect.gen(function*() {
      asked.push([request, options])
      if (request.prompt === "conflict") return yield* new IdempotencyConflict({ key: "k" })
      if (request.prompt === "unavailable") return yield* new SessionUnavailable({ sessionId: id })
      if (request.prompt === "store") return yield* new StoreError({ operation: "create a session", cause: "no" })
      if (request.prompt === "full") {
        return yield* new StoreError({ operation: "create a session", cause: { code: "SQLITE_FULL" } })
      }
      return { session: session(), replayed: options.idempotencyKey === "again" }
    })
  return { asked, create }
}

/** The same API without this program's pipeline and its shorter way. */
const throughHttpApi = (create: ReturnType<typeof scripted>["create"]) =>
  Effect.map(
    Layer.build(
      HttpApiBuilder.serve().pipe(
        Layer.provide(layerApi),
        Layer.provide([
          Layer.mock(Sessions, { create }),
          Feeds.layer({}),
          ApiTokens.layerOf([{ name: "ci", token: Redacted.make(token) }]),
          agents,
          Layer.succeed(HealthChecks, Effect.succeed([])),
          layerConfig(),
          Logger.minimumLogLevel(LogLevel.None)
        ]),
        Layer.provideMerge(NodeHttpServer.layer(Http.createServer, { port: 0, host: "127.0.0.1" }))
      )
    ),
    serverOf
  )

const json = { ...authorized, "content-type": "application/json" }
const body = (prompt: string) => JSON.stringify({ repo: "owner/name", prompt })

const requests: Readonly<Record<string, Request>> = {
  "a new session": { headers: json, body: body("do it") },
  "a client that names itself": { headers: { ...json, "x-opentl-client": "cli" }, body: body("do it") },
  "a repeated request": { headers: { ...json, "idempotency-key": " again " }, body: body("do it") },
  "a key that is none": { headers: { ...json, "idempotency-key": "é" }, body: body("do it") },
  "no token": { headers: { "content-type": "application/json" }, body: body("do it") },
  "another scheme": { headers: { ...json, authorization: `Basic ${token}` }, body: body("do it") },
  "no token and no JSON": { headers: { "content-type": "text/plain" }, body: "{" },
  "no JSON": { headers: json, body: "{" },
  "no UTF-8": { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) },
  "another type": { headers: { ...authorized, "content-type": "text/plain" }, body: body("do it") },
  "no body": { headers: json },
  "a field of the wrong type": { headers: json, body: JSON.stringify({ repo: "owner/name", prompt: 1 }) },
  "too much": { headers: json, body: " ".repeat(1024 * 1024 + 1) },
  "a conflict": { headers: json, body: body("conflict") },
  "an actor that is gone": { headers: json, body: body("unavailable") },
  "a store that fails": { headers: json, body: body("store") },
  "a full disk": { headers: json, body: body("full") }
}

/** What the pipeline adds to every answer is not the route's. */
const told = ({ headers, status, text }: Answer) => ({
  status,
  text,
  type: headers["content-type"],
  length: headers["content-length"],
  location: headers["location"],
  replay: headers["idempotent-replay"]
})

describe("POST /api/sessions on its shorter way", () => {
  it.scopedLive("asks for the same, and answers the same, as through HttpApi", () =>
    Effect.gen(function*() {
      const [direct, whole] = [scripted(), scripted()]
      const ours = yield* serve({ create: direct.create })
      const theirs = yield* throughHttpApi(whole.create)
      for (const [name, request] of Object.entries(requests)) {
        const options = { ...request, method: "POST" }
        const [path, query] = ["/api/sessions", "/api/sessions?a=1"]
        const expected = told(yield* send(theirs, path, options))
        assert.deepStrictEqual(told(yield* send(ours, path, options)), expected, name)
        assert.deepStrictEqual(told(yield* send(ours, query, options)), expected, name)
      }
      assert.deepStrictEqual(
        direct.asked.filter((_, i) => i % 2 === 0),
        whole.asked
      )
      assert.strictEqual(whole.asked.length, 7)
    }))

  it.scopedLive("is not taken where requests are traced: their spans name the route", () =>
    Effect.gen(function*() {
      const native = Context.get(DefaultServices.liveServices, Tracer.Tracer)
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        },
        context: (run, fiber) => native.context(run, fiber)
      })
      const server = yield* Effect.withTracer(serve({ create: scripted().create }), tracer)
      const answer = yield* send(server, "/api/sessions", { method: "POST", headers: json, body: body("do it") })
      assert.strictEqual(answer.status, 201)
      const routes = spans.map(({ attributes, name }) => [name, attributes.get("http.route")])
      assert.deepInclude(routes, ["http.server POST", "/api/sessions"])
    }))
})
