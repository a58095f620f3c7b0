import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { connect, type Parts, read } from "../../src/cli/Connect.ts"
import { isLoopback, urlOf } from "../../src/cli/ServerAddress.ts"
import { Stdio } from "../../src/cli/terminal/Stdio.ts"
import { DataDirectoryBusy } from "../../src/services/config/DataDirectory.ts"
import { makeProcess, partsDouble, sessionsDouble, withEnvironment } from "./Harness.ts"

/** Servers that answer their health; everything else refuses the connection. */
const network = (healthy: Readonly<Record<string, string>>) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => {
      const text = healthy[request.url]
      return text === undefined
        ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport" }))
        : Effect.succeed(HttpClientResponse.fromWeb(request, new Response(text)))
    })
  )

interface Circumstances {
  readonly server?: string
  readonly healthy?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
}

/** Connects, and tells how. */
const connecting = ({ environment = {}, files = {}, healthy = {}, server }: Circumstances) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const dataDir = yield* fs.makeTempDirectoryScoped()
    yield* Effect.forEach(Object.entries(files), ([name, text]) => fs.writeFileString(`${dataDir}/${name}`, text))
    const opened = yield* Ref.make<unknown>(undefined)
    const { process, stderr } = makeProcess([], {})
    const parts = partsDouble({
      parts: {
        client: ({ token, url }) =>
          Effect.zipRight(
            Ref.set(opened, { url, token: Option.getOrUndefined(Option.map(token, Redacted.value)) }),
            sessionsDouble({})
          ),
        embedded: (options) => Effect.zipRight(Ref.set(opened, options), sessionsDouble({}))
      }
    })
    const result = yield* connect(parts, { server: Option.fromNullable(server), mode: "working" }).pipe(
      Effect.either,
      Effect.provide(Layer.merge(network(healthy), Stdio.layer(process))),
      withEnvironment({ OPENTL_SERVER: "", OPENTL_DATA_DIR: dataDir, ...environment })
    )
    return { dataDir, opened: yield* Ref.get(opened), result, err: stderr.text }
  }).pipe(Effect.provide(NodeContext.layer))

const token = { token: "local-secret\n" }

describe("connect", () => {
  it.scoped("takes the server that is named, reachable or not", () =>
    Effect.gen(function*() {
      const { err, opened } = yield* connecting({ server: "http://127.0.0.1:9/", files: token })
      assert.deepStrictEqual(opened, { url: "http://127.0.0.1:9", token: "local-secret" })
      assert.strictEqual(err, "")
    }))

  it.scoped("takes OPENTL_SERVER, from the environment or from config.env", () =>
    Effect.gen(function*() {
      const named = yield* connecting({ environment: { OPENTL_SERVER: "http://127.0.0.1:9" } })
      assert.deepStrictEqual(named.opened, { url: "http://127.0.0.1:9", token: undefined })
      const filed = yield* connecting({ files: { "config.env": "OPENTL_SERVER=http://127.0.0.1:8\n" } })
      assert.deepStrictEqual(filed.opened, { url: "http://127.0.0.1:8", token: undefined })
    }))

  it.scoped("sends this machine's token to no other machine", () =>
    Effect.gen(function*() {
      const away = yield* connecting({ server: "https://opentl.example.com", files: token })
      assert.deepStrictEqual(away.opened, { url: "https://opentl.example.com", token: undefined })
      const given = yield* connecting({
        server: "https://opentl.example.com",
        files: token,
        environment: { OPENTL_API_TOKEN: "mine" }
      })
      assert.deepStrictEqual(given.opened, { url: "https://opentl.example.com", token: "mine" })
    }))

  it.scoped("takes the first of the configured tokens", () =>
    Effect.gen(function*() {
      const { opened } = yield* connecting({
        server: "http://localhost:1",
        files: token,
        environment: { OPENTL_API_TOKENS: "ada:aaaaaaaa,bob:bbbbbbbb" }
      })
      assert.deepStrictEqual(opened, { url: "http://localhost:1", token: "aaaaaaaa" })
    }))

  it.scoped("prefers the server that owns the data directory to the one at the usual address", () =>
    Effect.gen(function*() {
      const healthy = { "http://127.0.0.1:4321/health": "ok", "http://127.0.0.1:7080/health": "ok" }
      const files = { ...token, "owner.json": JSON.stringify({ pid: 1, kind: "server", url: "http://127.0.0.1:4321" }) }
      assert.deepStrictEqual((yield* connecting({ healthy, files })).opened, {
        url: "http://127.0.0.1:4321",
        token: "local-secret"
      })
      assert.deepStrictEqual((yield* connecting({ healthy })).opened, {
        url: "http://127.0.0.1:7080",
        token: undefined
      })
    }))

  it.scoped("passes over an owner that is gone, and over a stranger at the usual address", () =>
    Effect.gen(function*() {
      const gone = { "owner.json": JSON.stringify({ url: "http://127.0.0.1:4321" }) }
      const other = yield* connecting({
        files: gone,
        environment: { OPENTL_ADDR: "0.0.0.0:8000" },
        healthy: { "http://127.0.0.1:8000/health": "ok" }
      })
      assert.deepStrictEqual(other.opened, { url: "http://127.0.0.1:8000", token: undefined })
      const stranger = yield* connecting({ files: gone, healthy: { "http://127.0.0.1:7080/health": "<html>" } })
      assert.deepStrictEqual(stranger.opened, { mode: "working" })
      assert.strictEqual(stranger.err, `no server is reachable: running embedded, on ${stranger.dataDir}\n`)
    }))

  it.scoped("says which value is wrong", () =>
    Effect.gen(function*() {
      const flag = yield* connecting({ server: "localhost:7080" })
      assert.match(String(flag.result), /--server takes an http\(s\) address, not \\"localhost:7080\\"/)
      const variable = yield* connecting({ environment: { OPENTL_ADDR: "nowhere" } })
      assert.match(String(variable.result), /OPENTL_ADDR is \\"nowhere\\": give/)
    }))
})

