/**
 * Runs commands on a commit, in a sandbox of their own: a workspace made from the commit, in which no agent was. After a
 * crash of the server the run is found by its name.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CheckReportJson, CheckRequestJson, overLimit } from "../../domain/CheckRun.ts"
import type { CommitId } from "../../domain/Ids.ts"
import * as SandboxMarker from "../../domain/SandboxMarker.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as CommitMessage from "../../services/forge/CommitMessage.ts"
import { Repositories } from "../../services/git/Repositories.ts"
import { type RunExit, type RunId, Sandbox, SandboxError } from "../../services/sandbox/Sandbox.ts"
import { CollectedRuns } from "./CollectedRuns.ts"
import type { Given } from "./Dependencies.ts"
import { bundleFile, installFiles, textFile } from "./InputFiles.ts"
import * as RunDirectories from "./RunDirectories.ts"
import type { StepContext } from "./StepContext.ts"

/** What is asked of a run of checks. */
export interface CheckOrder {
  readonly commit: CommitId
  readonly commands: ReadonlyArray<{ readonly run: string; readonly timeoutSeconds?: number }>
  /** Shell lines in place of the detected dependency install. */
  readonly setup: ReadonlyArray<string> | undefined
  /** What it is given of the dependencies, so that it need not install them. */
  readonly given?: Given
  /** The most time of all commands. Making the workspace has limits of its own. */
  readonly atMost: Duration.Duration
}

/** The run was killed, or could not be made: that says nothing of the commit, and is tried once more. */
class RunLost extends Schema.TaggedError<RunLost>()("RunLost", { reason: Schema.String }) {}

const decode = Schema.decode(CheckReportJson)
const encode = Schema.encodeSync(CheckRequestJson)

export const make = Effect.gen(function*() {
  const collected = yield* CollectedRuns
  const { sandboxCertificates } = yield* AppConfig
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox
  const directories = yield* RunDirectories.make

  const start = Effect.fnUntraced(
    function*({ claim, state }: StepContext, run: RunId, { atMost, commands, commit, given, setup }: CheckOrder) {
      const contents = { start: commit, known: undefined, isShared: sandbox.mountsObjects === true, work: undefined }
      const bundle = yield* repositories.exportBundle(state.spec.repo, state.branch, contents)
      const request = encode({
        seconds: Duration.toSeconds(atMost),
        commands: commands.map(({ run, timeoutSeconds }) => ({
          run,
          ...(timeoutSeconds === undefined ? {} : { seconds: timeoutSeconds })
        }))
      })
      yield* sandbox.start({
        run,
        ...(yield* directories(claim.sessionId, state)),
        inputs: [
          textFile("in/checks.json", request),
          ...installFiles(sandboxCertificates, setup),
          ...bundleFile(bundle),
          ...(given?.inputs ?? [])
        ],
        ...(given?.dependencies === undefined ? {} : { dependencies: given.dependencies }),
        environment: {
          ...given?.environment,
          OPENTL_AGENT: "checks",
          OPENTL_SESSION: claim.sessionId,
          OPENTL_TURN: String(run.turn),
          OPENTL_ROUND: String(run.round),
          OPENTL_BRANCH: state.branch,
          OPENTL_START_COMMIT: commit,
          OPENTL_AUTHOR_NAME: CommitMessage.author.name,
          OPENTL_AUTHOR_EMAIL: CommitMessage.author.email
        }
      })
    },
    Effect.scoped
  )

  /** The last error that the sandbox itself has told. */
  const lastError = (run: RunId) =>
    sandbox.output(run).pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.map(SandboxMarker.parse),
      Stream.runFold("", (last, line) => line._tag === "Error" ? line.text : last),
      Effect.orElseSucceed(() => "")
    )

  const read = Effect.fnUntraced(function*(run: RunId, exit: RunExit, commands: number) {
    if (exit.overLimit === true) {
      const before = yield* Effect.option(Effect.flatMap(sandbox.checkReport(run), decode))
      return overLimit(commands, exit.reason ?? "over a limit of the sandbox", before)
    }
    if (exit.code !== 0) {
      const told = yield* lastError(run)
      return yield* new RunLost({ reason: exit.reason ?? (told === "" ? `exit code ${exit.code}` : told) })
    }
    const report = yield* Effect.mapError(
      Effect.flatMap(sandbox.checkReport(run), decode),
      (error) => error._tag === "ParseError" ? new RunLost({ reason: "its report cannot be read" }) : error
    )
    if (report.commands.length !== commands || report.running !== undefined) {
      return yield* new RunLost({ reason: "its report is of other commands" })
    }
    return report
  })

  /**
   * The ends of the commands on the commit. A run that is lost is made once more; the second time it is the step's
   * failure.
   */
  return Effect.fn("CheckRuns.run")(function*(context: StepContext, run: RunId, order: CheckOrder) {
    const once = Effect.gen(function*() {
      yield* collected.settled(run.sessionId)
      if (!(yield* sandbox.exists(run))) yield* start(context, run, order)
      const exit = yield* Effect.raceFirst(sandbox.exit(run), sandbox.watch(run))
      return yield* read(run, exit, order.commands.length)
    })
    return yield* once.pipe(
      Effect.tapErrorTag("RunLost", ({ reason }) =>
        Effect.zipRight(
          Effect.logWarning(`a sandbox of checks was lost: ${reason}`),
          sandbox.removeRuns(run.sessionId)
        )),
      Effect.retry({ times: 1, while: (error) => error._tag === "RunLost" }),
      Effect.catchTag("RunLost", ({ reason }) => new SandboxError({ operation: "verification", reason }))
    )
  })
})
