/**
 * Finds the sessions, in this order: the server that was named; the server that owns the data directory, or the one at
 * the configured address; else this process becomes the owner of the data directory, and says so.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Os from "node:os"
import type { SessionReads } from "../actors/sessions/SessionReads.ts"
import type { Sessions, SessionsMode } from "../actors/sessions/Sessions.ts"
import type { ListedAgent } from "../domain/AgentInfo.ts"
import type { Requester } from "../domain/Requester.ts"
import * as ConfigSource from "../services/config/ConfigSource.ts"
import { variables } from "../services/config/ConfigVariables.ts"
import { UsageError } from "./Failure.ts"
import * as Logging from "./Logging.ts"
import {
  type Connection,
  type ConnectOptions,
  Place,
  Program,
  type Reading,
  type Serving,
  StartFailed
} from "./Program.ts"
import { gitHubServer } from "./RepositoryOption.ts"
import { isLoopback, parseServer, urlOf } from "./ServerAddress.ts"
import { Stdio } from "./terminal/Stdio.ts"

interface Failure {
  readonly message: string
}

interface Server {
  readonly url: string
  readonly token: Option.Option<Redacted.Redacted>
}

/** The ways to reach the sessions, loaded lazily: a client alone starts several times faster than a server. */
export interface Parts {
  readonly client: (server: Server) => Effect.Effect<Context.Tag.Service<Sessions>, Failure, HttpClient.HttpClient>
  readonly agents: (server: Server) => Effect.Effect<ReadonlyArray<ListedAgent>, Failure, HttpClient.HttpClient>
  readonly embedded: (options: {
    readonly mode: SessionsMode
  }) => Effect.Effect<Context.Tag.Service<Sessions>, Failure, Scope.Scope>
  /** The sessions of a data directory, and its owner if there is one: "a running opentl command (process 7)". */
  readonly reads: (dataDir: string, serverUrl: string) => Effect.Effect<
    { readonly sessions: SessionReads; readonly owner: Effect.Effect<Option.Option<string>> },
    Failure,
    Scope.Scope
  >
  readonly serve: Effect.Effect<Serving, Failure, Scope.Scope>
}

/** Whether a process that is not a server owns the directory. (By shape: the class would load the database driver.) */
const isHeldByCommand = (error: Failure): error is Failure & { readonly holder: string } =>
  Predicate.isTagged(error, "DataDirectoryBusy") &&
  Predicate.hasProperty(error, "holder") && Predicate.isString(error.holder) &&
  Predicate.hasProperty(error, "owner") && Predicate.hasProperty(error.owner, "kind") &&
  error.owner.kind === "embedded"

/** One sentence for the user, whatever failed; the full cause goes to `--log-level debug`. */
const startFailed = <A, R>(effect: Effect.Effect<A, Failure, R>): Effect.Effect<A, StartFailed, R> =>
  effect.pipe(
    Effect.tapErrorCause((cause) => Effect.logDebug("not started", cause)),
    Effect.mapError((error) => new StartFailed({ reason: error.message }))
  )

/** Adds advice for a server that is not running. A server that refuses says itself what it wants. */
const withMend = (error: Failure): Failure =>
  Predicate.isTagged(error, "ServerUnreachable")
    ? { message: `${error.message}: start one there with opentl serve, or check --server and OPENTL_SERVER` }
    : error

/** Tells a refused command that only a server takes commands from other terminals. */
const withWayOut = (error: Failure): Failure =>
  isHeldByCommand(error)
    ? { message: `${error.holder}, which takes no commands from other terminals; only opentl serve does` }
    : error

/** The part of the owner's record that a client needs. */
const OwnerUrl = Schema.parseJson(Schema.Struct({ url: Schema.String }))

