/** The program `opentl`: its commands, and how it ends. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import packageJson from "../../package.json" with { type: "json" }
import { approveCommand, rejectCommand } from "./ApproveCommand.ts"
import { explain, isLogLevel, prepare } from "./CommandLine.ts"
import { configCommand } from "./ConfigCommand.ts"
import { layerProgram, type Parts } from "./Connect.ts"
import { diffCommand } from "./DiffCommand.ts"
import { doctorCommand } from "./DoctorCommand.ts"
import { ExitCode, InterruptedCode, report, UsageError } from "./Failure.ts"
import { Foreground, type Signals } from "./Foreground.ts"
import { commands, overview, tidy } from "./Help.ts"
import { listCommand } from "./ListCommand.ts"
import { logsCommand } from "./LogsCommand.ts"
import { messageCommand } from "./MessageCommand.ts"
import { runCommand } from "./RunCommand.ts"
import { sandboxCommand } from "./SandboxCommand.ts"
import { serveCommand } from "./ServeCommand.ts"
import { statusCommand } from "./StatusCommand.ts"
import { Stdio, type Streams } from "./Stdio.ts"
import { stopCommand } from "./StopCommand.ts"
import { neutralise } from "./TerminalText.ts"

const root = Command.transformHandler(
  Command.make("opentl").pipe(
    Command.withDescription("A background coding agent: a task becomes a reviewed pull request."),
    Command.withSubcommands([
      serveCommand,
      runCommand,
      listCommand,
      statusCommand,
      logsCommand,
      stopCommand,
      messageCommand,
      approveCommand,
      rejectCommand,
      diffCommand,
      sandboxCommand,
      doctorCommand,
      configCommand
    ])
  ),
  // the stack, for --log-level debug; that help was asked for is no failure
  Effect.tapErrorCause((cause) =>
    Option.exists(Cause.failureOption(cause), ValidationError.isValidationError)
      ? Effect.void
      : Effect.logDebug("the command failed", cause)
  )
)

const parse = Command.run(root, { name: "opentl", version: packageJson.version, executable: "opentl" })

/** The parser writes colours to whatever it is given, and its complaints at length: both are put right here. */
const withPlainConsole = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Stdio, (stdio) =>
    Console.consoleWith((console) =>
      Console.withConsole(effect, {
        ...console,
        log: (...lines) => {
          const text = `${tidy(lines.join(" ")).trimEnd()}\n`
          return Effect.ignore(stdio.out(stdio.style.colour ? text : neutralise(text, false)))
        },
        error: () => Effect.void
      })
    ))

const names = commands.map(([name]) => name)

/** No command, and no option that answers by itself. */
const asksOverview = (args: ReadonlyArray<string>): boolean =>
  args.every((argument, i) => argument === "--help" || argument === "-h" || isLogLevel(argument, args[i - 1]))

/** Runs the commands on the arguments after the program's name. */
const run = (args: ReadonlyArray<string>) =>
  asksOverview(args)
    ? Effect.flatMap(Stdio, (stdio) => stdio.out(overview(packageJson.version, stdio.style)))
    : parse(["node", "opentl", ...prepare(args)]).pipe(
      withPlainConsole,
      Effect.catchIf(ValidationError.isValidationError, (error) =>
        new UsageError({ reason: explain(error, args, names) }))
    )

/** What the program needs of the process. */
export interface Process extends Streams, Signals {
  readonly argv: ReadonlyArray<string>
  exitCode?: number | string | null | undefined
}

/** Logs go to standard error; a command other than the server says only what is wrong. */
const logging = ({ argv, stderr }: Process) =>
  Layer.unwrapEffect(Effect.map(Stdio, ({ errIsTty, errStyle }) =>
    Layer.merge(
      Logger.replace(
        Logger.defaultLogger,
        errIsTty
          ? Logger.prettyLogger({ colors: errStyle.colour, stderr: true })
          : Logger.map(Logger.logfmtLogger, (line) => stderr.write(`${line}\n`))
      ),
      Logger.minimumLogLevel(prepare(argv.slice(2))[0] === "serve" ? LogLevel.Info : LogLevel.Warning)
    )))

/** Says in one line what went wrong, and answers the exit code. */
const conclude = (exit: Exit.Exit<unknown, unknown>) =>
  Effect.gen(function*() {
    if (Exit.isSuccess(exit)) return ExitCode.ok
    if (Cause.isInterruptedOnly(exit.cause)) return yield* Ref.get(yield* InterruptedCode)
    const stdio = yield* Stdio
    const { code, line } = report(exit.cause)
    if (line !== undefined) yield* stdio.err(`${stdio.errStyle.red("error:")} ${line}\n`)
    return code
  })

/** The program, from its arguments to its exit code, which it leaves in the process. */
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
        logging(process),
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
