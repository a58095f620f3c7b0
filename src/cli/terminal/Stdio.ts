/**
 * The program's standard streams. What a reader has closed (`| head`) fails with `OutputClosed`, which ends the program
 * quietly; colours are decided here, once: on a terminal, unless NO_COLOR is set or the terminal is dumb.
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

/** Nobody reads standard output any more. */
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

/** What stands below all that is printed on a terminal: a status line, or a question that is being answered. */
export interface BottomLine {
  /** Takes it off the screen; the cursor is then where printing goes on. */
  readonly erase: () => string
  readonly draw: () => void
}

export class Stdio extends Context.Tag("opentl/cli/terminal/Stdio")<Stdio, {
  /** Writes to standard output; a text ends with its own line feed. */
  readonly out: (text: string) => Effect.Effect<void, OutputClosed>
  /** Writes to standard error. That nobody reads it is no failure. */
  readonly err: (text: string) => Effect.Effect<void>
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  readonly inIsTty: boolean
  /** The terminal's width now (of one that does not tell it, COLUMNS); none where standard output is no terminal. */
  readonly columns: Effect.Effect<number | undefined>
  /** The same of standard error. */
  readonly errColumns: Effect.Effect<number | undefined>
  /** Of standard output. */
  readonly style: Style.Style
  /** Of standard error. */
  readonly errStyle: Style.Style
  /** All of standard input, as UTF-8. */
  readonly readAll: Effect.Effect<string>
  /** The keyboard of the terminal, for as long as the scope. Only where both standard input and standard error are one. */
  readonly editor: Effect.Effect<LineEditor.LineEditor, never, Scope.Scope>
  /** Says what is drawn anew below all that is printed on the terminal. Draws and erases nothing by itself. */
  readonly setBottom: (line: BottomLine | undefined) => void
  /** Writes to standard error, above what stands at the bottom, at once: for loggers. */
  readonly unsafeErr: (text: string) => void
  /** Writes to standard error where the cursor is, at once: for what stands at the bottom. */
  readonly unsafeDraw: (text: string) => void
}>() {
  static readonly layer = (streams: Streams): Layer.Layer<Stdio, ConfigError.ConfigError> =>
    Layer.effect(
      Stdio,
      Effect.map(settings, ({ columns, isDumb, noColour }) => {
        const styleOf = (output: Output) => output.isTTY === true && !noColour && !isDumb ? Style.coloured : Style.plain
        const columnsOf = (output: Output) =>
          Effect.sync(() => output.isTTY === true ? output.columns || columns : undefined)
        // A reader that goes away is told to the write that meets it; the event beside it would end the process.
        streams.stdout.on("error", () => undefined)
        streams.stderr.on("error", () => undefined)

        let bottom: BottomLine | undefined
        const setBottom = (line: BottomLine | undefined) => {
          bottom = line
        }
        /** A terminal takes what is written at once, whichever stream it comes from: so the order is kept. */
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

/** All of it, as UTF-8. Where it breaks it ends. */
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
