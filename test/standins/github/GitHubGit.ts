/**
 * Bare repositories on disk, made and read with git itself. A git that fails here is a broken stand-in, not a case
 * to test: it is a defect. What may well be absent (a branch, a file) is an `Option`.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** A file's text, or `null` where a commit removes it. */
export type Files = Readonly<Record<string, string | null>>

/** A commit to make on a branch. A branch that is new starts at `from`, or at nothing. */
export interface NewCommit {
  readonly branch: string
  readonly from?: string
  readonly files: Files
  readonly message: string
  /** `Name <address>` */
  readonly author?: string
}

export interface Commit {
  readonly sha: string
  readonly parents: ReadonlyArray<string>
  /** `Name <address>` */
  readonly author: string
  readonly committer: string
  readonly subject: string
  readonly body: string
}

/** What a git process left behind. */
export interface GitOutput {
  readonly exitCode: number
  readonly stdout: Uint8Array
  readonly stderr: string
}

export interface GitRun {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: Uint8Array
}

const defaultAuthor = "A Person <person@example.com>"

/** The user's and the machine's configuration stay out of it. */
const environment = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C"
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const concat = (chunks: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...chunks]))

const data = (text: string): string => `data ${bytes(text).length}\n${text}\n`

const quoted = (path: string): string => `"${path.replace(/["\\]/g, (character) => `\\${character}`)}"`

/** The commands of `git fast-import` for one commit on top of a branch, or on top of nothing. */
const importCommands = (commit: NewCommit, parent: Option.Option<string>, seconds: number): string =>
  [
    `commit refs/heads/${commit.branch}\n`,
    `committer ${commit.author ?? defaultAuthor} ${seconds} +0000\n`,
    data(commit.message),
    ...Option.match(parent, { onNone: () => [], onSome: (sha) => [`from ${sha}\n`] }),
    ...Object.entries(commit.files).map(([path, text]) =>
      text === null ? `D ${quoted(path)}\n` : `M 100644 inline ${quoted(path)}\n${data(text)}`
    )
  ].join("")

const readCommit = (record: string): ReadonlyArray<Commit> => {
  const [sha, parents = "", author = "", committer = "", subject = "", body = ""] = record.trimStart().split("\0")
  return sha === undefined || sha === ""
    ? []
    : [{ sha, parents: parents.split(" ").filter(Boolean), author, committer, subject, body: body.trimEnd() }]
}

export type GitHubGit = Effect.Effect.Success<typeof makeGit>

export const makeGit = Effect.map(CommandExecutor.CommandExecutor, (executor) => {
  const run = (args: ReadonlyArray<string>, { env = {}, input = new Uint8Array() }: GitRun = {}) =>
    Effect.scoped(Effect.gen(function*() {
      const process = yield* executor.start(
        Command.make("git", ...args).pipe(
          Command.env({ ...environment, ...env }),
          Command.stdin(Stream.make(input))
        )
      )
      const collect = <E>(stream: Stream.Stream<Uint8Array, E>) => Effect.map(Stream.runCollect(stream), concat)
      const [stdout, stderr, exitCode] = yield* Effect.all(
        [collect(process.stdout), collect(process.stderr), process.exitCode],
        { concurrency: "unbounded" }
      )
      return { exitCode, stdout, stderr: decode(stderr) } satisfies GitOutput
    })).pipe(Effect.orDie)

  const succeed = Effect.fnUntraced(function*(args: ReadonlyArray<string>, options?: GitRun) {
    const output = yield* run(args, options)
    return output.exitCode === 0
      ? decode(output.stdout)
      : yield* Effect.dieMessage(`git ${args.join(" ")} exited with ${output.exitCode}: ${output.stderr}`)
  })

  const attempt = (args: ReadonlyArray<string>) =>
    Effect.map(run(args), ({ exitCode, stdout }) => exitCode === 0 ? Option.some(decode(stdout)) : Option.none())

  const tip = (directory: string, branch: string) =>
    attempt(["-C", directory, "rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`]).pipe(
      Effect.map(Option.map((sha) => sha.trim()))
    )

  const commit = Effect.fnUntraced(function*(directory: string, commit: NewCommit) {
    const present = yield* tip(directory, commit.branch)
    const parent = Option.isNone(present) && commit.from !== undefined ? yield* tip(directory, commit.from) : present
    const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    yield* succeed(["-C", directory, "fast-import", "--quiet", "--date-format=raw"], {
      input: bytes(importCommands(commit, parent, seconds))
    })
  })

  /** Merges one branch into another, as the button on the page does. */
  const merge = Effect.fnUntraced(function*(directory: string, base: string, head: string, message: string) {
    const person = { GIT_AUTHOR_NAME: "A Person", GIT_AUTHOR_EMAIL: "person@example.com" }
    const env = { ...person, GIT_COMMITTER_NAME: "GitHub", GIT_COMMITTER_EMAIL: "noreply@github.com" }
    const tree = yield* succeed(["-C", directory, "merge-tree", "--write-tree", base, head])
    const parents = ["-p", base, "-p", head]
    const sha = yield* succeed(["-C", directory, "commit-tree", tree.trim(), ...parents, "-m", message], { env })
    yield* succeed(["-C", directory, "update-ref", `refs/heads/${base}`, sha.trim()])
    return sha.trim()
  })

  return {
    run,
    tip,
    commit,
    merge,
    init: (directory: string, defaultBranch: string) =>
      succeed(["init", "--quiet", "--bare", `--initial-branch=${defaultBranch}`, directory]),
    remove: (directory: string, branch: string) =>
      succeed(["-C", directory, "update-ref", "-d", `refs/heads/${branch}`]),
    branches: (directory: string) =>
      Effect.map(
        succeed(["-C", directory, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]),
        (names) => names.split("\n").filter((name) => name !== "")
      ),
    /** How many commits a branch has that another has not. */
    ahead: (directory: string, base: string, head: string) =>
      Effect.map(succeed(["-C", directory, "rev-list", "--count", `refs/heads/${base}..refs/heads/${head}`]), Number),
    fileAt: (directory: string, branch: string, path: string) =>
      attempt(["-C", directory, "cat-file", "blob", `refs/heads/${branch}:${path}`]),
    /** Newest first. */
    log: (directory: string, branch: string) =>
      Effect.map(
        succeed(["-C", directory, "log", "--format=%H%x00%P%x00%an <%ae>%x00%cn <%ce>%x00%s%x00%b%x1e", branch, "--"]),
        (records) => records.split("\x1e").flatMap(readCommit)
      )
  }
})
