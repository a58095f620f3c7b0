/**
 * Where an agent runs. Values in, values out: the repository goes in as a git bundle, the result comes out as one; no
 * network but the session's gateway socket, no secret.
 *
 * A session has one workspace, which outlives its runs, and one run (a container or a process) a round. A run is found
 * again by its name, so a server that was killed follows it on. `sandbox/README.md` has the protocol inside.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { SessionId } from "../../domain/Ids.ts"

/** Names one run of a session's. */
export interface RunId {
  readonly sessionId: SessionId
  readonly turn: number
  readonly round: number
}

/** `opentl-<session>-<turn>-<round>` */
export const runName = (run: RunId): string => `opentl-${run.sessionId}-${run.turn}-${run.round}`

const readSession = Schema.decodeUnknownOption(SessionId)

/** The session of a run's name. */
export const sessionOf = (name: string): Option.Option<SessionId> =>
  readSession(/^opentl-([0-9a-f]{12})-\d+-\d+$/.exec(name)?.[1])

/** A file put into the workspace before the run starts. */
export interface InputFile {
  /** Directly in the workspace's `in/`, e.g. `in/prompt.md`. Any other place is refused. */
  readonly path: string
  readonly content: { readonly _tag: "Text"; readonly text: string } | { readonly _tag: "File"; readonly path: string }
}

export interface RunSpec {
  readonly run: RunId
  /** What the entrypoint reads beside what the sandbox itself sets (OPENTL_RUNTIME, OPENTL_WORKSPACE, OPENTL_GATEWAY_SOCKET, OPENTL_OUTPUT_LIMIT). Never a secret. */
  readonly environment: Readonly<Record<string, string>>
  readonly inputs: ReadonlyArray<InputFile>
  /** The host directory that holds `gateway.sock`. */
  readonly gatewayDirectory: string
}

export interface RunExit {
  readonly code: number
  /** Why it ended, where that is not the agent's own doing: "out of memory", "killed", or the limit that it passed. */
  readonly reason: string | undefined
  /** It was ended for its output or its disk; `reason` is a whole sentence then. */
  readonly overLimit?: true
}

/** There is nothing to run sandboxes with. */
export class SandboxUnavailable extends Schema.TaggedError<SandboxUnavailable>()("SandboxUnavailable", {
  reason: Schema.String,
  /** What a person does about it. */
  mend: Schema.String,
  /** The image that has to be built, where that is all that is missing. */
  missingImage: Schema.optionalWith(Schema.String, { exact: true })
}) {
  override get message() {
    return `${this.reason} (${this.mend})`
  }
}

/** One run could not be started, followed or read. */
export class SandboxError extends Schema.TaggedError<SandboxError>()("SandboxError", {
  operation: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `sandbox ${this.operation} failed: ${this.reason}`
  }
}

export type SandboxFailure = SandboxError | SandboxUnavailable

export class Sandbox extends Context.Tag("opentl/services/sandbox/Sandbox")<Sandbox, {
  /** "docker", "local (bubblewrap)", "local (no isolation)": shown to people. */
  readonly kind: string
  /** Whether a run could be started now: engine reachable, image present. */
  readonly check: Effect.Effect<void, SandboxUnavailable>
  /** Whether the session's workspace still holds its repository, complete as a round's clone left it. */
  readonly hasRepository: (session: SessionId) => Effect.Effect<boolean, SandboxFailure>
  /**
   * Empties the workspace's `in/` and `out/`, puts the inputs in and starts the run. A run of that name that exists already
   * is left as it is; a start that a crash cut short is made anew.
   */
  readonly start: (spec: RunSpec) => Effect.Effect<void, SandboxFailure>
  /** Whether a run of that name exists, running or exited. */
  readonly exists: (run: RunId) => Effect.Effect<boolean, SandboxFailure>
  /**
   * The run's output from its first byte, followed until it ends. Where it is longer than OPENTL_OUTPUT_LIMIT the run
   * is ended, and the output with it, at the same byte whoever reads it.
   */
  readonly output: (run: RunId) => Stream.Stream<Uint8Array, SandboxFailure>
  /** Holds a run to its limits on the disk, for as long as it is watched: ends it where it passes them. */
  readonly watch: (run: RunId) => Effect.Effect<never>
  /**
   * Waits for the run's end. What was killed, or ended with the machine, has code 137 and a reason; so has one that left
   * more on the disk than OPENTL_DISK allows, whatever its own code was.
   */
  readonly exit: (run: RunId) => Effect.Effect<RunExit, SandboxFailure>
  /** The final words of an ended run's agent, at most 200 kB; empty if it left none. Untrusted. */
  readonly answer: (run: RunId) => Effect.Effect<string, SandboxFailure>
  /** The commits of an ended run, as a bundle file of at most 1 GiB; none if nothing was committed. Untrusted. */
  readonly bundle: (run: RunId) => Effect.Effect<Option.Option<string>, SandboxFailure, Scope.Scope>
  /** Kills and removes every run of the session; the workspace stays, unless one was ended for the disk that it took. */
  readonly removeRuns: (session: SessionId) => Effect.Effect<void, SandboxFailure>
  /** Removes the session's workspace and runs. */
  readonly removeWorkspace: (session: SessionId) => Effect.Effect<void, SandboxFailure>
  /**
   * Removes the session's workspace where no run of it exists, and `isUnused` says so at a moment when `hasRepository`
   * and `start` wait. Says whether it did.
   */
  readonly removeIdleWorkspace: (
    session: SessionId,
    isUnused: Effect.Effect<boolean>
  ) => Effect.Effect<boolean, SandboxFailure>
  /** The sessions that have runs in this installation, for the sweep after a restart. */
  readonly sessionsWithRuns: Effect.Effect<ReadonlyArray<SessionId>, SandboxFailure>
  /** The sessions that have workspaces in this installation. */
  readonly sessionsWithWorkspaces: Effect.Effect<ReadonlyArray<SessionId>, SandboxFailure>
}>() {}
