/**
 * Where an agent runs. Values in, values out: the repository goes in as a git bundle, and the result comes out as one.
 * No network except the session's gateway socket, no secrets.
 *
 * A session has one workspace, which outlives its runs, and one run (a container or a process) per round. A run is
 * found by its name, so a restarted server continues to follow it. `sandbox/README.md` describes the protocol inside.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { SessionId } from "../../domain/Ids.ts"

/** Identifies a session's run. */
export interface RunId {
  readonly sessionId: SessionId
  readonly turn: number
  readonly round: number
  /**
   * For a run of the repository's checks: on which commit; `dependencies` for one that only installs those of the base.
   * It has a workspace of its own, made for it and removed with it, in which no agent ever was. Absent: the agent's run.
   */
  readonly checks?: "head" | "base" | "dependencies"
}

const suffixes = { head: "-verify", base: "-base-verify", dependencies: "-dependencies" } as const

/** `opentl-<session>-<turn>-<round>`; a run of checks ends in `-verify`, one that installs in `-dependencies`. */
export const runName = ({ checks, round, sessionId, turn }: RunId): string =>
  `opentl-${sessionId}-${turn}-${round}${checks === undefined ? "" : suffixes[checks]}`

const readSession = Schema.decodeUnknownOption(SessionId)

/** The session that a run's name belongs to. */
export const sessionOf = (name: string): Option.Option<SessionId> =>
  readSession(/^opentl-([0-9a-f]{12})-\d+-\d+(?:(?:-base)?-verify|-dependencies)?$/.exec(name)?.[1])

/** Whether a name is that of a run of checks, which has a workspace of its own. */
export const isOfChecks = (name: string): boolean => /-(?:verify|dependencies)$/.test(name)

/** A file put into the workspace before the run starts. */
export interface InputFile {
  /** A path directly in the workspace's `in/`, e.g. `in/prompt.md`. Any other path is rejected. */
  readonly path: string
  readonly content: { readonly _tag: "Text"; readonly text: string } | { readonly _tag: "File"; readonly path: string }
}

export interface RunSpec {
  readonly run: RunId
  /**
   * Variables for the entrypoint, besides those that the sandbox sets (OPENTL_RUNTIME, OPENTL_WORKSPACE,
   * OPENTL_GATEWAY_SOCKET, OPENTL_OUTPUT_LIMIT). Never a secret.
   */
  readonly environment: Readonly<Record<string, string>>
  readonly inputs: ReadonlyArray<InputFile>
  /** A file of this machine with what an install left (`takeDependencies`), for a sandbox that can take it. */
  readonly dependencies?: string
  /** The host directory that contains `gateway.sock`. */
  readonly gatewayDirectory: string
  /** A host directory with git objects of the repository, for a sandbox that `mountsObjects`. */
  readonly objectsDirectory?: string
}

/** The host directories that a run needs. */
export type RunDirectories = Pick<RunSpec, "gatewayDirectory" | "objectsDirectory">

/** What is known of a run before its inputs are. */
export interface RunOutlook extends RunDirectories {
  /** What its OPENTL_AGENT will probably be, whose host can be started early. */
  readonly expectedAgent?: string
}

/** What is known of the first run of a session that does not exist yet: not even its repository. */
export type AheadOutlook = Omit<RunOutlook, "objectsDirectory">

export interface RunExit {
  readonly code: number
  /** Why it ended, if not by itself: "out of memory", "killed", or the limit that it exceeded. */
  readonly reason: string | undefined
  /** Whether it was ended for its output or disk use; `reason` is then a full sentence. */
  readonly overLimit?: true
}

/** No sandbox can be run. */
export class SandboxUnavailable extends Schema.TaggedError<SandboxUnavailable>()("SandboxUnavailable", {
  reason: Schema.String,
  /** How to fix it. */
  mend: Schema.String,
  /** The missing image, if that is the only problem. */
  missingImage: Schema.optionalWith(Schema.String, { exact: true })
}) {
  override get message() {
    return `${this.reason} (${this.mend})`
  }
}

/** A run could not be started, followed or read. */
export class SandboxError extends Schema.TaggedError<SandboxError>()("SandboxError", {
  operation: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `sandbox ${this.operation} failed: ${this.reason}`
  }
}

export type SandboxFailure = SandboxError | SandboxUnavailable

/** How long a run that was asked to end is waited for: what an agent's host takes at most, and a little more. */
export const stopTime = Duration.seconds(6)

