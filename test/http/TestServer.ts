/** The real HTTP edge on a free port of 127.0.0.1, before sessions that a test makes up, and a bare client for it. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Mailbox from "effect/Mailbox"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Http from "node:http"
import * as Net from "node:net"
import { Sessions } from "../../src/actors/sessions/Sessions.ts"
import type { SessionEventView } from "../../src/domain/EventText.ts"
import { branchOf, SessionId } from "../../src/domain/Ids.ts"
import { Session } from "../../src/domain/Session.ts"
import { HttpLive } from "../../src/http/HttpServer.ts"
import { type HealthCheck, HealthChecks } from "../../src/http/Ready.ts"
import { Agents } from "../../src/services/agents/Agents.ts"
import { ApiTokens } from "../../src/services/config/ApiTokens.ts"
import type { AppConfigShape } from "../../src/services/config/AppConfig.ts"
import { InstalledAgents } from "../../src/services/sandbox/InstalledAgents.ts"
import { output } from "../support/Events.ts"
import { layerConfig } from "../support/TestConfig.ts"
import * as Feeds from "./Feeds.ts"

export const token = "s3cret"
export const authorized = { authorization: `Bearer ${token}` }
export const id = SessionId.make("0123456789ab")

export const session = (fields: Partial<Session> = {}): Session =>
  new Session({
    id,
    repo: "owner/name",
    prompt: "do it",
    status: "running",
    phase: "coding",
    branch: branchOf(id),
    base: "main",
    agent: "opentl",
    model: null,
    turn: 1,
    reviewRounds: 0,
    usage: { inputTokens: 1, outputTokens: 2, costUsd: 0.5 },
    requestedBy: { name: "ci", via: "http" },
    createdAt: DateTime.unsafeMake("2026-01-02T03:04:05Z"),
    updatedAt: DateTime.unsafeMake("2026-01-02T03:04:06Z"),
    lastEventId: 3,
    ...fields
  })

export const event = (number: number): SessionEventView => output(number, `line ${number}`)

export interface TestServer {
  readonly port: number
  readonly url: string
}

/** What the sandbox has. */
export const agents = Agents.layerWithoutSandbox.pipe(
  Layer.provide(InstalledAgents.layerOf([{ name: "claude-code", version: "1.2.3" }])),
  Layer.provide(layerConfig({}))
)

export interface Options {
  readonly config?: Partial<AppConfigShape>
  readonly checks?: ReadonlyArray<HealthCheck>
}

/** The layer of the server, for tests that end it themselves. */
export const layer = (sessions: Partial<Context.Tag.Service<Sessions>>, { checks = [], config = {} }: Options = {}) =>
  HttpLive.pipe(
    Layer.provide(Layer.mock(Sessions, sessions)),
    Layer.provide(Feeds.layer(sessions)),
    Layer.provide(ApiTokens.layerOf([
      { name: "ci", token: Redacted.make(token) },
      { name: "anna", token: Redacted.make("annas") }
    ])),
    Layer.provide(agents),
    Layer.provide(Layer.succeed(HealthChecks, Effect.succeed(checks))),
    Layer.provide(layerConfig(config)),
    // tests provoke what the server complains of
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )

export const serverOf = (context: Context.Context<HttpServer.HttpServer>): TestServer => {
  const { address } = Context.get(context, HttpServer.HttpServer)
  const port = address._tag === "TcpAddress" ? address.port : 0
  return { port, url: `http://127.0.0.1:${port}` }
}

/** Serves for as long as the scope. */
export const serve = (
  sessions: Partial<Context.Tag.Service<Sessions>>,
  options: Options = {}
): Effect.Effect<TestServer, never, Scope.Scope> =>
  Effect.map(Effect.orDie(Layer.build(layer(sessions, options))), serverOf)

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
}

export interface Request {
  readonly method?: string
  readonly headers?: Http.OutgoingHttpHeaders
  /** Strings are sent as they are; several are sent in chunks, without a length. */
  readonly body?: string | Buffer | ReadonlyArray<string | Buffer>
}

