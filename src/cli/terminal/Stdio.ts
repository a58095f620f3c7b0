/**
 * The program's standard streams. Writing to a pipe that its reader has closed (`| head`) fails with `OutputClosed`,
 * which ends the program quietly. Colours are decided here, once: on a terminal, unless NO_COLOR is set or the terminal
 * is dumb.
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Readable, Writable } from "node:stream"
import * as LineEditor from "./LineEditor.ts"
import * as Style from "./Style.ts"

/** The reader of standard output has closed it. */
export class OutputClosed extends Schema.TaggedError<OutputClosed>()("OutputClosed", {}) {
  override get message() {
    return "standard output is closed"
  }
}

export interface Input extends Readable {
  readonly isTTY?: boolean
}
export interface Output extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}
export interface Streams {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
}

/** What stays below everything printed on a terminal: a status line, or a question being answered. */
export interface BottomLine {
  /** Removes it from the screen; the cursor is then where printing continues. */
  readonly erase: () => string
  readonly draw: () => void
}

export class Stdio extends Context.Tag("opentl/cli/terminal/Stdio")<Stdio, {
  /** Writes to standard output. The text includes its line feed. */
  readonly out: (text: string) => Effect.Effect<void, OutputClosed>
  /** Writes to standard error. A closed standard error is not a failure. */
  readonly err: (text: string) => Effect.Effect<void>
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  readonly inIsTty: boolean
  /**
   * The current width of the terminal, or COLUMNS if the terminal does not report one; undefined if standard output is
   * not a terminal.
   */
  readonly columns: Effect.Effect<number | undefined>
  /** The same for standard error. */
  readonly errColumns: Effect.Effect<number | undefined>
  /** For standard output. */
  readonly style: Style.Style
  /** For standard error. */
  readonly errStyle: Style.Style
  /** All of standard input, as UTF-8. */
  readonly readAll: Effect.Effect<string>
  /**
   * The terminal's keyboard, for the lifetime of the scope. Only if standard input and standard error both are
   * terminals.
   */
  readonly editor: Effect.Effect<LineEditor.LineEditor, never, Scope.Scope>
  /** Sets what is redrawn below everything printed on the terminal. Does not draw or erase anything itself. */
  readonly setBottom: (line: BottomLine | undefined) => void
  /** Writes to standard error at once, above the bottom line: for loggers. */
  readonly unsafeErr: (text: string) => void
  /** Writes to standard error at once, at the cursor: for the bottom line itself. */
  readonly unsafeDraw: (text: string) => void
}>() {
  static readonly layer = (streams: Streams): Layer.Layer<Stdio, ConfigError.ConfigError> =>
    Layer.effect(
      Stdio,
      Effect.map(settings, ({ columns, isDumb, noColour }) => {
        const styleOf = (output: Output) => output.isTTY === true && !noColour && !isDumb ? Style.coloured : Style.plain
        const columnsOf = (output: Output) =>
          Effect.sync(() => output.isTTY === true ? output.columns || columns : undefined)
        // A closed pipe is reported to the write that meets it; without a listener, the event would end the process.
        streams.stdout.on("error", () => undefined)
        streams.stderr.on("error", () => undefined)

        let bottom: BottomLine | undefined
        const setBottom = (line: BottomLine | undefined) => {
          bottom = line
        }
        /** Writes to a terminal are synchronous on both streams, so the order is kept. */
        const unsafeErr = (text: string) => {
          streams.stderr.write((bottom?.erase() ?? "") + text)
          bottom?.draw()
        }
        const out = (text: string): Effect.Effect<void, OutputClosed> =>
          Effect.suspend(() => {
            const line = streams.stdout.isTTY === true ? bottom : undefined
            if (line !== undefined && text !== "") streams.stderr.write(line.erase())
            return write(streams.stdout, text, () => line?.draw())
          })

        return Stdio.of({
          out,
          err: (text) =>
            Effect.suspend(() =>
              bottom === undefined
                ? Effect.catchTag(write(streams.stderr, text), "OutputClosed", () => Effect.void)
                : Effect.sync(() => unsafeErr(text))
            ),
          outIsTty: streams.stdout.isTTY === true,
          errIsTty: streams.stderr.isTTY === true,
          inIsTty: streams.stdin.isTTY === true,
          columns: columnsOf(streams.stdout),
          errColumns: columnsOf(streams.stderr),
          style: styleOf(streams.stdout),
          errStyle: styleOf(streams.stderr),
          readAll: readAll(streams.stdin),
          editor: LineEditor.open({ input: streams.stdin, output: streams.stderr, setBottom, marksPaste: !isDumb }),
          setBottom,
          unsafeErr,
          unsafeDraw: (text) => {
            streams.stderr.write(text)
          }
        })
      })
    )
}

const settings = Config.all({
  noColour: Config.string("NO_COLOR").pipe(Config.withDefault(""), Config.map((value) => value !== "")),
  isDumb: Config.string("TERM").pipe(Config.withDefault(""), Config.map((term) => term === "dumb")),
  columns: Config.integer("COLUMNS").pipe(
    Config.validate({ message: "positive", validation: (columns) => columns > 0 }),
    Config.orElse(() => Config.succeed(undefined))
  )
})

const write = (output: Output, text: string, handedOver = () => {}): Effect.Effect<void, OutputClosed> =>
  text === "" ? Effect.void : Effect.async((resume) => {
    output.write(text, (error) => resume(error == null ? Effect.void : new OutputClosed()))
    handedOver()
  })

/** All of the input as UTF-8. A read error ends it. */
const readAll = (input: Input): Effect.Effect<string> =>
  Effect.async((resume) => {
    const decoder = new TextDecoder()
    let text = ""
    const onData = (chunk: Uint8Array | string) => {
      text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })
    }
    const release = () => {
      input.off("data", onData).off("end", onEnd).off("error", onEnd).pause()
    }
    const onEnd = () => {
      release()
      resume(Effect.succeed(text + decoder.decode()))
    }
    if (input.readableEnded) return onEnd()
    input.on("data", onData).on("end", onEnd).on("error", onEnd).resume()
    return Effect.sync(release)
  })
