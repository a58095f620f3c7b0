/** A call of git as a command: arguments as an array, nothing of the user's own configuration, the secret in the environment. */
import * as Command from "@effect/platform/Command"
import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Remote } from "../forge/Forge.ts"

export interface GitCall {
  /** What is tried, for errors and spans: "fetch", "push". */
  readonly operation: string
  /** Where it runs. */
  readonly directory: string
  readonly args: ReadonlyArray<string>
  readonly config?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** The remote that is talked to. Its failures of the network are tried again. */
  readonly remote?: Remote
  /** How much output is kept, in bytes: what is beyond is cut off, and said. */
  readonly maxBytes?: number
  /** A command that runs git in its turn, as `prlimit` does. */
  readonly wrapper?: ReadonlyArray<string>
  /** After so long the process is ended, and the call has failed. */
  readonly timeout?: Duration.Duration
}

/** The environment that git gets beside a call's own. */
export type GitEnvironment = Readonly<Record<string, string>>

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

/**
 * Read by the processes that git starts in other repositories as well, where a call's own configuration ends. Large files
 * are packed as they are: looking for likenesses among them takes many times their size in memory.
 */
export const globalConfig = `[safe]
	directory = *
[core]
	bigFileThreshold = 32m
[pack]
	windowMemory = 128m
`

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
  const git = ["git", "--no-pager", ...call.args] as const
  const [program, ...rest] = call.wrapper ?? []
  const made = program === undefined ? Command.make(...git) : Command.make(program, ...rest, ...git)
  return made.pipe(
    Command.workingDirectory(call.directory),
    Command.env(
      {
        ...environment,
        ...call.environment,
        ...config,
        GIT_CONFIG_COUNT: String(entries.length),
        // a directory that is no repository must not be taken for a part of the one around it
        GIT_CEILING_DIRECTORIES: call.directory.replace(/\/[^/]*\/*$/, "") || "/"
      },
      { extendEnv: false }
    ),
    (command) => call.stdin === undefined ? command : Command.feed(command, call.stdin)
  )
}