export class Sandbox extends Context.Tag("opentl/services/sandbox/Sandbox")<Sandbox, {
  /** The kind as shown to people: "docker", "local (bubblewrap)", "local (no isolation)". */
  readonly kind: string
  /** What the results of commands depend on beside their files: the image's id, or the kind. */
  readonly identity: Effect.Effect<string, SandboxFailure>
  /**
   * Whether every run of a session reads the objects in `objectsDirectory` where they are. Absent: it does not, and gets
   * the repository's whole history as an input.
   */
  readonly mountsObjects?: true
  /** Checks whether a run could start now: engine reachable, image present. */
  readonly check: Effect.Effect<void, SandboxUnavailable>
  /**
   * Begins to prepare a sandbox for a run whose inputs are not known yet, and returns at once. It is a hint: `start`
   * succeeds and fails without it, only later. `removeRuns` gives it up.
   */
  readonly prepare: (run: RunId, outlook: RunOutlook) => Effect.Effect<void>
  /**
   * Prepares a sandbox for the first run of a session that does not exist yet, and waits until it is there. It belongs to the
   * session that gets this id; until then `removeWorkspace` gives it up. Absent: a sandbox is only prepared for a session.
   */
  readonly prepareAhead?: (run: RunId, outlook: AheadOutlook) => Effect.Effect<void, SandboxFailure>
  /** Gives up what is prepared for the session, and touches none of its runs. Absent: nothing ever is. */
  readonly giveUpPrepared?: (session: SessionId) => Effect.Effect<void, SandboxFailure>
  /** Whether the session's workspace still contains its repository, completely cloned. */
  readonly hasRepository: (session: SessionId) => Effect.Effect<boolean, SandboxFailure>
  /**
   * Empties the workspace's `in/` and `out/`, adds the inputs and starts the run. An existing run with this name is
   * left alone; a start that was cut short by a crash is repeated.
   */
  readonly start: (spec: RunSpec) => Effect.Effect<void, SandboxFailure>
  /** Whether a run with this name exists, running or exited. */
  readonly exists: (run: RunId) => Effect.Effect<boolean, SandboxFailure>
  /**
   * The run's output from its first byte, followed to its end. If it exceeds OPENTL_OUTPUT_LIMIT, the run is ended, and
   * the output ends at the same byte for every reader.
   */
  readonly output: (run: RunId) => Stream.Stream<Uint8Array, SandboxFailure>
  /** Watches a run's disk use, and ends the run if it exceeds a limit. Runs until interrupted. */
  readonly watch: (run: RunId) => Effect.Effect<never>
  /**
   * Waits for the run's end. A run that was killed or that ended with the machine has code 137 and a reason, as has one
   * that left more on the disk than OPENTL_DISK permits, whatever its own exit code.
   */
  readonly exit: (run: RunId) => Effect.Effect<RunExit, SandboxFailure>
  /** The agent's final words in an ended run, at most 200 kB; empty if there are none. Untrusted. */
  readonly answer: (run: RunId) => Effect.Effect<string, SandboxFailure>
  /** What the runner of checks wrote in an ended run (`CheckRun.ts`), at most 32 MiB; empty if nothing. Untrusted. */
  readonly checkReport: (run: RunId) => Effect.Effect<string, SandboxFailure>
  /**
   * What the install of an ended run of the kind `dependencies` has left, as a file of at most so many bytes in the
   * caller's scope; none if it packed nothing. Absent: what was installed is of no use in another run.
   */
  readonly takeDependencies?: (
    run: RunId,
    limit: number
  ) => Effect.Effect<Option.Option<string>, SandboxFailure, Scope.Scope>
  /** The commits of an ended run, as a bundle file of at most 1 GiB in the caller's scope; none if nothing was committed. Untrusted. */
  readonly bundle: (run: RunId) => Effect.Effect<Option.Option<string>, SandboxFailure, Scope.Scope>
  /**
   * The same where it lies, as soon as the run's output has ended: only where nobody can change it any more, until the run is
   * removed. Absent: never.
   */
  readonly bundleInPlace?: (run: RunId) => Effect.Effect<Option.Option<string>>
  /**
   * Asks a run to end, and waits for that: its agent is asked by its protocol, then by a signal. After `stopTime` it is
   * killed. Succeeds if it has ended or does not exist.
   */
  readonly stop: (run: RunId) => Effect.Effect<void, SandboxFailure>
  /**
   * Kills and removes all runs of the session, apart from what is prepared for the run `next`. The workspace stays,
   * unless a run was ended for its disk use.
   */
  readonly removeRuns: (session: SessionId, next?: RunId) => Effect.Effect<void, SandboxFailure>
  /** Removes the session's workspace and runs. */
  readonly removeWorkspace: (session: SessionId) => Effect.Effect<void, SandboxFailure>
  /**
   * Removes the session's workspace if it has no run and `isUnused` returns true, checked while `hasRepository` and
   * `start` wait. Returns whether it was removed.
   */
  readonly removeIdleWorkspace: (
    session: SessionId,
    isUnused: Effect.Effect<boolean>
  ) => Effect.Effect<boolean, SandboxFailure>
  /** The sessions with runs in this installation, for the sweep after a restart. */
  readonly sessionsWithRuns: Effect.Effect<ReadonlyArray<SessionId>, SandboxFailure>
  /** The sessions with workspaces in this installation. */
  readonly sessionsWithWorkspaces: Effect.Effect<ReadonlyArray<SessionId>, SandboxFailure>
}>() {}
