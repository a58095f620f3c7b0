/**
 * Runs git. Arguments are an array; the user's configuration, hooks and credentials are ignored; a secret is passed
 * only in the environment; a process that does not exit when told to is killed.
 */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import { retryTransient } from "../support/Retry.ts"
import { command, type GitCall, type GitEnvironment, globalConfig } from "./GitCommand.ts"
import * as GitFailure from "./GitFailure.ts"
import { GitError } from "./Repositories.ts"

export interface GitOutput {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
  /** Whether the output exceeded `maxBytes`. */
  readonly isCut: boolean
}

/**
 * The variables that git gets from the server's environment: where programs are, and how to reach the network and its
 * certificates.
 */
const passedOn = [
  "PATH",
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "ALL_PROXY"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "TMPDIR"]
]

interface Captured {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly size: number
}

const nothing: Captured = { chunks: [], size: 0 }

const append = ({ chunks, size }: Captured, chunk: Uint8Array): Captured => ({
  chunks: [...chunks, chunk],
  size: size + chunk.length
})

const decode = ({ chunks }: Captured, limit = Infinity): string =>
  new TextDecoder().decode(Buffer.concat(chunks).subarray(0, limit))

/** Reads to the end, and keeps only the last chunks. */
const lastOf = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  Effect.map(
    Stream.runFold(stream, nothing, (kept, chunk) => {
      const [first, ...rest] = kept.chunks
      return append(
        kept.size > 65_536 && first !== undefined ? { chunks: rest, size: kept.size - first.length } : kept,
        chunk
      )
    }),
    decode
  )

/**
 * Ends git: SIGTERM lets it remove its locks; SIGKILL follows if that takes too long. The executor itself would wait
 * forever.
 */
const end = (process: CommandExecutor.Process): Effect.Effect<void> =>
  Effect.whenEffect(
    process.kill("SIGTERM").pipe(
      Effect.interruptible,
      Effect.timeout("2 seconds"),
      Effect.orElse(() => process.kill("SIGKILL")),
      Effect.ignore // it has exited already
    ),
    Effect.orElseSucceed(process.isRunning, () => false)
  ).pipe(Effect.asVoid)

/** An exit caused by the network. */
class TransientExit extends Data.TaggedError("TransientExit")<{ readonly output: GitOutput }> {
  readonly isRetryable = true
}

const unable = (call: GitCall) => (error: PlatformError.PlatformError) =>
  new GitError({
    operation: call.operation,
    reason: error._tag === "SystemError" && error.reason === "NotFound"
      ? error.module === "Command"
        ? `${call.wrapper?.[0] ?? "git"} is not installed, or not on the PATH`
        : `the directory ${call.directory} does not exist`
      : GitFailure.scrub(error.message)
  })

/** A process ended by a signal has no exit code; the signal is in its error, reported here as on stderr. */
const exitOf = (process: CommandExecutor.Process) =>
  Effect.map(process.exitCode, (exitCode) => ({ exitCode: Number(exitCode), signal: "" })).pipe(
    Effect.catchTag("SystemError", (error) => {
      const signal = /receipt of signal: (SIG\w+)/.exec(error.message)?.[1]
      return signal === undefined
        ? Effect.fail(error)
        : Effect.succeed({ exitCode: 128, signal: `\nfatal: git died of signal ${signal}\n` })
    })
  )

/** Node throws if the directory is a file, or a name contains a zero byte. */
const notStarted = (thrown: unknown) =>
  new PlatformError.SystemError({
    reason: "Unknown",
    module: "Command",
    method: "spawn",
    description: Predicate.isError(thrown) ? thrown.message : String(thrown)
  })

/** Fails unless the exit code is 0. */
export const check = (call: GitCall, output: GitOutput): Effect.Effect<GitOutput, GitError> =>
  output.exitCode === 0
    ? Effect.succeed(output)
    : new GitError({ operation: call.operation, reason: GitFailure.reasonOf(output.stderr, output.exitCode) })

