/** The client against engines that misbehave. How it does with a real one is in DockerSandbox.test.ts. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TarStream from "tar-stream"
import { SessionId } from "../../../../src/domain/Ids.ts"
import * as GatewayServer from "../../../../src/services/gateway/GatewayServer.ts"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { commonVersion } from "../../../../src/services/sandbox/docker/DockerTransport.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { layerConfig, testConfig } from "../../../support/TestConfig.ts"

const json = (status: number, body: unknown) => GatewayServer.text(status, "application/json", JSON.stringify(body))

const engineDied = Stream.fail(new GatewayServer.ConnectionError({ reason: "the engine died" }))

type Answers = (request: GatewayServer.Request) => GatewayServer.Reply

/** An engine that answers as it is told, and what was asked of it. */
const makeEngine = (answers: Answers, version = "1.50") =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "e-" })
    const asked: Array<string> = []
    yield* GatewayServer.serve(`${directory}/docker.sock`, {
      request: (request) =>
        Effect.sync(() => {
          asked.push(`${request.method} ${request.url}`)
          return request.url === "/_ping"
            ? GatewayServer.text(200, "text/plain", "OK", { "api-version": version })
            : answers(request)
        }),
      connect: () => Effect.void
    }, { maxConnections: 20, keepAliveMillis: 1000 })
    const config = layerConfig({
      dataDir: `${directory}/data`,
      docker: { ...testConfig.docker, host: `unix://${directory}/docker.sock` }
    })
    const layer = DockerSandbox.layer.pipe(
      Layer.provide(SandboxRuntime.layer),
      Layer.provideMerge(DockerEngine.layer),
      Layer.provide(config)
    )
    const context = yield* Layer.build(layer)
    return { asked, engine: Context.get(context, DockerEngine), sandbox: Context.get(context, Sandbox) }
  })

const test = <A, E>(name: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.asVoid(Effect.provide(body(), NodeContext.layer)))

const frame = (text: string): Uint8Array => {
  const payload = new TextEncoder().encode(text)
  return Uint8Array.of(1, 0, 0, 0, 0, 0, 0, payload.length, ...payload)
}

describe("DockerEngine", () => {
  test("asks in the newest version that both speak, found out once", () =>
    Effect.gen(function*() {
      const { asked, engine } = yield* makeEngine(() => json(200, {}), "1.41")
      yield* engine.hasImage("a/b:c")
      yield* engine.hasVolume("v")
      assert.deepStrictEqual(asked, ["GET /_ping", "GET /v1.41/images/a/b:c/json", "GET /v1.41/volumes/v"])
    }))

  it.prop(
    "the common version is never newer than either side's",
    [FastCheck.integer({ min: 24, max: 99 })],
    ([minor]) => {
      const common = Number(commonVersion(`1.${minor}`).slice(2))
      assert.isAtMost(common, minor)
      assert.isAtMost(common, 44)
      assert.strictEqual(commonVersion(undefined), "1.41")
      assert.strictEqual(commonVersion("nonsense"), "1.41")
    }
  )

  test("tells failures apart", () =>
    Effect.gen(function*() {
      const statuses: Readonly<Record<string, number>> = { missing: 404, taken: 409, broken: 500 }
      const { engine } = yield* makeEngine(({ url }) => {
        const name = url.split("/")[3] ?? ""
        return json(statuses[name] ?? 200, { message: `it is ${name}` })
      })
      const start = (name: string) => Effect.flip(engine.startContainer(name))
      const failures = yield* Effect.all([start("missing"), start("taken"), start("broken")])
      assert.deepStrictEqual(
        failures.map(({ _tag, message }) => [_tag, message]),
        [
          ["EngineNotFound", "Docker cannot start the container: it is missing"],
          ["EngineConflict", "Docker cannot start the container: it is taken"],
          ["EngineRefused", "Docker cannot start the container (500): it is broken"]
        ]
      )
    }))

  test("an answer that is none is refused", () =>
    Effect.gen(function*() {
      const { engine } = yield* makeEngine(() => json(200, { Id: 7 }))
      const failure = yield* Effect.flip(engine.inspectContainer("x"))
      assert.strictEqual(failure._tag, "EngineRefused")
      assert.include(failure.message, "unreadable answer")
    }))

  test("something else at the address is no engine", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "e-" })
      yield* GatewayServer.serve(`${directory}/docker.sock`, {
        request: () => Effect.succeed(GatewayServer.text(418, "text/plain", "tea")),
        connect: () => Effect.void
      }, { maxConnections: 20, keepAliveMillis: 1000 })
      const layer = (host: string) =>
        Layer.provide(DockerEngine.layer, layerConfig({ docker: { ...testConfig.docker, host } }))
      const ping = (host: string) =>
        Effect.flip(Effect.provide(Effect.flatMap(DockerEngine, (engine) => engine.ping), layer(host)))
      assert.include(
        (yield* ping(`unix://${directory}/docker.sock`)).message,
        "something other than Docker answers there (status 418)"
      )
      assert.include((yield* ping("npipe:////./pipe/docker_engine")).message, "must be unix:///… or tcp://…")
      assert.include((yield* ping("tcp://127.0.0.1:1")).message, "ECONNREFUSED")
    }))
})

