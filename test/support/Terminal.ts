/**
 * Commands on a real terminal (a pseudo-terminal of the kernel's, by `terminal.py`): what they write there, and keys for
 * them. A test types a key when it has seen on the screen what it answers, as a person does.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { screen } from "./Screen.ts"

const helper = new URL("./terminal.py", import.meta.url).pathname

export interface Terminal {
  /** All that was written so far, as it was written. */
  readonly output: Effect.Effect<string>
  /** What a person sees of it, line by line. */
  readonly screen: Effect.Effect<ReadonlyArray<string>>
  /** The last line that is not empty. */
  readonly lastLine: Effect.Effect<string>
  /** Waits until the screen shows it, behind what the last call has waited for. Fails with the screen where the command ends first. */
  readonly sees: (text: string | RegExp) => Effect.Effect<void>
  /** Types it in one go. */
  readonly keys: (text: string) => Effect.Effect<void>
  /** Types key by key: the next when the terminal has echoed the one before. */
  readonly types: (text: string) => Effect.Effect<void>
  readonly resize: (columns: number) => Effect.Effect<void>
  /** The exit code, when the command has ended. */
  readonly ended: Effect.Effect<number>
}

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>
  readonly directory?: string
}

export const keys = { enter: "\r", ctrlC: "\x03", ctrlD: "\x04", backspace: "\x7f", left: "\x1b[D" } as const

/** What a terminal makes of a paste, for programs that asked for being told (`\x1b[?2004h`). */
export const paste = (text: string): string => `\x1b[200~${text.replaceAll("\n", "\r")}\x1b[201~`

/** Then a test has failed, and says what was on the screen. */
const inVain = "2 minutes"

/** The text alone; a sequence that has not come to its end is left out, too. */
const withoutSequences = (output: string): string => output.replace(/\x1b(?:\[[0-9;?]*(?:[A-Za-z]|$)|[^[]|$)/g, "")

/** Where the text ends behind `from`; -1 where it is not there. */
const endOf = (text: string | RegExp, all: string, from: number): number => {
  const rest = all.slice(from)
  const found = typeof text === "string" ? (rest.includes(text) ? text : undefined) : text.exec(rest)?.[0]
  return found === undefined ? -1 : from + rest.indexOf(found) + found.length
}

/** Starts a command on a terminal of its own; closing the scope hangs the terminal up. */
export const start = (
  command: ReadonlyArray<string>,
  { columns = 100, directory, environment = {}, rows = 40 }: TerminalOptions = {}
): Effect.Effect<Terminal, never, Scope.Scope | CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const requests = yield* Mailbox.make<string>()
    const output = yield* SubscriptionRef.make("")
    const width = yield* SubscriptionRef.make(columns)
    const seen = yield* SubscriptionRef.make(0)
    const ended = yield* Deferred.make<number>()
    const encoder = new TextEncoder()

    const running = yield* Command.start(
      Command.make("python3", helper, String(rows), String(columns), ...command).pipe(
        Command.env({ TERM: "xterm-256color", NO_COLOR: "", ...environment }),
        Command.stdin(Stream.map(Mailbox.toStream(requests), (line) => encoder.encode(line))),
        Command.stderr("inherit"),
        directory === undefined ? (same) => same : Command.workingDirectory(directory)
      )
    )
    yield* Effect.addFinalizer(() => requests.end)
    yield* running.stdout.pipe(
      Stream.decodeText(),
      Stream.runForEach((text) => SubscriptionRef.update(output, (all) => all + text)),
      Effect.zipRight(running.exitCode),
      Effect.flatMap((code) => Deferred.succeed(ended, Number(code))),
      Effect.orDie,
      Effect.forkScoped
    )

    const request = (value: unknown) => Effect.asVoid(requests.offer(`${JSON.stringify(value)}\n`))
    const shown = Effect.zipWith(SubscriptionRef.get(output), SubscriptionRef.get(width), screen)
    const missing = (text: string | RegExp, why: string) =>
      Effect.flatMap(shown, (lines) =>
        Effect.dieMessage(`${why}, and the screen never showed ${String(text)}:\n${lines.join("\n")}`))
    const sees = (text: string | RegExp) =>
      Effect.gen(function*() {
        const from = yield* SubscriptionRef.get(seen)
        const end = yield* output.changes.pipe(
          Stream.map((all) =>
            endOf(text, withoutSequences(all), from)
          ),
          Stream.interruptWhen(Deferred.await(ended)),
          Stream.concat(Stream.fromEffect(
            Effect.map(SubscriptionRef.get(output), (all) => endOf(text, withoutSequences(all), from))
          )),
          Stream.filter((end) => end >= 0),
          Stream.runHead
        )
        yield* Option.match(end, {
          onNone: () => missing(text, "the command has ended"),
          onSome: (end) => SubscriptionRef.set(seen, end)
        })
      }).pipe(
        Effect.timeoutOption(inVain),
        Effect.flatMap(Option.match({
          onNone: () => missing(text, "waited in vain"),
          onSome: () => Effect.void
        }))
      )
    const type = (text: string) => request({ keys: text })

    const terminal: Terminal = {
      output: SubscriptionRef.get(output),
      screen: shown,
      lastLine: Effect.map(shown, (lines) => lines.findLast((line) => line !== "") ?? ""),
      sees,
      keys: type,
      types: (text) => Effect.forEach(text, (key) => Effect.zipRight(type(key), sees(key)), { discard: true }),
      resize: (columns) => Effect.zipRight(SubscriptionRef.set(width, columns), request({ size: [rows, columns] })),
      ended: Effect.timeoutOption(Deferred.await(ended), inVain).pipe(
        Effect.flatMap(Option.match({
          onNone: () => Effect.flatMap(shown, (lines) => Effect.dieMessage(`it never ended:\n${lines.join("\n")}`)),
          onSome: Effect.succeed
        }))
      )
    }
    return terminal
  }).pipe(Effect.orDie)
