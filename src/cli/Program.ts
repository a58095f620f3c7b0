/** How a command gets at the sessions: over HTTP from a server, or in this process on the data directory. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionReads } from "../actors/sessions/SessionReads.ts"
import type { CreateOptions, Sessions } from "../actors/sessions/Sessions.ts"
import type { Requester } from "../domain/Requester.ts"
import type { UsageError } from "./Failure.ts"

export type Place = Data.TaggedEnum<{
  Server: { readonly url: string }
  /** In this process, as the owner of the data directory. */
  Embedded: { readonly dataDir: string }
  /** In this process, which reads the data directory beside its owner, or while it has none. */
  ReadOnly: { readonly dataDir: string }
}>
export const Place = Data.taggedEnum<Place>()

export interface Connection {
  readonly sessions: Context.Tag.Service<Sessions>
  readonly place: Place
  /** Who asks: the operating system's user. A server goes by the token's name instead. */
  readonly by: Requester
}

/** What only reads is content with less: nobody has to own the data directory for it. */
export interface Reading {
  readonly sessions: SessionReads
  readonly place: Place
  /** Whether there is a process that sessions are worked on by, as far as can be told. */
  readonly isWorkedOn: Effect.Effect<boolean>
}

export interface ConnectOptions {
  /** `--server`; without it the configuration and the machine are searched. */
  readonly server: Option.Option<string>
  /**
   * Whether sessions are worked on, where that has to be in this process. Without it they are only read and written:
   * what is asked of them is done by the next process that works.
   */
  readonly work: boolean
}

/** The sessions cannot be reached, or the server not be started: a foreign owner, a wrong value, a server that is away. */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** What a running server says of itself. */
export interface Serving {
  readonly url: string
  readonly dataDir: string
  /** "docker", "local (bubblewrap)", … */
  readonly sandbox: string
  /** Where the token is to be found: a file, or the variable that holds it. */
  readonly token: string
  /** The bots that were started, and whom they listen to. */
  readonly bots: ReadonlyArray<ServingBot>
}

export interface ServingBot {
  readonly platform: "slack" | "telegram"
  /** How many are named that may use it; with none, Slack's is open to its workspace and Telegram's to nobody. */
  readonly people: number
  readonly channels: number
}

export class Program extends Context.Tag("opentl/cli/Program")<Program, {
  readonly connect: (options: ConnectOptions) => Effect.Effect<Connection, StartFailed | UsageError, Scope.Scope>
  readonly read: (
    options: Pick<ConnectOptions, "server">
  ) => Effect.Effect<Reading, StartFailed | UsageError, Scope.Scope>
  /** Serves for as long as the scope. */
  readonly serve: Effect.Effect<Serving, StartFailed, Scope.Scope>
}>() {}

/** How a session may be created from here: what the owner of the machine names is trusted in this process. */
export const createOptions = ({ by, place }: Connection): CreateOptions => {
  const embedded = place._tag === "Embedded"
  return { by, trustLocalPaths: embedded, trustCommands: embedded }
}
