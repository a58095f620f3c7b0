/** Formats events for a terminal. Pure: time zone, width and colours are parameters. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { EventType, SessionEventView } from "../domain/EventText.ts"
import { markdownLines } from "./terminal/Markdown.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import type { Style } from "./terminal/Style.ts"
import { pad, truncate } from "./terminal/TerminalText.ts"
import { wrapText } from "./terminal/Wrap.ts"

const typeColours: Record<EventType, (style: Style) => (text: string) => string> = {
  status: (style) => style.blue,
  output: (style) => style.dim,
  plan: (style) => style.cyan,
  diff: (style) => style.cyan,
  verify: (style) => style.cyan,
  review: (style) => style.yellow,
  message: (style) => style.bold,
  usage: (style) => style.dim,
  error: (style) => style.red,
  done: (style) => style.green
}

export interface EventOptions {
  readonly style: Style
  /** The time zone for displayed times. */
  readonly zone: DateTime.TimeZone
  /**
   * The terminal's width: lines are wrapped, and plans are rendered from markdown. Without one, everything is printed
   * as written.
   */
  readonly columns?: number | undefined
}

/** A message that has reached an agent was shown when it came, too. */
const isDelivery = (event: SessionEventView): boolean =>
  event.type === "message" && Option.exists(event.fact, ({ _tag }) => _tag === "MessageDelivered")

const textOf = (event: SessionEventView): string =>
  isDelivery(event) ? `the agent was given: ${event.data}` : event.data

const clockTime = (time: DateTime.Utc, zone: DateTime.TimeZone): string =>
  DateTime.formatIsoZoned(DateTime.setZone(time, zone)).slice(11, 19)

/** The column where an event's text begins; on a narrow terminal the text goes below the time instead. */
const textColumn = 17
const narrow = { below: 48, textColumn: 2 }

/** The text's lines within `columns`. A plan's first line is its title. */
const fitted = (event: SessionEventView, columns: number, style: Style): ReadonlyArray<string> => {
  const line = Option.getOrUndefined(event.agentLine)
  if (line?.kind === "thought") return [style.dim(truncate(`thinking: ${oneLine(event.data)}`, columns))]
  // what a tool printed
  if (line?.kind === "tool_call" && event.data.startsWith(" ")) {
    return wrapText(neutralise(event.data, false), columns).map((text) => style.dim(text))
  }
  const text = neutralise(textOf(event), style.colour)
  if (event.type !== "plan") return wrapText(text, columns)
  const [title = "", ...rest] = neutralise(event.data, false).split("\n")
  return [...wrapText(style.bold(title), columns), "", ...markdownLines(rest.join("\n"), { columns, style })]
}

/**
 * An event as `12:30:01 status   turn 1 started`, with further lines indented below the text. Ends with a line feed.
 */
export const eventText = (event: SessionEventView, { columns, style, zone }: EventOptions): string => {
  const paint = typeColours[event.type](style)
  const head = `${style.dim(clockTime(event.createdAt, zone))} ${paint(pad(event.type, 7))} `
  const isNarrow = columns !== undefined && columns < narrow.below
  const indent = isNarrow ? narrow.textColumn : textColumn
  const lines = columns === undefined
    ? neutralise(textOf(event), style.colour).split("\n")
    : fitted(event, columns - indent, style)
  const [first = "", ...rest] = isNarrow ? ["", ...lines] : lines
  return [head + first, ...rest.map((line) => line === "" ? "" : " ".repeat(indent) + line)]
    .join("\n") + "\n"
}
