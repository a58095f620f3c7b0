import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface ProcessOptions {
  readonly cwd?: string
  readonly env?: Record<string, string>
}

const command = (name: string, args: ReadonlyArray<string>, options: ProcessOptions) =>
  Command.make(name, ...args).pipe(
    options.cwd === undefined ? (self) => self : Command.workingDirectory(options.cwd),
    Command.env(options.env ?? {}),
    Command.stderr("inherit")
  )

/** Starts a process; it ends with the scope. What it writes to stderr shows in the test's own output. */
export const start = (name: string, args: ReadonlyArray<string>, options: ProcessOptions = {}) =>
  Command.start(command(name, args, options))

/** All of a process's stdout, byte for byte where it is UTF-8. */
export const outputOf = (process: CommandExecutor.Process) => process.stdout.pipe(Stream.decodeText(), Stream.mkString)

/** Runs a process to its end. */
export const run = (name: string, args: ReadonlyArray<string>, options: ProcessOptions = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* start(name, args, options)
    return yield* Effect.all({ output: outputOf(process), exitCode: process.exitCode }, { concurrency: "unbounded" })
  }))
