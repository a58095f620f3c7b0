/**
 * Turns a git call into a program: arguments as an array, none of the user's configuration, the secret in the
 * environment.
 */
import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Remote } from "../forge/Forge.ts"
import type { Program } from "../programs/Program.ts"
import * as GitLimits from "./GitLimits.ts"

export interface GitCall {
  /** The name of the operation for errors and spans: "fetch", "push". */
  readonly operation: string
  /** The working directory. */
  readonly directory: string
  readonly args: ReadonlyArray<string>
  readonly config?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** The remote it connects to, if any. Network failures are then retried. */
  readonly remote?: Remote
  /** The most output to keep, in bytes; the rest is cut off, and `isCut` is set. */
  readonly maxBytes?: number
  /** Lines for the shell that run git, in place of git itself. It gets the arguments, and should name git's directories. */
  readonly script?: string
  /** Starts it within limits. */
  readonly limiter?: GitLimits.Limiter
  /** After this time the process is ended and the call fails. */
  readonly timeout?: Duration.Duration
}

/** Further environment variables for git. */
export type GitEnvironment = Readonly<Record<string, string>>

/** The configuration of every call: no hooks, no background work. */
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
 * Also applies to processes that git starts in other repositories, where a call's own configuration does not. Large
 * files are packed without delta compression, which would take many times their size in memory.
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

const configEnvironment = (entries: ReadonlyArray<readonly [string, string]>): Readonly<Record<string, string>> => {
  const environment: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) }
  entries.forEach(([key, value], i) => {
    environment[`GIT_CONFIG_KEY_${i}`] = key
    environment[`GIT_CONFIG_VALUE_${i}`] = value
  })
  return environment
}

/** The program for a call. A secret is only in its environment. */
export const programOf = (environment: GitEnvironment, call: GitCall): Program => {
  const { limiter = GitLimits.none, script } = call
  const [command = "git", ...args] = script === undefined
    ? limiter.program(["git", "--no-pager", ...call.args])
    : limiter.script(script, call.args)
  return {
    command,
    args,
    directory: call.directory,
    environment: {
      ...environment,
      ...call.environment,
      ...configEnvironment([
        ...Object.entries({ ...houseConfig, ...call.config }),
        ...authorizationConfig(call.remote)
      ]),
      // a directory that is not a repository must not be taken for a part of the one around it
      GIT_CEILING_DIRECTORIES: call.directory.replace(/\/[^/]*\/*$/, "") || "/"
    },
    stdin: call.stdin
  }
}
