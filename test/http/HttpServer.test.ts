import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import * as Net from "node:net"
import { Sessions } from "../../src/actors/sessions/Sessions.ts"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { EventsGroup, SessionsGroup } from "../../src/http/Api.ts"
import * as ApiErrors from "../../src/http/ApiErrors.ts"
import { Authorization } from "../../src/http/Authorization.ts"
import * as EventsHttp from "../../src/http/EventsHttp.ts"
import { urlOf } from "../../src/http/HttpServer.ts"
import * as SessionsHttp from "../../src/http/SessionsHttp.ts"
import { ApiTokens } from "../../src/services/config/ApiTokens.ts"
import { layerConfig } from "../support/TestConfig.ts"
import * as Feeds from "./Feeds.ts"
import {
  bodyOf,
  errorOf,
  event,
  follow,
  get,
  id,
  layer,
  post,
  send,
  serve,
  serverOf,
  session,
  token
} from "./TestServer.ts"

/** A server that the test ends itself. */
const start = (...parameters: Parameters<typeof layer>) =>
  Effect.gen(function*() {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const server = serverOf(yield* Layer.buildWithScope(layer(...parameters), scope))
    return { server, stop: Scope.close(scope, Exit.void) }
  })

const refused = (server: { readonly port: number }) =>
  Effect.async<boolean>((resume) => {
    const request = Http.get({ port: server.port, host: "127.0.0.1", agent: false })
    request.on("response", () => resume(Effect.succeed(false)))
    request.on("error", () => resume(Effect.succeed(true)))
  })

describe("HttpLive", () => {
  it.scopedLive("ends event streams and idle connections at once when it is let go", () =>
    Effect.gen(function*() {
      const { server, stop } = yield* start({
        get: () => Effect.succeed(session()),
        events: () => Stream.concat(Stream.make(event(1)), Stream.never)
      })
      const following = yield* follow(server, `/api/sessions/${id}/events`)
      const agent = new Http.Agent({ keepAlive: true })
      yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
      yield* Effect.async<void>((resume) => {
        Http.get({ port: server.port, host: "127.0.0.1", path: "/health", agent }, (response) => {
          response.resume()
          response.on("end", () => resume(Effect.void))
        })
      })
      // browsers hold connections in reserve that have not carried a request yet
      yield* Effect.acquireRelease(
        Effect.async<Net.Socket>((resume) => {
          const socket = Net.connect(server.port, "127.0.0.1", () => resume(Effect.succeed(socket)))
        }),
        (socket) => Effect.sync(() => socket.destroy())
      )
      const first = yield* Deferred.make<void>()
      const received = yield* following.text.pipe(
        Stream.tap((text) => text.includes("id: 1\n") ? Deferred.succeed(first, undefined) : Effect.void),
        Stream.runCollect,
        Effect.fork
      )
      yield* Deferred.await(first)
      const [duration] = yield* Effect.timed(stop)
      assert.isBelow(Duration.toMillis(duration), 2000, "well before anything is cut off")
      // ended, not broken: the client may come back with what it has seen
      assert.include(Array.from(yield* Fiber.join(received)).join(""), "id: 1\n")
      assert.isTrue(yield* refused(server))
    }))

  it.scopedLive("finishes running requests before it releases the sessions", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const { server, stop } = yield* start({
        stop: () =>
          Effect.as(
            Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(finish)),
            session({ status: "cancelled" })
          )
      })
      const answering = yield* Effect.fork(post(server, `/api/sessions/${id}/stop`))
      yield* Deferred.await(asked)
      const stopping = yield* Effect.fork(stop)
      yield* Effect.repeat(refused(server), { until: (refused) => refused })
      yield* Deferred.succeed(finish, undefined)
      assert.strictEqual((yield* Fiber.join(answering)).status, 200)
      yield* Fiber.join(stopping)
    }))

  it.scoped("cuts off after five seconds what does not finish", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const { server, stop } = yield* start({
        stop: () => Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)
      })
      const answering = yield* Effect.fork(Effect.exit(post(server, `/api/sessions/${id}/stop`)))
      yield* Deferred.await(asked)
      const stopping = yield* Effect.fork(stop)
      const steps = Effect.zipRight(
        TestClock.adjust("100 millis"),
        Effect.promise(() => new Promise((go) => setImmediate(go)))
      )
      yield* Effect.raceFirst(Fiber.join(stopping), Effect.forever(steps))
      assert.isTrue(Exit.isFailure(yield* Fiber.join(answering)))
      const elapsed = yield* TestClock.currentTimeMillis
      assert.isAtLeast(elapsed, 5000)
      assert.isBelow(elapsed, 9000)
    }))

  it.scopedLive("says in one line that the port is taken", () =>
    Effect.gen(function*() {
      const { port } = yield* serve({})
      const error = yield* Effect.flip(Layer.build(layer({}, { config: { address: { host: "127.0.0.1", port } } })))
      assert.strictEqual(error._tag, "ListenFailed")
      assert.strictEqual(
        error.message,
        `cannot listen on 127.0.0.1:${port}: another program, perhaps another opentl serve, already listens there; set OPENTL_ADDR to another address`
      )
    }))

  it.scopedLive("says in one line that there is no such address", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Layer.build(layer({}, { config: { address: { host: "192.0.2.1", port: 0 } } })))
      assert.include(error.message, "cannot listen on 192.0.2.1:0: this machine has no such address")
    }))

  it.scopedLive("listens on IPv6, too", () =>
    Effect.gen(function*() {
      const context = yield* Layer.build(layer({}, { config: { address: { host: "::1", port: 0 } } }))
      const { address } = Context.get(context, HttpServer.HttpServer)
      assert.strictEqual(address._tag, "TcpAddress")
      const url = urlOf(address)
      assert.match(url, /^http:\/\/\[::1\]:\d+$/)
      const status = yield* Effect.async<number>((resume) => {
        Http.get(`${url}/health`, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode ?? 0))
        })
      })
      assert.strictEqual(status, 200)
    }))

  it.scopedLive("serves many at once", () =>
    Effect.gen(function*() {
      const server = yield* serve({ get: () => Effect.succeed(session()) })
      const answers = yield* Effect.forEach(Array.from({ length: 200 }), () => get(server, `/api/sessions/${id}`), {
        concurrency: 50
      })
      assert.isTrue(answers.every(({ status }) => status === 200))
    }))

  it.scopedLive("goes on after a client that breaks off in the middle of its body", () =>
    Effect.gen(function*() {
      const server = yield* serve({})
      yield* Effect.async<void>((resume) => {
        const request = Http.request({
          port: server.port,
          host: "127.0.0.1",
          path: "/api/sessions",
          method: "POST",
          agent: false,
          headers: { authorization: "Bearer s3cret", "content-type": "application/json", "content-length": 1000 }
        })
        request.on("error", () => resume(Effect.void))
        request.write("{", () => request.destroy(new Error("gone")))
      })
      assert.strictEqual((yield* send(server, "/health")).status, 200)
    }))
})

