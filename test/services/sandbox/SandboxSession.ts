/** A session in a sandbox, for tests of every kind of sandbox. */
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { branchOf, SessionId } from "../../../src/domain/Ids.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import type { InputFile, RunId, RunSpec, Sandbox, SandboxUnavailable } from "../../../src/services/sandbox/Sandbox.ts"
import { run as runProcess } from "../../sandbox/Processes.ts"

export interface Subject {
  readonly dataDir: string
  /** A server's own instance of the sandbox. */
  readonly open: Effect.Effect<Context.Tag.Service<Sandbox>, SandboxUnavailable, Scope.Scope>
}

export type Needs = NodeContext.NodeContext | Scope.Scope

/** Declares one test, whose context has what `R` names beside the usual. */
export type Declare<R = never> = <E>(name: string, test: () => Effect.Effect<void, E, Needs | R>) => void

const gitEnvironment = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org"
}

/** A repository of one commit, outside. */
const makeOrigin = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "origin-" })
  const git = (...args: ReadonlyArray<string>) =>
    Effect.map(runProcess("git", args, { cwd: directory, env: gitEnvironment }), ({ output }) => output.trimEnd())
  yield* fs.writeFileString(`${directory}/hello.txt`, "hello\n")
  yield* git("init", "-q", "-b", "main")
  yield* git("add", "-A")
  yield* git("commit", "-q", "-m", "first")
  yield* git("bundle", "create", "-q", `${directory}/repository.bundle`, "main")
  return { git, bundle: `${directory}/repository.bundle`, commit: yield* git("rev-parse", "HEAD") }
})

/** 12 digits that no other test has. */
export const newSession = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 16), 12),
  (digits) => SessionId.make(digits.map((digit) => digit.toString(16)).join(""))
)

/** The numbers of the host's live processes one of whose arguments is `text`; those in containers are among them. */
export const processesWith = Effect.fn("processesWith")(function*(text: string) {
  const fs = yield* FileSystem.FileSystem
  const pids = (yield* fs.readDirectory("/proc")).filter((pid) => /^\d+$/.test(pid))
  return yield* Effect.filter(pids, (pid) =>
    fs.readFileString(`/proc/${pid}/cmdline`).pipe(
      Effect.map((line) => line.split("\0").includes(text)),
      Effect.orElseSucceed(() => false)
    ))
})

/** A session in a sandbox, removed with everything that it left when the test ends. */
export const makeSession = Effect.fn("makeSession")(function*(subject: Subject) {
  const fs = yield* FileSystem.FileSystem
  const origin = yield* makeOrigin
  const session = yield* newSession
  const sandbox = yield* subject.open
  const gatewayDirectory = yield* fs.makeTempDirectoryScoped({ prefix: "gw-" })
  // the user inside is another one
  yield* fs.chmod(gatewayDirectory, 0o755)
  yield* Effect.addFinalizer(() => Effect.orDie(sandbox.removeWorkspace(session)))

  const round = (number: number): RunId => ({ sessionId: session, turn: 1, round: number })

  const specOf = (run: RunId, agent: string, options: { readonly start?: string } = {}): RunSpec => ({
    run,
    gatewayDirectory,
    environment: {
      OPENTL_SESSION: session,
      OPENTL_TURN: `${run.turn}`,
      OPENTL_ROUND: `${run.round}`,
      OPENTL_BRANCH: branchOf(session),
      OPENTL_START_COMMIT: options.start ?? origin.commit,
      OPENTL_AGENT: "command",
      OPENTL_AGENT_COMMAND: agent
    },
    inputs: [
      text("in/prompt.md", "Change the greeting."),
      text("in/commit-message.txt", "Change the greeting\n"),
      ...(run.round === 1
        ? [{ path: "in/repository.bundle", content: { _tag: "File", path: origin.bundle } } as const]
        : [])
    ]
  })

  const outputOf = (run: RunId, from = sandbox) => from.output(run).pipe(Stream.decodeText(), Stream.mkString)

  /** Runs an agent to its end. */
  const runAgent = Effect.fn("runAgent")(function*(number: number, agent: string) {
    const run = round(number)
    yield* sandbox.start(specOf(run, agent))
    const output = yield* outputOf(run)
    return { run, output, exit: yield* sandbox.exit(run) }
  })

  /** Runs an agent to its end as a session does: watched while its output is read. */
  const runWatched = Effect.fn("runWatched")(function*(number: number, agent: string) {
    const run = round(number)
    yield* sandbox.start(specOf(run, agent))
    const output = yield* Effect.raceFirst(outputOf(run), sandbox.watch(run))
    return { run, output, exit: yield* sandbox.exit(run) }
  })

  /** Takes a result's commits into the origin, and shows them. */
  const takeBundle = (bundle: string) =>
    origin.git("fetch", "-q", bundle, `+refs/heads/${branchOf(session)}:refs/heads/result`).pipe(
      Effect.andThen(origin.git("log", "-p", "--format=%s", "main..result"))
    )

  return { sandbox, session, origin, gatewayDirectory, round, specOf, outputOf, runAgent, runWatched, takeBundle }
})

export const text = (path: string, text: string): InputFile => ({ path, content: { _tag: "Text", text } })

export type Session = Effect.Effect.Success<ReturnType<typeof makeSession>>

export type MakeSubject<E, R> = (limits?: Partial<AppConfigShape["limits"]>) => Effect.Effect<Subject, E, Needs | R>

/** Declares tests each of which has a session of its own. */
export const declareOn = <E, R>(declare: Declare<R>, makeSubject: MakeSubject<E, R>) =>
<E2>(
  name: string,
  body: (session: Session, subject: Subject) => Effect.Effect<void, E2, Needs>,
  limits: Partial<AppConfigShape["limits"]> = {}
) =>
  declare(name, () =>
    Effect.gen(function*() {
      const subject = yield* makeSubject(limits)
      yield* body(yield* makeSession(subject), subject)
    }))