describe("DockerSandbox, when the connection breaks", () => {
  const run = { sessionId: SessionId.make("0123456789ab"), turn: 1, round: 1 }
  const lines = ["one\n", "two\n", "three\n", "four\n"]
  const exited = json(200, { Id: "x", State: { Status: "exited", ExitCode: 0, OOMKilled: false } })

  test("the output goes on where it was cut, nothing lost and nothing twice", () =>
    Effect.gen(function*() {
      // each time one byte more comes through, so that it is cut in headers, too
      const whole = Uint8Array.from(lines.flatMap((line) => [...frame(line)]))
      let length = 20
      const { asked, sandbox } = yield* makeEngine(({ url }) => {
        if (url.endsWith("/json")) return exited
        length += 11
        const cut = Stream.make(whole.subarray(0, length))
        return {
          status: 200,
          headers: {},
          body: length < whole.length ? Stream.concat(cut, engineDied) : cut
        }
      })
      const output = yield* sandbox.output(run).pipe(Stream.decodeText(), Stream.mkString)
      assert.strictEqual(output, lines.join(""))
      assert.isAbove(asked.filter((request) => request.includes("/logs?")).length, 2)
    }))

  test("the end of a run is waited for again", () =>
    Effect.gen(function*() {
      let waits = 0
      const { sandbox } = yield* makeEngine(({ url }) => {
        if (url.endsWith("/json")) {
          const state = waits < 2 ? { Status: "running", ExitCode: 0 } : { Status: "exited", ExitCode: 3 }
          return json(200, { Id: "x", State: { ...state, OOMKilled: false } })
        }
        if (!url.includes("/wait")) return json(404, { message: "no such thing" })
        waits++
        return waits > 1
          ? json(200, { StatusCode: 3 })
          : { status: 200, headers: {}, body: engineDied }
      })
      assert.deepStrictEqual(yield* sandbox.exit(run), { code: 3, reason: undefined })
      assert.strictEqual(waits, 2)
      assert.deepStrictEqual(yield* sandbox.exit(run), { code: 3, reason: undefined })
      assert.strictEqual(waits, 2, "one that has ended is not waited for")
    }))

  test("a container that is being removed is waited for", () =>
    Effect.gen(function*() {
      let removals = 0
      const { sandbox } = yield* makeEngine(({ method, url }) => {
        if (url.includes("/archive")) return json(404, { message: "no such file" })
        if (method === "GET") return json(200, [{ Id: "x", Names: ["/x"], Labels: null }])
        removals++
        return removals > 2 ? json(404, { message: "gone" }) : json(409, { message: "removal is already in progress" })
      })
      yield* sandbox.removeRuns(run.sessionId)
      assert.strictEqual(removals, 3)
    }))

  test("files that are not there are no result", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* makeEngine(({ method, url }) =>
        url.includes("/archive") && method !== "HEAD" ? json(404, { message: "no such file" }) : exited
      )
      assert.deepStrictEqual([yield* sandbox.answer(run), yield* sandbox.bundle(run)], ["", Option.none()])
    }))

  test("a container in which nothing is there is an error, not a run without a result", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* makeEngine(({ url }) =>
        url.includes("/archive") ? json(404, { message: "no such file" }) : exited
      )
      assert.include((yield* Effect.flip(sandbox.bundle(run))).message, "was a directory below")
    }))

  test("a bundle that is too large is refused by what its head says", () =>
    Effect.gen(function*() {
      const tar = TarStream.pack()
      tar.entry({ name: "result.bundle", size: 2 * 1024 ** 3 })
      const head = yield* Stream.fromAsyncIterable(tar, String).pipe(
        Stream.filter(Predicate.isUint8Array),
        Stream.runHead,
        Effect.map(Option.getOrThrow)
      )
      const { sandbox } = yield* makeEngine(({ url }) =>
        url.includes("result.bundle")
          ? { status: 200, headers: {}, body: Stream.concat(Stream.make(head), Stream.never) }
          : url.includes("/archive")
          ? json(404, { message: "no such file" })
          : exited
      )
      assert.include((yield* Effect.flip(sandbox.bundle(run))).message, "larger than 1 GiB")
    }))
})
