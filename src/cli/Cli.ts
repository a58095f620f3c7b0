/** The program `opentl`: its commands and its exit code. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import packageJson from "../../package.json" with { type: "json" }
import { approveCommand, rejectCommand } from "./ApproveCommand.ts"
import { isLogLevel, prepare } from "./CommandLine.ts"
import { interpret, type Request } from "./CommandRequest.ts"
import { type CommandSpec, describe } from "./CommandSpec.ts"
import { configCommand } from "./ConfigCommand.ts"
import { layerProgram, type Parts } from "./Connect.ts"
import { diffCommand } from "./DiffCommand.ts"
import { doctorCommand } from "./doctor/DoctorCommand.ts"
import { ExitCode, InterruptedCode, report, UsageError } from "./Failure.ts"
import { Foreground, type Signals } from "./Foreground.ts"
import { commandPage, programPage } from "./Help.ts"
import { listCommand } from "./ListCommand.ts"
import * as Logging from "./Logging.ts"
import { logsCommand } from "./LogsCommand.ts"
import { messageCommand } from "./MessageCommand.ts"
import * as Parameters from "./Parameters.ts"
import { explain } from "./ParserMistake.ts"
import { retryCommand } from "./RetryCommand.ts"
import { runCommand } from "./RunCommand.ts"
import { sandboxCommand, sandboxCommands } from "./SandboxCommand.ts"
import { serveCommand } from "./ServeCommand.ts"
import { statusCommand } from "./StatusCommand.ts"
import { stopCommand } from "./StopCommand.ts"
import { Stdio, type Streams } from "./terminal/Stdio.ts"

const helpCommand = Command.make(
  "help",
  { command: Parameters.words("command", "the command, for example: sandbox build") },
  ({ command }) => show(interpret(spec, ["help", ...command]))
).pipe(Command.withDescription("Show the commands, or one command's options and examples"))

/** In the order that help lists them. */
const commands = [
  serveCommand,
  runCommand,
  listCommand,
  statusCommand,
  logsCommand,
  stopCommand,
  messageCommand,
  approveCommand,
  rejectCommand,
  retryCommand,
  diffCommand,
  sandboxCommand,
  doctorCommand,
  configCommand,
  helpCommand
] as const

const opentl = Command.make("opentl").pipe(
  Command.withDescription("a background coding agent; a task becomes a reviewed pull request")
)

const root = Command.transformHandler(
  opentl.pipe(Command.withSubcommands(commands)),
  // the stack trace, for --log-level debug; a wrong command line is not a failure
  Effect.tapErrorCause((cause) =>
    Option.exists(Cause.failureOption(cause), ValidationError.isValidationError)
      ? Effect.void
      : Effect.logDebug("the command failed", cause)
  )
)

/** All commands as data, for help and for error messages. */
export const spec: CommandSpec = describe(opentl, [], (path) =>
  commands.map((command) =>
    describe(
      command,
      path,
      (below) => command === sandboxCommand ? sandboxCommands.map((subcommand) => describe(subcommand, below)) : []
    )
  ))

const parse = Command.run(root, { name: "opentl", version: packageJson.version, executable: "opentl" })

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

/** The width to use when the terminal does not report one. COLUMNS overrides both. */
const usualColumns = 80
const columnsWanted = Config.integer("COLUMNS").pipe(
  Effect.option,
  Effect.map(Option.filter((columns) => columns >= 20 && columns <= 1000))
)

/** Prints the version or a help page. */
const show = (request: Request) =>
  Effect.gen(function*() {
    if (request._tag === "Wrong") return yield* new UsageError({ reason: request.reason })
    const stdio = yield* Stdio
    if (request._tag === "Version") return yield* stdio.out(`${packageJson.version}\n`)
    const columns = Option.getOrElse(yield* columnsWanted, () => undefined) ?? (yield* stdio.columns) ?? usualColumns
    const options = { columns, style: stdio.style }
    yield* stdio.out(
      request.command === spec
        ? programPage(spec, packageJson.version, options)
        : commandPage(request.command, options)
    )
  })

/** Runs the command that the arguments name. `args` excludes the program's name. */
const run = (args: ReadonlyArray<string>) =>
  Effect.suspend(() => {
    const request = interpret(spec, args)
    if (request._tag !== "Run") return show(request)
    return parse(["node", "opentl", ...request.args]).pipe(
      withPlainConsole,
      Effect.catchIf(ValidationError.isValidationError, (error) =>
        new UsageError({ reason: explain(error, request.command, request.args) }))
    )
  })

/** What the program needs from the process. */
export interface Process extends Streams, Signals {
  readonly argv: ReadonlyArray<string>
  exitCode?: number | string | null | undefined
}

/** Prints one line about what went wrong, and returns the exit code. */
const conclude = (exit: Exit.Exit<unknown, unknown>) =>
  Effect.gen(function*() {
    if (Exit.isSuccess(exit)) return ExitCode.ok
    if (Cause.isInterruptedOnly(exit.cause)) return yield* Ref.get(yield* InterruptedCode)
    const stdio = yield* Stdio
    const { code, line } = report(exit.cause)
    if (line !== undefined) yield* stdio.err(`${stdio.errStyle.red("error:")} ${line}\n`)
    return code
  })

/** The whole program: reads the process's arguments and sets its exit code. */
export const program = (process: Process, parts: Parts) => {
  const args = process.argv.slice(2)
  return run(args).pipe(
    Effect.onExit((exit) =>
      Effect.map(conclude(exit), (code) => {
        process.exitCode = code
      })
    ),
    Effect.provide(
      Layer.mergeAll(
        Logging.layer({
          isServer: prepare(args)[0] === "serve",
          isVerbose: args.some((argument, i) => isLogLevel(argument, args[i - 1]))
        }),
        Foreground.layer(process),
        Layer.effect(InterruptedCode, Ref.make<number>(ExitCode.interrupted)),
        layerProgram(parts),
        CliConfig.layer({ showBuiltIns: false })
      ).pipe(
        Layer.provideMerge(Layer.mergeAll(Stdio.layer(process), NodeContext.layer, FetchHttpClient.layer))
      )
    )
  )
}