/** Sends a request as it is: no header is added but Host, Content-Length and Connection. */
export const send = (
  server: TestServer,
  path: string,
  { body, headers = {}, method = "GET" }: Request = {}
): Effect.Effect<Answer> =>
  Effect.async<Answer>((resume) => {
    const request = Http.request(
      { port: server.port, host: "127.0.0.1", path, method, headers, agent: false },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () =>
          resume(Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString()
          })))
      }
    )
    request.on("error", (error) => resume(Effect.die(error)))
    if (body === undefined) request.end()
    else if (typeof body === "string" || Buffer.isBuffer(body)) {
      request.setHeader("content-length", Buffer.byteLength(body))
      request.end(body)
    } else {
      request.setHeader("transfer-encoding", "chunked")
      for (const chunk of body) request.write(chunk)
      request.end()
    }
    return Effect.sync(() => request.destroy())
  })

/** Writes to a bare connection and answers all that comes back until the server closes it. */
export const converse = (server: TestServer, text: string): Effect.Effect<string> =>
  Effect.async((resume) => {
    const chunks: Array<Buffer> = []
    const socket = Net.connect(server.port, "127.0.0.1", () => socket.write(text))
    socket.on("data", (chunk) => chunks.push(chunk))
    socket.on("error", (error) => resume(Effect.die(error)))
    socket.on("end", () => {
      socket.end()
      resume(Effect.sync(() => Buffer.concat(chunks).toString()))
    })
    return Effect.sync(() => socket.destroy())
  })

/** Sends a JSON body with the token. */
export const post = (server: TestServer, path: string, value?: unknown, headers: Http.OutgoingHttpHeaders = {}) =>
  send(server, path, {
    method: "POST",
    headers: { ...authorized, ...(value === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(value === undefined ? {} : { body: JSON.stringify(value) })
  })

export const get = (server: TestServer, path: string, headers: Http.OutgoingHttpHeaders = {}) =>
  send(server, path, { headers: { ...authorized, ...headers } })

const parse = Schema.decodeUnknownSync(Schema.parseJson())

export const bodyOf = ({ text }: Answer): unknown => parse(text)

const ErrorBody = Schema.Struct({
  error: Schema.String.pipe(Schema.nonEmptyString()),
  code: Schema.String.pipe(Schema.nonEmptyString()),
  detail: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})
const decodeError = Schema.decodeUnknownSync(ErrorBody, { onExcessProperty: "error" })

/** The answer's error; a test fails where it is not in the contract's shape. */
export const errorOf = (answer: Answer) => ({ status: answer.status, ...decodeError(bodyOf(answer)) })

export interface Following {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  /** What comes, as it comes; ends when the server closes, fails when the connection breaks. */
  readonly text: Stream.Stream<string, Error>
}

/** Opens a stream and leaves it open for as long as the scope. */
export const follow = (
  server: TestServer,
  path: string,
  headers: Http.OutgoingHttpHeaders = {}
): Effect.Effect<Following, never, Scope.Scope> =>
  Effect.gen(function*() {
    const received = yield* Mailbox.make<string, Error>()
    return yield* Effect.acquireRelease(
      Effect.async<readonly [Http.ClientRequest, Following]>((resume) => {
        const request = Http.get(
          { port: server.port, host: "127.0.0.1", path, headers: { ...authorized, ...headers }, agent: false },
          (response) => {
            response.setEncoding("utf8")
            response.on("data", (text: string) => received.unsafeOffer(text))
            response.on("end", () => received.unsafeDone(Exit.void))
            response.on("error", (error) => received.unsafeDone(Exit.fail(error)))
            const { headers, statusCode: status = 0 } = response
            resume(Effect.succeed([request, { status, headers, text: Mailbox.toStream(received) }]))
          }
        )
        request.on("error", (error) => resume(Effect.die(error)))
      }),
      ([request]) => Effect.sync(() => request.destroy())
    ).pipe(Effect.map(([, following]) => following))
  })
