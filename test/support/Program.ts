/** The built program as a process of its own, in a data directory of the test's, talked to over HTTP as outsiders do. */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

export const binary = new URL("../../dist/bin/main.js", import.meta.url).pathname

/** Nothing of the surroundings gets in but what a program needs to start. */
export const plain = {
  OPENTL_ADDR: "127.0.0.1:0",
  ANTHROPIC_API_KEY: "",
  OPENAI_API_KEY: "",
  GITHUB_TOKEN: "",
  OPENTL_SERVER: "",
  OPENTL_API_TOKENS: ""
}

export const command = (environment: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Command.make(process.execPath, binary, ...args).pipe(Command.env({ ...plain, ...environment }))

/** Runs a command to its end. */
export const run = (environment: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* Command.start(command(environment, ...args))
    const [out, err, code] = yield* Effect.all([
      running.stdout.pipe(Stream.decodeText(), Stream.mkString),
      running.stderr.pipe(Stream.decodeText(), Stream.mkString),
      running.exitCode
    ], { concurrency: "unbounded" })
    return { out, err, code: Number(code) }
  }))

/**
 * Removes what sessions may have left, at the end. In the local sandbox only after a failure: a test that has come to its
 * end has seen its agents end, and the rest lies in its data directory.
 */
export const tidy = (environment: Readonly<Record<string, string>>) =>
  Effect.addFinalizer((exit) =>
    Exit.isSuccess(exit) && environment["OPENTL_SANDBOX"] === "local"
      ? Effect.void
      : Effect.ignore(run(environment, "sandbox", "prune", "--all"))
  )

const OwnerJson = Schema.parseJson(Schema.Struct({ url: Schema.String, pid: Schema.Int }))

const SessionJson = Schema.Struct({ id: Schema.String, status: Schema.String })
export const EventJson = Schema.Struct({
  id: Schema.Int,
  type: Schema.String,
  data: Schema.String,
  detail: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})
export type EventJson = typeof EventJson.Type
const decodeEvent = Schema.decodeUnknown(Schema.parseJson(EventJson))

export interface Server {
  readonly url: string
  readonly token: string
  readonly kill: (signal: CommandExecutor.Signal) => Effect.Effect<void>
  /** Answers with the exit code once the process has ended. */
  readonly ended: Effect.Effect<number>
  readonly post: (path: string, body?: unknown) => Effect.Effect<{ readonly status: number; readonly body: unknown }>
  readonly create: (body: unknown) => Effect.Effect<string>
  readonly get: (path: string) => Effect.Effect<unknown>
  /** What it has logged so far, line by line. */
  readonly log: Effect.Effect<ReadonlyArray<string>>
  /** The stream's events until it closes; a connection that breaks ends it, too. */
  readonly events: (id: string, after?: number) => Stream.Stream<EventJson>
}

/** Starts `opentl serve` and waits until it says where it is. */
export const serve = Effect.fnUntraced(function*(environment: Readonly<Record<string, string>>) {
  const dataDir = environment["OPENTL_DATA_DIR"] ?? ""
  const fs = yield* FileSystem.FileSystem
  yield* fs.remove(`${dataDir}/owner.json`, { force: true })
  const process = yield* Command.start(command(environment, "serve"))
  yield* Effect.forkScoped(Stream.runDrain(process.stdout))
  const log = yield* Ref.make<ReadonlyArray<string>>([])
  // it shows in the test's own output as well
  yield* process.stderr.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Effect.zipRight(Ref.update(log, (lines) => [...lines, line]), Console.error(line))),
    Effect.forkScoped
  )
  const { url } = yield* fs.readFileString(`${dataDir}/owner.json`).pipe(
    Effect.flatMap(Schema.decode(OwnerJson)),
    // for as long as it takes, while the process is there
    Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.whileInputEffect(() => Effect.orDie(process.isRunning))))
  )
  const token = (yield* fs.readFileString(`${dataDir}/token`)).trim()
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest((request) =>
      request.pipe(HttpClientRequest.prependUrl(url), HttpClientRequest.bearerToken(token))
    )
  )
  const post = (path: string, body?: unknown) =>
    Effect.gen(function*() {
      const empty = HttpClientRequest.post(path)
      const request = body === undefined ? empty : yield* HttpClientRequest.bodyJson(empty, body)
      const response = yield* client.execute(request)
      return { status: response.status, body: yield* response.json }
    }).pipe(Effect.orDie)
  const server: Server = {
    url,
    token,
    kill: (signal) => Effect.ignore(process.kill(signal)),
    ended: Effect.map(process.exitCode, Number).pipe(Effect.orElseSucceed(() => -1)),
    post,
    create: (body) =>
      post("/api/sessions", body).pipe(
        Effect.flatMap(({ body }) => Schema.decodeUnknown(SessionJson)(body)),
        Effect.map(({ id }) => id),
        Effect.orDie
      ),
    get: (path) => client.get(path).pipe(Effect.flatMap((response) => response.json), Effect.orDie),
    log: Ref.get(log),
    events: (id, after = 0) =>
      Stream.unwrap(Effect.map(client.get(`/api/sessions/${id}/events?after=${after}`), (response) => response.stream))
        .pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.filter((line) => line.startsWith("data: ")),
          Stream.mapEffect((line) => decodeEvent(line.slice("data: ".length))),
          Stream.catchAll(() => Stream.empty)
        )
  }
  return server
}, Effect.provide(FetchHttpClient.layer))
