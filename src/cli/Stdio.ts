/**
 * The program's standard streams. What a reader has closed (`| head`) fails with `OutputClosed`, which ends the program
 * quietly; colours are decided here, once: on a terminal, unless NO_COLOR is set or the terminal is dumb.
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Readable, Writable } from "node:stream"
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

export class Stdio extends Context.Tag("opentl/cli/Stdio")<Stdio, {
  /** Writes to standard output; a text ends with its own line feed. */
  readonly out: (text: string) => Effect.Effect<void, OutputClosed>
  /** Writes to standard error. That nobody reads it is no failure. */
  readonly err: (text: string) => Effect.Effect<void>
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  readonly inIsTty: boolean
  /** The terminal's width now; none where standard output is no terminal, or one that does not tell. */
  readonly columns: Effect.Effect<number | undefined>
  /** Of standard output. */
  readonly style: Style.Style
  /** Of standard error. */
  readonly errStyle: Style.Style
  /** All of standard input, as UTF-8. */
  readonly readAll: Effect.Effect<string>
  /** The next line of standard input; none at its end. */
  readonly readLine: Effect.Effect<Option.Option<string>>
}>() {
  static readonly layer = (streams: Streams): Layer.Layer<Stdio, ConfigError.ConfigError> =>
    Layer.effect(
      Stdio,
      Effect.map(wantsColour, (colour) => {
        const styleOf = (output: Output) => output.isTTY === true && colour ? Style.coloured : Style.plain
        // A reader that goes away is told to the write that meets it; the event beside it would end the process.
        streams.stdout.on("error", () => undefined)
        streams.stderr.on("error", () => undefined)
        const input = makeInput(streams.stdin)
        return Stdio.of({
          out: (text) => write(streams.stdout, text),
          err: (text) => Effect.catchTag(write(streams.stderr, text), "OutputClosed", () => Effect.void),
          outIsTty: streams.stdout.isTTY === true,
          errIsTty: streams.stderr.isTTY === true,
          inIsTty: streams.stdin.isTTY === true,
          columns: Effect.sync(() => streams.stdout.isTTY === true ? streams.stdout.columns || undefined : undefined),
          style: styleOf(streams.stdout),
          errStyle: styleOf(streams.stderr),
          ...input
        })
      })
    )
}

const wantsColour = Config.all({
  noColor: Config.string("NO_COLOR").pipe(Config.withDefault("")),
  term: Config.string("TERM").pipe(Config.withDefault(""))
}).pipe(Effect.map(({ noColor, term }) => noColor === "" && term !== "dumb"))

const write = (output: Output, text: string): Effect.Effect<void, OutputClosed> =>
  text === "" ? Effect.void : Effect.async((resume) => {
    output.write(text, (error) => resume(error == null ? Effect.void : new OutputClosed()))
  })

/** Reads in the terminal's line mode, where Ctrl-C stays a signal. What was read beyond a line waits for the next call. */
const makeInput = (stdin: Input) => {
  const decoder = new TextDecoder()
  let buffered = ""
  let ended = false

  /** Reads until `extract` finds what it looks for in the buffer. */
  const readUntil = <A>(extract: () => Option.Option<A>): Effect.Effect<A> =>
    Effect.async((resume) => {
      const settle = () => {
        const found = extract()
        if (Option.isNone(found)) return
        release()
        resume(Effect.succeed(found.value))
      }
      const onData = (chunk: Uint8Array | string) => {
        buffered += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })
        settle()
      }
      const onEnd = () => {
        ended = true
        settle()
      }
      const release = () => {
        stdin.off("data", onData).off("end", onEnd).off("error", onEnd).pause()
      }
      stdin.on("data", onData).on("end", onEnd).on("error", onEnd)
      settle()
      return Effect.sync(release)
    })

  const rest = () => {
    const text = buffered
    buffered = ""
    return text
  }

  return {
    readAll: readUntil(() => ended ? Option.some(rest()) : Option.none()),
    readLine: readUntil(() => {
      const end = buffered.indexOf("\n")
      if (end < 0) {
        return ended
          ? Option.some(Option.some(rest()).pipe(Option.filter((text) => text !== "")))
          : Option.none()
      }
      const line = buffered.slice(0, end)
      buffered = buffered.slice(end + 1)
      return Option.some(Option.some(line.replace(/\r$/, "")))
    })
  }
}
