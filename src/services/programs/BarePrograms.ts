/** Programs of this machine that need nothing of the server's environment but where programs are, run for what they print. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as PlatformError from "@effect/platform/Error"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { failure } from "./Program.ts"
import { Programs } from "./Programs.ts"

/** The server's own PATH. */
export const searchPath = Config.withDefault(Config.string("PATH"), "/usr/local/bin:/usr/bin:/bin")

/** Runs a program in the root directory; returns its output, and fails unless its exit code is 0. */
export type Output = (
  command: string,
  ...args: ReadonlyArray<string>
) => Effect.Effect<string, PlatformError.PlatformError>

export const make: Effect.Effect<Output, never, CommandExecutor.CommandExecutor> = Effect.zipWith(
  Programs.orDirect,
  Effect.orDie(searchPath),
  (run, PATH) => (command, ...args) =>
    Effect.suspend(() => {
      const chunks = new Array<Uint8Array>()
      const program = { command, args, directory: "/", environment: { PATH }, stdin: undefined }
      return run(program, (bytes) => chunks.push(bytes) > 0).pipe(
        Effect.filterOrFail(
          ({ exitCode }) => exitCode === 0,
          ({ exitCode, signal, stderr }) => failure(`${command} ended with ${exitCode ?? signal}: ${stderr.trim()}`)
        ),
        Effect.map(() => Buffer.concat(chunks).toString("utf8"))
      )
    })
)