describe("the API's groups", () => {
  it.scopedLive("can be mounted in a server of one's own", () =>
    Effect.gen(function*() {
      class Mine extends HttpApi.make("mine")
        .add(HttpApiGroup.make("own").add(HttpApiEndpoint.get("hello", "/hello").addSuccess(Schema.String)))
        .add(SessionsGroup)
        .add(EventsGroup)
      {}
      const api = HttpApiBuilder.api(Mine).pipe(
        Layer.provide([
          HttpApiBuilder.group(Mine, "own", (group) => group.handle("hello", () => Effect.succeed("world"))),
          HttpApiBuilder.group(Mine, "sessions", SessionsHttp.handlers),
          HttpApiBuilder.group(Mine, "events", EventsHttp.handlers)
        ]),
        Layer.provide(Authorization.layer),
        Layer.provide(ApiErrors.layer),
        Layer.provide(ApiTokens.layerOf([{ name: "ci", token: Redacted.make(token) }])),
        Layer.provide(layerConfig()),
        Layer.provide(Feeds.layer({ events: () => Stream.make(event(1)) })),
        Layer.provide(Layer.mock(Sessions, {
          get: (asked) => asked === id ? Effect.succeed(session()) : new SessionNotFound({ id: asked })
        }))
      )
      const context = yield* Layer.build(
        HttpApiBuilder.serve().pipe(
          Layer.provide(api),
          Layer.provideMerge(NodeHttpServer.layer(Http.createServer, { port: 0, host: "127.0.0.1" }))
        )
      )
      const server = serverOf(context)
      assert.strictEqual((yield* get(server, "/hello")).text, "\"world\"")
      assert.deepInclude(bodyOf(yield* get(server, `/api/sessions/${id}`)), { id })
      assert.strictEqual((yield* send(server, `/api/sessions/${id}`)).status, 401)
      assert.deepInclude(errorOf(yield* get(server, "/api/sessions/ffffffffffff")), {
        status: 404,
        code: "SessionNotFound"
      })
      assert.deepInclude(errorOf(yield* get(server, "/api/sessions?limit=0")), { status: 400, code: "InvalidRequest" })
      assert.include((yield* get(server, `/api/sessions/${id}/events`)).text, "id: 1\n")
    }))
})
