import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { outputOf, run, start } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"

export const branch = "opentl/abc123def456"

const Result = Schema.parseJson(Schema.Struct({
  exit_code: Schema.Number,
  head: Schema.String,
  changed: Schema.Boolean
}))

/** Git away from the configuration of whoever runs the tests. */
const gitEnvironment = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org"
}

const gitIn = (cwd: string) => (...args: ReadonlyArray<string>) =>
  run("git", args, { cwd, env: gitEnvironment }).pipe(Effect.map(({ output }) => output.trimEnd()))

/**
 * What the host has of a session: the repository it comes from (`origin`), and the workspace that goes into the
 * sandbox, with the repository as a bundle. `round` runs the entrypoint on it, as the host does in a container.
 */
export const makeSession = Effect.fn("makeSession")(function*(files: Record<string, string>) {
  const fs = yield* FileSystem.FileSystem
  const runtime = yield* SandboxRuntime
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-session-" })
  const origin = `${directory}/origin`
  const workspace = `${directory}/workspace`
  const git = gitIn(origin)
  yield* fs.makeDirectory(origin)
  yield* fs.makeDirectory(`${workspace}/in`, { recursive: true })
  yield* Effect.forEach(Object.entries(files), ([name, text]) => fs.writeFileString(`${origin}/${name}`, text))
  yield* git("init", "-q", "-b", "main")
  yield* git("add", "-A")
  yield* git("commit", "-q", "-m", "first")
  yield* git("bundle", "create", "-q", `${workspace}/in/repository.bundle`, "main")
  const base = yield* git("rev-parse", "HEAD")

  const environment = {
    OPENTL_RUNTIME: runtime.directory,
    OPENTL_WORKSPACE: workspace,
    OPENTL_GATEWAY_SOCKET: "",
    OPENTL_SESSION: "abc123def456",
    OPENTL_TURN: "1",
    OPENTL_ROUND: "1",
    OPENTL_BRANCH: branch,
    OPENTL_START_COMMIT: base,
    OPENTL_AGENT: "command",
    OPENTL_AGENT_COMMAND: "true",
    OPENTL_AUTHOR_NAME: "OpenTL Agent",
    OPENTL_AUTHOR_EMAIL: "agent@example.org",
    OPENTL_INSTALL_TIMEOUT: "900"
  }

  const begin = Effect.fn(function*(agentCommand: string, overrides: Record<string, string> = {}) {
    yield* fs.writeFileString(`${workspace}/in/commit-message.txt`, "Do the task\n\nWith a body\n")
    return yield* start("bash", [`${runtime.directory}/entrypoint.sh`], {
      cwd: workspace,
      env: { ...environment, OPENTL_AGENT_COMMAND: agentCommand, ...overrides }
    })
  })

  const round = Effect.fn("round")(function*(
    agentCommand: string,
    options: { readonly prompt?: string; readonly setup?: string; readonly env?: Record<string, string> } = {}
  ) {
    if (options.setup !== undefined) yield* fs.writeFileString(`${workspace}/in/setup.sh`, options.setup)
    yield* fs.writeFileString(`${workspace}/in/prompt.md`, options.prompt ?? "the prompt")
    const process = yield* begin(agentCommand, options.env)
    const [output, exitCode] = yield* Effect.all([outputOf(process), process.exitCode], { concurrency: "unbounded" })
    const notes = yield* Effect.orElseSucceed(fs.readFileString(`${workspace}/out/notes`), () => "")
    const result = yield* fs.readFileString(`${workspace}/out/result.json`).pipe(
      Effect.flatMap(Schema.decode(Result)),
      Effect.map((result) => ({ ...result, notes })),
      Effect.option
    )
    return { lines: output.trimEnd().split("\n"), exitCode, result: Option.getOrUndefined(result) }
  }, Effect.scoped)

  /** Takes the result over as the host does, as the branch `result` of the origin. */
  const takeResult = git("fetch", "-q", `${workspace}/out/result.bundle`, `+refs/heads/${branch}:refs/heads/result`)

  /** What the server does with a round's result: one commit with its files on top of the turn's start. */
  const asOneCommit = Effect.fn("asOneCommit")(function*(start: string) {
    yield* takeResult
    return yield* git("commit-tree", "result^{tree}", "-p", start, "-m", "The turn's work")
  })

  /** A person commits a file on top of a commit, at the remote. */
  const person = Effect.fn("person")(function*(parent: string, name: string, text: string) {
    yield* git("checkout", "-q", "-f", "--detach", parent)
    yield* fs.writeFileString(`${origin}/${name}`, text)
    yield* git("add", "-A")
    yield* git("commit", "-q", "-m", `A person's ${name}`)
    return yield* git("rev-parse", "HEAD")
  })

  /** A further turn, from that commit on. The bundle leaves out what is `known`, and has the `work` where there is some. */
  const turn = Effect.fn("turn")(function*(
    number: number,
    start: string,
    agentCommand: string,
    options: {
      readonly known?: string
      readonly work?: string
      readonly workStart?: string
      readonly pushedTurn?: number
      readonly round?: number
      readonly bundle?: boolean
      readonly env?: Record<string, string>
    } = {}
  ) {
    if (options.bundle !== false) {
      yield* git("update-ref", `refs/heads/${branch}`, start)
      if (options.work !== undefined) yield* git("update-ref", "refs/opentl/work", options.work)
      yield* git(
        ...["bundle", "create", "-q", `${workspace}/in/repository.bundle`, `refs/heads/${branch}`],
        ...(options.work === undefined ? [] : ["refs/opentl/work"]),
        ...(options.known === undefined ? [] : [`^${options.known}`])
      )
    }
    return yield* round(agentCommand, {
      env: {
        ...options.env,
        OPENTL_TURN: `${number}`,
        OPENTL_ROUND: `${options.round ?? 1}`,
        OPENTL_START_COMMIT: start,
        ...(options.work === undefined ? {} : { OPENTL_WORK_COMMIT: options.work }),
        ...(options.workStart === undefined ? {} : { OPENTL_WORK_START: options.workStart }),
        ...(options.pushedTurn === undefined ? {} : { OPENTL_PUSHED_TURN: `${options.pushedTurn}` })
      }
    })
  })

  /** The files that differ between the start and the result: status and path, one a line. */
  const changedFiles = Effect.zipRight(takeResult, git("diff", "--name-status", base, "result"))

  const repository = `${workspace}/repo`
  return {
    asOneCommit,
    base,
    begin,
    changedFiles,
    git,
    inside: gitIn(repository),
    origin,
    person,
    repository,
    round,
    takeResult,
    turn,
    workspace
  }
})

/** Marker lines only: kind and text. */
export const markers = (lines: ReadonlyArray<string>) =>
  lines.flatMap((line) => {
    const match = /^###OPENTL_(\w+)### (.*)$/.exec(line)
    return match === null ? [] : [`${match[1]} ${match[2]}`]
  })
