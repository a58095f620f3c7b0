/**
 * Runs git. Arguments are an array; nothing of the user's own configuration, hooks or credentials takes part; a secret
 * travels in the environment alone; a process that does not end when it is told to is killed.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import type { Remote } from "../forge/Forge.ts"
import { retryTransient } from "../Retry.ts"
import * as GitFailure from "./GitFailure.ts"
import { GitError } from "./Repositories.ts"

export interface GitCall {
  /** What is tried, for errors and spans: "fetch", "push". */
  readonly operation: string
  /** Where it runs. */
  readonly directory: string
  readonly args: ReadonlyArray<string>
  readonly config?: Readonly<Record<string, string>>
  /** The remote that is talked to. Its failures of the network are tried again. */
  readonly remote?: Remote
  /** How much output is kept, in bytes: what is beyond is cut off, and said. */
  readonly maxBytes?: number
}

export interface GitOutput {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
  /** Whether there was more output than `maxBytes`. */
  readonly isCut: boolean
}

/** The environment that git gets beside a call's own. */
export type GitEnvironment = Readonly<Record<string, string>>

/** Of the server's own environment git gets where programs are, and how the network and its certificates are reached. */
const passedOn = [
  "PATH",
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "ALL_PROXY"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "TMPDIR"]
]

/** For every call. The mirror has no hooks, and does nothing that was not asked for. */
const houseConfig = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "credential.helper": "",
  "fetch.recurseSubmodules": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "http.lowSpeedLimit": "1",
  "http.lowSpeedTime": "120",
  "protocol.allow": "never",
  "protocol.file.allow": "always",
  "protocol.http.allow": "always",
  "protocol.https.allow": "always"
} as const

const authorizationConfig = (remote: Remote | undefined): ReadonlyArray<readonly [string, string]> =>
  remote === undefined || Option.isNone(remote.authorization)
    ? []
    : [[`http.${remote.url}.extraHeader`, `Authorization: ${Redacted.value(remote.authorization.value)}`]]

/** The command of a call. A secret is in its environment and nowhere else. */
export const command = (environment: GitEnvironment, call: GitCall): Command.Command => {
  const entries = [...Object.entries({ ...houseConfig, ...call.config }), ...authorizationConfig(call.remote)]
  const config = Object.fromEntries(
    entries.flatMap(([key, value], i) => [[`GIT_CONFIG_KEY_${i}`, key], [`GIT_CONFIG_VALUE_${i}`, value]])
  )
  return Command.make("git", "--no-pager", ...call.args).pipe(
    Command.workingDirectory(call.directory),
    Command.env(
      {
        ...environment,
        ...config,
        GIT_CONFIG_COUNT: String(entries.length),
        // a directory that is no repository must not be taken for a part of the one around it
        GIT_CEILING_DIRECTORIES: call.directory.replace(/\/[^/]*\/*$/, "") || "/"
      },
      { extendEnv: false }
    )
  )
}

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

/** Reads to the end, and keeps the last pieces. */
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

/** SIGTERM lets git take its locks away; SIGKILL comes when that took too long. The executor itself would wait for ever. */
const end = (process: CommandExecutor.Process): Effect.Effect<void> =>
  Effect.whenEffect(
    process.kill("SIGTERM").pipe(
      Effect.interruptible,
      Effect.timeout("2 seconds"),
      Effect.orElse(() => process.kill("SIGKILL")),
      Effect.ignore // it is gone already
    ),
    Effect.orElseSucceed(process.isRunning, () => false)
  ).pipe(Effect.asVoid)

/** An exit that the network is to blame for. */
class TransientExit extends Data.TaggedError("TransientExit")<{ readonly output: GitOutput }> {
  readonly isRetryable = true
}

const unable = (call: GitCall) => (error: PlatformError.PlatformError) =>
  new GitError({
    operation: call.operation,
    reason: error._tag === "SystemError" && error.reason === "NotFound"
      ? error.module === "Command"
        ? "git is not installed, or not on the PATH"
        : `there is no directory ${call.directory}`
      : GitFailure.scrub(error.message)
  })

export class Git extends Context.Tag("opentl/services/git/Git")<Git, {
  /** Runs git to its end, whatever its exit code. */
  readonly exec: (call: GitCall) => Effect.Effect<GitOutput, GitError>
  /** Runs git; an exit code beside 0 is an error. */
  readonly run: (call: GitCall) => Effect.Effect<GitOutput, GitError>
  /** An empty directory beside the mirrors, for as long as the scope. */
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
      // who works in a data directory is its one owner, so what lies here before was left by one that was killed
      const leftBehind = fs.readDirectory(temporary).pipe(
        Effect.flatMap(Effect.forEach((name) => fs.remove(`${temporary}/${name}`, { recursive: true, force: true })))
      )
      const cleaned = yield* Effect.cached(Effect.ignoreLogged(leftBehind))

      const once = (call: GitCall) =>
        Effect.gen(function*() {
          const process = yield* executor.start(command(environment, call))
          yield* Effect.addFinalizer(() => end(process))
          const stderr = yield* Effect.forkScoped(lastOf(process.stderr))
          const { maxBytes = Infinity } = call
          const stdout = yield* Stream.runFoldWhile(process.stdout, nothing, ({ size }) => size <= maxBytes, append)
          if (stdout.size > maxBytes) return { stdout: decode(stdout, maxBytes), stderr: "", exitCode: 0, isCut: true }
          const exitCode = yield* process.exitCode
          return { stdout: decode(stdout), stderr: yield* Fiber.join(stderr), exitCode, isCut: false }
        }).pipe(Effect.scoped, Effect.mapError(unable(call)))

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

      return Git.of({
        exec,
        run: (call) => Effect.flatMap(exec(call), (output) => check(call, output)),
        temporaryDirectory: Effect.zipRight(cleaned, setup(fs.makeTempDirectoryScoped({ directory: temporary })))
      })
    })
  )
}

/** The error that an exit code beside 0 is. */
export const check = (call: GitCall, output: GitOutput): Effect.Effect<GitOutput, GitError> =>
  output.exitCode === 0
    ? Effect.succeed(output)
    : new GitError({ operation: call.operation, reason: GitFailure.reasonOf(output.stderr, output.exitCode) })

/** Read by the processes that git starts in other repositories as well, where a call's own configuration ends. */
const globalConfig = "[safe]\n\tdirectory = *\n"

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
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_TERMINAL_PROMPT: "0"
    })
  )