describe("a command that only reads", () => {
  /** Where no server is: reads, and tells how. */
  const reading = (parts: Partial<Parts>) =>
    Effect.gen(function*() {
      const { process, stderr } = makeProcess([], {})
      const all = partsDouble({ parts: { client: () => Effect.dieMessage("there is no server"), ...parts } })
      const result = yield* read(all, { server: Option.none() }).pipe(
        Effect.either,
        Effect.provide(Layer.merge(network({}), Stdio.layer(process))),
        withEnvironment({ OPENTL_SERVER: "", OPENTL_DATA_DIR: "/nonexistent/opentl" })
      )
      return { result, err: stderr.text }
    }).pipe(Effect.provide(NodeContext.layer))
  const owned = (owner: Option.Option<string>) => () =>
    Effect.map(sessionsDouble({}), (sessions) => ({ sessions, owner: Effect.succeed(owner) }))

  it.scoped("needs not own the data directory, and says who does", () =>
    Effect.gen(function*() {
      const embedded = () => Effect.dieMessage("it is not to be owned")
      const alone = yield* reading({ embedded, reads: owned(Option.none()) })
      assert.strictEqual(alone.err, "no server is reachable: reading /nonexistent/opentl\n")
      const beside = yield* reading({ embedded, reads: owned(Option.some("a running opentl command (process 7)")) })
      assert.strictEqual(
        beside.err,
        "no server is reachable: reading /nonexistent/opentl, beside a running opentl command (process 7)\n"
      )
      const { isWorkedOn, place } = Either.getOrThrow(beside.result)
      assert.strictEqual(place._tag, "ReadOnly")
      assert.isTrue(yield* isWorkedOn)
      assert.isFalse(yield* Either.getOrThrow(alone.result).isWorkedOn)
    }))

  it.scoped("owns it where it has to be made, or brought up to date", () =>
    Effect.gen(function*() {
      const { err, result } = yield* reading({ reads: () => Effect.fail({ message: "there is no such file" }) })
      assert.strictEqual(err, "no server is reachable: running embedded, on /nonexistent/opentl\n")
      assert.strictEqual(Either.getOrThrow(result).place._tag, "Embedded")
    }))
})

describe("a command that changes something", () => {
  const refusal = (kind: "embedded" | "server") =>
    Effect.gen(function*() {
      const { process } = makeProcess([], {})
      const owner = { kind, pid: 7, since: DateTime.unsafeMake(0) }
      const parts = partsDouble({ parts: { embedded: () => new DataDirectoryBusy({ path: "/data", owner }) } })
      return yield* connect(parts, { server: Option.none(), mode: "working" }).pipe(
        Effect.flip,
        Effect.provide(Layer.merge(network({}), Stdio.layer(process))),
        withEnvironment({ OPENTL_SERVER: "", OPENTL_DATA_DIR: "/nonexistent/opentl" })
      )
    }).pipe(Effect.provide(NodeContext.layer))

  it.scoped("is refused beside a command that works, with who that is and the way out", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        (yield* refusal("embedded")).message,
        "/data is in use by a running opentl command (process 7, since 1970-01-01T00:00:00.000Z), which takes no " +
          "commands from other terminals; only opentl serve does"
      )
      assert.match(
        (yield* refusal("server")).message,
        /^\/data is in use by the server \(process 7, since .*\): stop it, or set OPENTL_DATA_DIR to another directory$/
      )
    }))
})

describe("urlOf", () => {
  it("is where a server that listens there is reached from here", () => {
    const at = (host: string) => urlOf({ host, port: 7080 })
    assert.deepStrictEqual(["127.0.0.1", "0.0.0.0", "", "::1", "::", "build.internal"].map(at), [
      "http://127.0.0.1:7080",
      "http://127.0.0.1:7080",
      "http://127.0.0.1:7080",
      "http://[::1]:7080",
      "http://[::1]:7080",
      "http://build.internal:7080"
    ])
  })
})

describe("isLoopback", () => {
  it("knows this machine by its addresses alone", () => {
    assert.isTrue(
      ["http://localhost:1", "http://127.0.0.1", "http://127.1.2.3:7080", "http://[::1]:7080"].every(isLoopback)
    )
    assert.isFalse(["http://10.0.0.1", "http://127.0.0.1.evil.test", "http://localhost.evil.test"].some(isLoopback))
  })
})
