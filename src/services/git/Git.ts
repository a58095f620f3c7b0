/**
 * Runs git. Arguments are an array; the user's configuration, hooks and credentials are ignored; a secret is passed
 * only in the environment; a process that does not exit when told to is killed.
 */
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { AppConfig } from "../config/AppConfig.ts"
import type { Ended } from "../programs/Program.ts"
import { Programs } from "../programs/Programs.ts"
import { retryTransient } from "../support/Retry.ts"
import * as WhileFresh from "../support/WhileFresh.ts"
import { type GitCall, type GitEnvironment, globalConfig, programOf } from "./GitCommand.ts"
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

/** An exit caused by the network. */
class TransientExit extends Data.TaggedError("TransientExit")<{ readonly output: GitOutput }> {
  readonly isRetryable = true
}

const unable = (call: GitCall) => (error: PlatformError.PlatformError) =>
  new GitError({
    operation: call.operation,
    reason: error._tag === "SystemError" && error.reason === "NotFound"
      ? error.module === "Command"
        ? `${programOf({}, call).command} is not installed, or not on the PATH`
        : `the directory ${call.directory} does not exist`
      : GitFailure.scrub(error.message)
  })

/** A process ended by a signal has no exit code; the signal is reported here as on stderr. */
const outputOf = (stdout: string, { exitCode = 128, isCut, signal, stderr }: Ended): GitOutput => ({
  stdout,
  stderr: signal === undefined ? stderr : `${stderr}\nfatal: git died of signal ${signal}\n`,
  exitCode,
  isCut
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
   * Runs git, and gives its output to a function as it comes. It ends when the function wants no more; a non-zero exit code at
   * its own end is an error. (`maxBytes` and `timeout` are left to the reader.)
   */
  readonly read: (call: GitCall, onOutput: (bytes: Uint8Array) => boolean) => Effect.Effect<void, GitError>
  /** An empty directory beside the mirrors, for the lifetime of the scope. */
  readonly temporaryDirectory: Effect.Effect<string, GitError, Scope.Scope>
}>() {
  static readonly layer = Layer.effect(
    Git,
    Effect.gen(function*() {
      const { dataDir } = yield* AppConfig
      const fs = yield* FileSystem.FileSystem
      const programs = yield* Programs
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
      const cleaned = yield* WhileFresh.once(Effect.ignoreLogged(leftBehind))

      const start = (call: GitCall, onOutput: (bytes: Uint8Array) => boolean) =>
        Effect.mapError(programs.run(programOf(environment, call), onOutput), unable(call))

      const once = (call: GitCall) =>
        Effect.suspend(() => {
          const { maxBytes = Infinity } = call
          const chunks = new Array<Uint8Array>()
          let size = 0
          const ended = start(call, (bytes) => {
            chunks.push(bytes)
            size += bytes.length
            return size <= maxBytes
          })
          return Effect.map(ended, (ended) =>
            outputOf(new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxBytes)), ended))
        }).pipe(inTime(call))

      const exec = Effect.fn("Git.exec")((call: GitCall): Effect.Effect<GitOutput, GitError> =>
        (call.remote === undefined ? once(call) : untilReached(once(call))).pipe(
          Effect.annotateSpans("operation", call.operation)
        )
      )

      const read = (call: GitCall, onOutput: (bytes: Uint8Array) => boolean) =>
        Effect.flatMap(start(call, onOutput), (ended) => Effect.asVoid(check(call, outputOf("", ended))))

      return Git.of({
        exec,
        run: (call) => Effect.flatMap(exec(call), (output) => check(call, output)),
        read,
        temporaryDirectory: Effect.zipRight(cleaned, setup(fs.makeTempDirectoryScoped({ directory: temporary })))
      })
    })
  )
}

/** Repeats a call that the network has ended. */
const untilReached = (once: Effect.Effect<GitOutput, GitError>): Effect.Effect<GitOutput, GitError> =>
  once.pipe(
    Effect.filterOrFail(
      (output) => output.exitCode === 0 || !GitFailure.isTransient(output.stderr),
      (output) => new TransientExit({ output })
    ),
    retryTransient,
    Effect.catchTag("TransientExit", ({ output }) => Effect.succeed(output))
  )

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