const readOwnerUrl = (dataDir: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${dataDir}/owner.json`)).pipe(
    Effect.flatMap(Schema.decode(OwnerUrl)),
    Effect.map(({ url }) => url),
    Effect.option
  )

const settings = Effect.gen(function*() {
  const texts = yield* ConfigSource.texts
  const token = yield* Config.option(Config.redacted("OPENTL_API_TOKEN"))
  return {
    dataDir: texts.dataDir,
    server: yield* ConfigSource.optional(texts, variables.server),
    address: yield* ConfigSource.required(texts, variables.address),
    token: Option.filter(token, (value) => Redacted.value(value).trim() !== ""),
    tokens: yield* ConfigSource.optional(texts, variables.apiTokens)
  }
})

/** The token for a server. The token in the data directory belongs to this machine's server and is sent to no other. */
const tokenFor = (url: string, { dataDir, token, tokens }: Effect.Effect.Success<typeof settings>) =>
  Effect.gen(function*() {
    if (Option.isSome(token)) return token
    const first = Option.flatMap(tokens, (named) => Option.fromNullable(named[0]?.token))
    if (Option.isSome(first) || !isLoopback(url)) return first
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.orElseSucceed(fs.readFileString(`${dataDir}/token`), () => "")
    return text.trim() === "" ? Option.none() : Option.some(Redacted.make(text.trim()))
  })

/** Whether an OpenTL server answers at this URL. */
const answers = (url: string): Effect.Effect<boolean, never, HttpClient.HttpClient> =>
  HttpClient.get(`${url}/health`).pipe(
    Effect.flatMap((response) => response.text),
    Effect.scoped,
    Effect.timeout("2 seconds"),
    Effect.match({ onFailure: () => false, onSuccess: (text) => text.trim() === "ok" })
  )

/** Who runs this command: the login name if set, else the name of the process's user. */
const requester = Config.nonEmptyString("USER").pipe(
  Config.orElse(() => Config.nonEmptyString("LOGNAME")),
  Effect.orElse(() => Effect.try(() => Os.userInfo().username)),
  Effect.orElseSucceed(() => "local"),
  Effect.map((name): Requester => ({ name, via: "cli" }))
)

type Needs = FileSystem.FileSystem | HttpClient.HttpClient | Path.Path | Scope.Scope | Stdio

/** The server that was named, or one found on this machine, in which case it answers; none if there is no server. */
const findServer = (
  server: Option.Option<string>
): Effect.Effect<
  { readonly dataDir: string; readonly found: Option.Option<Server> },
  StartFailed | UsageError,
  Needs
> =>
  Effect.gen(function*() {
    const known = yield* startFailed(settings)
    const at = (url: string) =>
      Effect.map(tokenFor(url, known), (token) => ({ dataDir: known.dataDir, found: Option.some({ url, token }) }))

    if (Option.isSome(server)) {
      const url = parseServer(server.value)
      if (Option.isNone(url)) {
        return yield* new UsageError({ reason: `--server takes an http(s) address, not "${server.value}"` })
      }
      return yield* at(url.value)
    }
    if (Option.isSome(known.server)) return yield* at(known.server.value.replace(/\/+$/, ""))

    const candidates = [...Option.toArray(yield* readOwnerUrl(known.dataDir)), urlOf(known.address)]
    const found = yield* Effect.findFirst(candidates, answers)
    return Option.isSome(found) ? yield* at(found.value) : { dataDir: known.dataDir, found: Option.none() }
  })

/** The sessions of the server; none if there is no server. */
const toServer = (parts: Parts, server: Option.Option<string>) =>
  Effect.gen(function*() {
    const { dataDir, found } = yield* findServer(server)
    if (Option.isNone(found)) return { dataDir, connection: Option.none<Connection>() }
    const sessions = yield* startFailed(Effect.mapError(parts.client(found.value), withMend))
    const place = Place.Server({ url: found.value.url })
    return { dataDir, connection: Option.some<Connection>({ sessions, place, by: yield* requester }) }
  })

/** The agents of the server, and its URL; none if there is no server. */
const agents = (parts: Parts, server: Option.Option<string>) =>
  Effect.flatMap(
    findServer(server),
    ({ found }) =>
      Effect.transposeMapOption(found, (server) =>
        Effect.map(startFailed(Effect.mapError(parts.agents(server), withMend)), (list) => ({ list, url: server.url })))
  )

/** Runs in this process, which becomes the owner of the data directory. */
const embed = (parts: Parts, dataDir: string, mode: SessionsMode) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    yield* Logging.toFile(dataDir)
    const sessions = yield* startFailed(Effect.mapError(parts.embedded({ mode }), withWayOut))
    yield* stdio.err(`no server is reachable: running embedded, on ${dataDir}\n`)
    return { sessions, place: Place.Embedded({ dataDir }), by: yield* requester }
  })

/** The connection for a command. */
export const connect = (
  parts: Parts,
  { mode, server }: ConnectOptions
): Effect.Effect<Connection, StartFailed | UsageError, Needs> =>
  Effect.flatMap(
    toServer(parts, server),
    ({ connection, dataDir }) =>
      Option.match(connection, { onNone: () => embed(parts, dataDir, mode), onSome: Effect.succeed })
  )

/**
 * The connection for a command that only reads. While another process owns the data directory, the database is read as
 * it is. If that is impossible (no database yet, or an older version), this process creates or migrates it as the
 * owner, provided that nobody else is.
 */
export const read = (
  parts: Parts,
  { server }: Pick<ConnectOptions, "server">
): Effect.Effect<Reading, StartFailed | UsageError, Needs> =>
  Effect.gen(function*() {
    const { connection, dataDir } = yield* toServer(parts, server)
    if (Option.isSome(connection)) return { ...connection.value, isWorkedOn: Effect.succeed(true) }
    const stdio = yield* Stdio
    const found = yield* Effect.option(parts.reads(dataDir, yield* gitHubServer))
    if (Option.isNone(found)) {
      return { ...(yield* embed(parts, dataDir, "recording")), isWorkedOn: Effect.succeed(false) }
    }
    const { owner, sessions } = found.value
    const beside = Option.match(yield* owner, { onNone: () => "", onSome: (who) => `, beside ${who}` })
    yield* stdio.err(`no server is reachable: reading ${dataDir}${beside}\n`)
    return { sessions, place: Place.ReadOnly({ dataDir }), isWorkedOn: Effect.map(owner, Option.isSome) }
  })

/** The program, built from parts that tests may replace. */
export const layerProgram = (parts: Parts) =>
  Layer.effect(
    Program,
    Effect.map(
      Effect.context<FileSystem.FileSystem | HttpClient.HttpClient | Path.Path | Stdio>(),
      (services) =>
        Program.of({
          connect: (options) => Effect.provide(connect(parts, options), services),
          read: (options) => Effect.provide(read(parts, options), services),
          agents: ({ server }) => Effect.provide(agents(parts, server), services),
          serve: startFailed(parts.serve)
        })
    )
  )
