import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as LiveOutput from "./LiveOutput.ts"
import { append, modelWindow, render } from "./OutputWindow.ts"
import { textContent } from "./Telling.ts"
import { type Progress, SystemText, type Tool, type ToolOutput } from "./Tool.ts"

const defaultSeconds = 120
const longestSeconds = 900
/** In characters. A process's argument has at most 128 KiB, and a character up to four bytes. */
const longestCommand = 30_000
const drainTime = "2 seconds"

export const ShellInput = Schema.Struct({
  command: SystemText.pipe(
    Schema.maxLength(longestCommand, {
      description: "A bash command line, or several lines.",
      message: () => `Longer than ${longestCommand} characters. Write it to a file and run that.`
    })
  ),
  timeout_seconds: Schema.optional(Schema.Number.annotations({
    description: `After this time the command is ended: ${defaultSeconds} if not given, ${longestSeconds} at the most.`
  }))
})

const description = "Runs a command with bash in the repository's root and gives back its exit code and its output, " +
  "stdout and stderr together; of a long output the beginning and the end. There is no terminal and no stdin. Each " +
  "call is a shell of its own: `cd` and variables do not last. Processes left in the background are ended with the " +
  "command: start a server and use it in the same call."

/**
 * The command is an argument of the outer shell, never part of its script. Stdout and stderr share one kernel pipe, so
 * that their order is kept and `/dev/stderr` can be opened by name.
 */
const bashCommand = (command: string, directory: string) =>
  Command.make("bash", "-c", "exec bash -c \"$1\" > >(exec cat) 2>&1 < /dev/null", "bash", command).pipe(
    Command.workingDirectory(directory),
    // Python buffers its output to a pipe, in a short program until its end.
    Command.env({ PYTHONUNBUFFERED: "1" }),
    Command.stderr("inherit")
  )

const firstLine = (command: string) => {
  const [first = "", ...more] = command.trim().split("\n")
  return more.length === 0 ? first : `${first} … (${more.length} more lines)`
}

const secondsOf = ({ timeout_seconds = defaultSeconds }: typeof ShellInput.Type) =>
  Math.min(Math.max(timeout_seconds, 1), longestSeconds)

const report = (output: string, ending: string) =>
  output === "" || output.endsWith("\n") ? `${output}[${ending}]` : `${output}\n[${ending}]`

/** The shell, in a directory. */
export const shellTool = (directory: string) =>
  Effect.map(CommandExecutor.CommandExecutor, (executor): Tool<typeof ShellInput.Type, typeof ShellInput.Encoded> => {
    const run = Effect.fn("ShellTool.run")(
      function*(input: typeof ShellInput.Type, progress: Progress) {
        const process = yield* executor.start(bashCommand(input.command, directory))
        // Kills the rest of the command's process group. The executor's own release would send SIGTERM and wait.
        yield* Effect.addFinalizer(() => Effect.ignore(process.kill("SIGKILL")))
        const window = yield* Ref.make(modelWindow)
        const live = yield* Ref.make(LiveOutput.start(yield* Clock.currentTimeMillis))
        const reading = yield* process.stdout.pipe(
          Stream.decodeText(),
          Stream.runForEach((text) =>
            Effect.gen(function*() {
              yield* Ref.update(window, (seen) => append(seen, text))
              const now = yield* Clock.currentTimeMillis
              const lines = yield* Ref.modify(live, (before) => {
                const [after, lines] = LiveOutput.push(before, text, now)
                return [lines, after]
              })
              yield* progress(text, lines)
            })
          ),
          Effect.forkScoped
        )
        const seconds = secondsOf(input)
        const ending = yield* process.exitCode.pipe(
          Effect.map((code) => ({ text: `exit code ${code}`, exitCode: Number(code) })),
          Effect.orElseSucceed(() => ({ text: "ended by a signal", exitCode: null })),
          Effect.timeoutOption(`${seconds} seconds`)
        )
        if (Option.isNone(ending)) {
          yield* Effect.ignore(process.kill("SIGKILL"))
        }
        // Returns at once unless a background process holds the pipe open.
        yield* Effect.timeoutOption(Fiber.await(reading), drainTime)
        yield* progress("", LiveOutput.finish(yield* Ref.get(live)))
        const { exitCode, text } = Option.getOrElse(ending, () => ({
          text: `ended after ${seconds} s, with all that it started`,
          exitCode: null
        }))
        return {
          text: report(render(yield* Ref.get(window)), text),
          failed: Option.isNone(ending),
          shown: exitCode === 0 ? [] : [textContent(`[${text}]`)],
          exitCode
        }
      },
      Effect.scoped,
      Effect.catchAll((error) =>
        Effect.succeed<ToolOutput>({ text: error.message, failed: true, shown: [textContent(error.message)] })
      )
    )
    return {
      name: "shell",
      description,
      input: ShellInput,
      about: ({ command }) => ({ title: firstLine(command), kind: "execute", locations: [] }),
      run
    }
  })
