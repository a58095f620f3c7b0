/** How a command reaches the sessions: over HTTP from a server, or in this process on the data directory. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionReads } from "../actors/sessions/SessionReads.ts"
import type { CreateOptions, Sessions, SessionsMode } from "../actors/sessions/Sessions.ts"
import type { ListedAgent } from "../domain/AgentInfo.ts"
import type { Requester } from "../domain/Requester.ts"
import type { UsageError } from "./Failure.ts"

export type Place = Data.TaggedEnum<{
  Server: { readonly url: string }
  /** In this process, as the owner of the data directory. */
  Embedded: { readonly dataDir: string }
  /** In this process, which only reads the data directory, while another process owns it or nobody does. */
  ReadOnly: { readonly dataDir: string }
}>
export const Place = Data.taggedEnum<Place>()

export interface Connection {
  readonly sessions: Context.Tag.Service<Sessions>
  readonly place: Place
  /** The requester: the operating system's user. A server uses the token's name instead. */
  readonly by: Requester
}

/** What commands that only read need: they do not have to own the data directory. */
export interface Reading {
  readonly sessions: SessionReads
  readonly place: Place
  /** Whether some process works on the sessions, as far as is known. */
  readonly isWorkedOn: Effect.Effect<boolean>
}

export interface ConnectOptions {
  /** `--server`; without it, a server is looked for in the configuration and on this machine. */
  readonly server: Option.Option<string>
  /** What this process does with sessions if there is no server. */
  readonly mode: SessionsMode
}

/**
 * The sessions cannot be reached or the server cannot start: another owner, a wrong configuration value, or a server
 * that is down.
 */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A running server's description of itself. */
export interface Serving {
  readonly url: string
  readonly dataDir: string
  /** "docker", "local (bubblewrap)", … */
  readonly sandbox: string
  /** Where the token is: a file, or the variable that holds it. */
  readonly token: string
  /** The bots that were started, and who may use them. */
  readonly bots: ReadonlyArray<ServingBot>
}

export interface ServingBot {
  readonly platform: "slack" | "telegram"
  /** The number of people allowed by name; with none, Slack's bot is open to its workspace and Telegram's to nobody. */
  readonly people: number
  readonly channels: number
}

export class Program extends Context.Tag("opentl/cli/Program")<Program, {
  readonly connect: (options: ConnectOptions) => Effect.Effect<Connection, StartFailed | UsageError, Scope.Scope>
  readonly read: (
    options: Pick<ConnectOptions, "server">
  ) => Effect.Effect<Reading, StartFailed | UsageError, Scope.Scope>
  /** The agents of the server that would get the sessions, and its URL; none if there is no server. */
  readonly agents: (
    options: Pick<ConnectOptions, "server">
  ) => Effect.Effect<
    Option.Option<{ readonly list: ReadonlyArray<ListedAgent>; readonly url: string }>,
    StartFailed | UsageError,
    Scope.Scope
  >
  /** Serves for the lifetime of the scope. */
  readonly serve: Effect.Effect<Serving, StartFailed, Scope.Scope>
}>() {}

/** The options for creating a session: in this process, the machine's owner is trusted. */
export const createOptions = ({ by, place }: Connection): CreateOptions => {
  const embedded = place._tag === "Embedded"
  return { by, trustLocalPaths: embedded, trustCommands: embedded }
}
