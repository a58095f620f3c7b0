/** The program `opentl`: its commands and its exit code. */
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Commands } from "./BareHelp.ts"
import { isLogLevel, prepare } from "./CommandLine.ts"
import { interpret, type Request } from "./CommandRequest.ts"
import { layerProgram, type Parts } from "./Connect.ts"
import { ExitCode, InterruptedCode, report, UsageError } from "./Failure.ts"
import { Foreground, type Signals } from "./Foreground.ts"
import { commandPage, programPage } from "./Help.ts"
import { runLoaded } from "./LoadedCommand.ts"
import * as Logging from "./Logging.ts"
import { explain } from "./ParserMistake.ts"
import * as Platform from "./Platform.ts"
import { Stdio, type Streams } from "./terminal/Stdio.ts"

/** The width to use when the terminal does not report one. COLUMNS overrides both. */
const usualColumns = 80
const columnsWanted = Config.integer("COLUMNS").pipe(
  Effect.option,
  Effect.map(Option.filter((columns) => columns >= 20 && columns <= 1000))
)

/** Prints the version or a help page. */
const show = ({ spec, version }: Commands, request: Request) =>
  Effect.gen(function*() {
    if (request._tag === "Wrong") return yield* new UsageError({ reason: request.reason })
    const stdio = yield* Stdio
    if (request._tag === "Version") return yield* stdio.out(`${version}\n`)
    const columns = Option.getOrElse(yield* columnsWanted, () => undefined) ?? (yield* stdio.columns) ?? usualColumns
    const options = { columns, style: stdio.style }
    yield* stdio.out(
      request.command === spec ? programPage(spec, version, options) : commandPage(request.command, options)
    )
  })

/** Runs the command that the arguments name. `args` excludes the program's name. */
const run = (commands: Commands, args: ReadonlyArray<string>) =>
  Effect.suspend(() => {
    const request = interpret(commands.spec, args)
    if (request._tag !== "Run") return show(commands, request)
    return Effect.catchIf(
      runLoaded(request.command.path[1] ?? "", commands.version, request.args),
      ValidationError.isValidationError,
      (error) => new UsageError({ reason: explain(error, request.command, request.args) })
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
export const program = (process: Process, parts: Parts, commands: Commands) => {
  const args = process.argv.slice(2)
  return run(commands, args).pipe(
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
        layerProgram(parts)
      ).pipe(
        Layer.provideMerge(Layer.merge(Stdio.layer(process), Platform.layer))
      )
    )
  )
}
