/** Parses a command line and runs the command that it names. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Stdio } from "./terminal/Stdio.ts"

export const opentl = Command.make("opentl").pipe(
  Command.withDescription("a background coding agent; a task becomes a reviewed pull request")
)

/** `program` is `opentl` with those of its commands that the arguments may name. */
export const parse = <Name extends string, R, E, A>(
  program: Command.Command<Name, R, E, A>,
  version: string,
  args: ReadonlyArray<string>
) =>
  Command.run(
    Command.transformHandler(
      program,
      // the stack trace, for --log-level debug; a wrong command line is not a failure
      Effect.tapErrorCause((cause) =>
        Option.exists(Cause.failureOption(cause), ValidationError.isValidationError)
          ? Effect.void
          : Effect.logDebug("the command failed", cause)
      )
    ),
    { name: "opentl", version, executable: "opentl" }
  )(["node", "opentl", ...args]).pipe(
    withPlainConsole,
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  )

/**
 * The parser prints only completions by itself; its built-in `--wizard`, which `opentl` does not have, is removed from
 * them.
 */
const withPlainConsole = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Stdio, (stdio) =>
    Console.consoleWith((console) =>
      Console.withConsole(effect, {
        ...console,
        log: (...lines) => Effect.ignore(stdio.out(`${withoutWizard(lines.join(" ")).trimEnd()}\n`)),
        error: () => Effect.void
      })
    ))

const withoutWizard = (script: string): string =>
  script.split("\n").filter((line) => !/'--wizard\[| -l wizard /.test(line)).join("\n").replaceAll(" --wizard", "")
