/**
 * Runs git on what a sandbox made. A few hundred bytes of that can cost any amount of memory and time, so each process
 * has limits (memory, processor time, file sizes), each call has a time limit, and output is read no
 * further than needed. The mirror counts as untrusted once it contains a sandbox's work.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AppConfig } from "../config/AppConfig.ts"
import { check, Git, type GitOutput } from "./Git.ts"
import type { GitCall } from "./GitCommand.ts"
import * as GitLimits from "./GitLimits.ts"
import { GitError } from "./Repositories.ts"

export type UntrustedCall = Omit<GitCall, "remote" | "timeout" | "limiter">

/** How much output is kept by default, in bytes. */
const defaultBytes = 1024 * 1024

/** In bytes: anything longer is not a file's path. */
const longestRecord = 64 * 1024

export interface RecordsFold<S> {
  readonly initial: S
  /** Whether to read more; if not, git is ended. */
  readonly while: (state: S) => boolean
  /** Folds some of git's records, each without its terminating NUL, one character per byte. */
  readonly step: (state: S, records: ReadonlyArray<string>) => S
}

export class UntrustedGit extends Context.Tag("opentl/services/git/UntrustedGit")<UntrustedGit, {
  /** Runs git, whatever its exit code. Exceeding a limit is an error. */
  readonly exec: (call: UntrustedCall) => Effect.Effect<GitOutput, GitError>
  /** Runs git; fails unless the exit code is 0. */
  readonly run: (call: UntrustedCall) => Effect.Effect<GitOutput, GitError>
  /** Folds NUL-terminated records as they arrive. Needs only the state's memory, however much git prints. */
  readonly fold: <S>(call: UntrustedCall, fold: RecordsFold<S>) => Effect.Effect<S, GitError>
}>() {
  static readonly layerWith = (limits: GitLimits.GitLimits) =>
    Layer.effect(
      UntrustedGit,
      Effect.gen(function*() {
        const { dataDir } = yield* AppConfig
        const fs = yield* FileSystem.FileSystem
        const git = yield* Git
        const home = `${dataDir}/mirrors/.git-home`
        const config = `${home}/limited`
        yield* Effect.mapError(
          fs.writeFileString(config, GitLimits.limitedConfig),
          (error) => new GitError({ operation: "setup", reason: error.message })
        )
        const limiter = yield* findLimiter(git, home, limits)

        const limited = (call: UntrustedCall): GitCall => ({
          maxBytes: defaultBytes,
          ...call,
          environment: { ...call.environment, GIT_CONFIG_GLOBAL: config, MALLOC_ARENA_MAX: "1" },
          limiter,
          timeout: Duration.decode(limits.time)
        })

        const inWords = (operation: string) => (error: GitError) => {
          const limit = GitLimits.exceeded(limits, { exitCode: 0, stderr: error.reason })
          return limit === undefined ? error : new GitError({ operation, reason: limit })
        }

        const exec = Effect.fn("UntrustedGit.exec")((call: UntrustedCall): Effect.Effect<GitOutput, GitError> =>
          git.exec(limited(call)).pipe(
            Effect.flatMap((output) => {
              const limit = output.exitCode === 0 ? undefined : GitLimits.exceeded(limits, output)
              return limit === undefined
                ? Effect.succeed(output)
                : new GitError({ operation: call.operation, reason: limit })
            })
          )
        )

        const fold = Effect.fn("UntrustedGit.fold")(
          <S>(call: UntrustedCall, { initial, step, while: goesOn }: RecordsFold<S>): Effect.Effect<S, GitError> =>
            Effect.suspend(() => {
              let state = initial
              let rest = ""
              return Effect.map(
                git.read(limited(call), (bytes) => {
                  const records = `${rest}${Buffer.from(bytes).toString("latin1")}`.split("\0")
                  rest = records.pop() ?? ""
                  state = step(state, records)
                  return rest.length <= longestRecord && goesOn(state)
                }),
                () => ({ state, rest })
              )
            }).pipe(
              Effect.flatMap(({ rest, state }) =>
                rest.length <= longestRecord
                  ? Effect.succeed(state)
                  : new GitError({ operation: call.operation, reason: `a name in it has over ${longestRecord} bytes` })
              ),
              Effect.mapError(inWords(call.operation)),
              Effect.timeoutFail({
                duration: limits.time,
                onTimeout: () =>
                  new GitError({
                    operation: call.operation,
                    reason: `it did not finish within ${Duration.format(limits.time)}`
                  })
              })
            )
        )

        return UntrustedGit.of({
          exec,
          run: (call) => Effect.flatMap(exec(call), (output) => check(call, output)),
          fold
        })
      })
    )

  static readonly layer = UntrustedGit.layerWith(GitLimits.limits)
}

/** If neither the shell nor `prlimit` may set the limits, logs that once; the other limits still apply. */
const findLimiter = Effect.fnUntraced(
  function*(git: Context.Tag.Service<Git>, directory: string, limits: GitLimits.GitLimits) {
    const tried = (limiter: GitLimits.Limiter) => {
      const call = { operation: "setup", directory, args: ["version"], limiter }
      return Effect.as(Effect.flatMap(git.exec(call), (output) => check(call, output)), limiter)
    }
    return yield* Effect.firstSuccessOf([tried(GitLimits.byShell(limits)), tried(GitLimits.byPrlimit(limits))]).pipe(
      Effect.catchTag("GitError", ({ reason }) =>
        Effect.as(
          Effect.logWarning(
            `git reads sandbox results without limits on memory and processor time: prlimit (util-linux) does not work (${reason})`
          ),
          GitLimits.none
        ))
    )
  }
)
