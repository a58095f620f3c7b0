/**
 * Runs the user's editor or pager in the foreground. The `Command` service cannot do that: it starts children in a
 * session of their own, without a terminal to read keys from and without Ctrl-C.
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { constants } from "node:os"

export class ForegroundError extends Schema.TaggedError<ForegroundError>()("ForegroundError", {
  program: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.program} could not be run: ${this.reason}`
  }
}

/** The process's signals: a Ctrl-C meant for the child must not end the parent. */
export interface Signals {
  readonly on: (signal: "SIGINT", listener: () => void) => unknown
  readonly off: (signal: "SIGINT", listener: () => void) => unknown
}

export class Foreground extends Context.Tag("opentl/cli/Foreground")<Foreground, {
  /** Opens the file in VISUAL, EDITOR or vi, and waits until it is closed. */
  readonly edit: (file: string) => Effect.Effect<void, ForegroundError>
  /** Shows the text in PAGER or less. Returns false, and shows nothing, if no pager is wanted or found. */
  readonly page: (text: string) => Effect.Effect<boolean>
}>() {
  static readonly layer = (signals: Signals): Layer.Layer<Foreground, ConfigError.ConfigError> =>
    Layer.effect(
      Foreground,
      Effect.map(settings, ({ editor, lessIsSet, pager }) =>
        Foreground.of({
          edit: (file) =>
            Effect.filterOrFail(
              // the shell parses the variable, as for git: it may contain quotes
              run(signals, ["sh", "-c", `${editor} "$@"`, editor], [file]),
              (code) => code === 0,
              (code) =>
                new ForegroundError({
                  program: editor,
                  reason: code === notFound ? "no such program was found" : `it exited with code ${code}`
                })
            ).pipe(Effect.asVoid),
          page: (text) => {
            const command = words(pager)
            if (command.length === 0 || command[0] === "cat") return Effect.succeed(false)
            const options = lessIsSet || command[0] !== "less" ? [] : lessOptions
            return run(signals, command, options, text).pipe(
              Effect.as(true),
              Effect.catchTag("ForegroundError", () => Effect.succeed(false))
            )
          }
        }))
    )
}

const settings = Config.all({
  editor: Config.nonEmptyString("VISUAL").pipe(
    Config.orElse(() => Config.nonEmptyString("EDITOR")),
    Config.withDefault("vi")
  ),
  pager: Config.string("PAGER").pipe(Config.withDefault("less")),
  lessIsSet: Config.nonEmptyString("LESS").pipe(Config.map(() => true), Config.withDefault(false))
})

/** The same as git's: exit at once if one screen is enough, pass colours through, leave the text on the screen. */
const lessOptions = ["-FRX"]

/** The shell's exit code for a missing program. */
const notFound = 127

/** The words of a PAGER command line, separated by blanks. */
const words = (line: string): ReadonlyArray<string> => line.split(/\s+/).filter((word) => word !== "")

const ignore = () => undefined

/** Loaded by the first program that is run: most commands run none. */
// eslint-disable-next-line house/no-builtins -- see above: no service starts a child in the terminal's own session
const childProcess = Effect.promise(() => import("node:child_process"))

/** Runs until the program exits. An interruption waits for that, or two programs would read one keyboard. */
const run = (
  signals: Signals,
  [program = "", ...options]: ReadonlyArray<string>,
  args: ReadonlyArray<string>,
  input?: string
) =>
  Effect.acquireUseRelease(
    Effect.sync(() => signals.on("SIGINT", ignore)),
    () =>
      Effect.uninterruptible(Effect.flatMap(childProcess, ({ spawn }) =>
        Effect.async<number, ForegroundError>((resume) => {
          const child = spawn(program, [...options, ...args], {
            stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"]
          })
          child.on("error", (error) => resume(new ForegroundError({ program, reason: error.message })))
          child.on(
            "close",
            (code, signal) => resume(Effect.succeed(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
          )
          // a pager that quits early stops reading
          child.stdin?.on("error", ignore)
          child.stdin?.end(input)
        }))),
    () =>
      Effect.sync(() => signals.off("SIGINT", ignore))
  )