export class Git extends Context.Tag("opentl/services/git/Git")<Git, {
  /** Runs git, whatever its exit code. */
  readonly exec: (call: GitCall) => Effect.Effect<GitOutput, GitError>
  /** Runs git; fails unless the exit code is 0. */
  readonly run: (call: GitCall) => Effect.Effect<GitOutput, GitError>
  /**
   * Streams git's output. The process ends with the stream, however early; a non-zero exit code at its own end is an
   * error. (`maxBytes` and `timeout` are left to the reader.)
   */
  readonly stream: (call: GitCall) => Stream.Stream<Uint8Array, GitError>
  /** An empty directory beside the mirrors, for the lifetime of the scope. */
  readonly temporaryDirectory: Effect.Effect<string, GitError, Scope.Scope>
}>() {
  static readonly layer = Layer.effect(
    Git,
    Effect.gen(function*() {
      const { dataDir } = yield* AppConfig
      const executor = yield* CommandExecutor.CommandExecutor
      const fs = yield* FileSystem.FileSystem
      const home = `${dataDir}/mirrors/.git-home`
      const temporary = `${dataDir}/mirrors/.tmp`
      const environment = yield* makeEnvironment(home)
      const setup = Effect.mapError((error: PlatformError.PlatformError) =>
        new GitError({ operation: "setup", reason: error.message })
      )
      yield* Effect.all([
        fs.makeDirectory(home, { recursive: true }),
        fs.makeDirectory(temporary, { recursive: true }),
        fs.writeFileString(`${home}/config`, globalConfig)
      ]).pipe(setup)
      // this process is the data directory's only owner, so these files were left by a killed process
      const leftBehind = fs.readDirectory(temporary).pipe(
        Effect.flatMap(Effect.forEach((name) => fs.remove(`${temporary}/${name}`, { recursive: true, force: true })))
      )
      const cleaned = yield* Effect.cached(Effect.ignoreLogged(leftBehind))

      /** Starts git for the lifetime of the scope; also collects its stderr. */
      const start = Effect.fnUntraced(function*(call: GitCall) {
        const process = yield* Effect.catchAllDefect(executor.start(command(environment, call)), notStarted)
        yield* Effect.addFinalizer(() => end(process))
        const stderr = yield* Effect.forkScoped(lastOf(process.stderr))
        const ended = Effect.gen(function*() {
          const { exitCode, signal } = yield* exitOf(process)
          return { exitCode, stderr: `${yield* Fiber.join(stderr)}${signal}` }
        })
        return { stdout: process.stdout, ended }
      })

      const once = (call: GitCall) =>
        Effect.gen(function*() {
          const process = yield* start(call)
          const { maxBytes = Infinity } = call
          const stdout = yield* Stream.runFoldWhile(process.stdout, nothing, ({ size }) => size <= maxBytes, append)
          if (stdout.size > maxBytes) return { stdout: decode(stdout, maxBytes), stderr: "", exitCode: 0, isCut: true }
          return { stdout: decode(stdout), ...(yield* process.ended), isCut: false }
        }).pipe(Effect.scoped, Effect.mapError(unable(call)), inTime(call))

      const exec = Effect.fn("Git.exec")((call: GitCall): Effect.Effect<GitOutput, GitError> =>
        once(call).pipe(
          Effect.filterOrFail(
            (output) => call.remote === undefined || output.exitCode === 0 || !GitFailure.isTransient(output.stderr),
            (output) => new TransientExit({ output })
          ),
          retryTransient,
          Effect.catchTag("TransientExit", ({ output }) => Effect.succeed(output)),
          Effect.annotateSpans("operation", call.operation)
        )
      )

      const stream = (call: GitCall): Stream.Stream<Uint8Array, GitError> =>
        Stream.unwrapScoped(
          Effect.map(start(call), ({ ended, stdout }) =>
            Stream.concat(
              Stream.mapError(stdout, unable(call)),
              ended.pipe(
                Effect.mapError(unable(call)),
                Effect.flatMap((end) => check(call, { ...end, stdout: "", isCut: false })),
                Stream.fromEffect,
                Stream.drain
              )
            )).pipe(Effect.mapError(unable(call)))
        )

      return Git.of({
        exec,
        run: (call) => Effect.flatMap(exec(call), (output) => check(call, output)),
        stream,
        temporaryDirectory: Effect.zipRight(cleaned, setup(fs.makeTempDirectoryScoped({ directory: temporary })))
      })
    })
  )
}

const inTime = (call: GitCall) => <A>(effect: Effect.Effect<A, GitError>): Effect.Effect<A, GitError> => {
  const { operation, timeout } = call
  return timeout === undefined ? effect : Effect.timeoutFail(effect, {
    duration: timeout,
    onTimeout: () => new GitError({ operation, reason: `it did not finish within ${Duration.format(timeout)}` })
  })
}

const makeEnvironment = (home: string) =>
  Effect.map(
    Effect.forEach(passedOn, (name) =>
      Effect.map(Effect.option(Config.string(name)), Option.map((value) => [name, value] as const))),
    (found): GitEnvironment => ({
      PATH: "/usr/local/bin:/usr/bin:/bin",
      ...Object.fromEntries(Arr.getSomes(found)),
      HOME: home,
      LC_ALL: "C",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: `${home}/config`,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_DEFAULT_REF_FORMAT: "files",
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_TERMINAL_PROMPT: "0"
    })
  )
