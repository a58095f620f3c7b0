/** Formats sessions and events for a terminal. Pure: time, width and colours are parameters. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { EventType, SessionEventView } from "../domain/EventText.ts"
import * as Plan from "../domain/Plan.ts"
import type { Session, SessionStatus } from "../domain/Session.ts"
import { markdownLines } from "./terminal/Markdown.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import type { Style } from "./terminal/Style.ts"
import * as Table from "./terminal/Table.ts"
import { pad, width } from "./terminal/TerminalText.ts"
import { wrapText } from "./terminal/Wrap.ts"

/** An age in its largest full unit: "45s", "12m", "3h", "2d", "6w". */
export const age = (elapsed: Duration.Duration): string => {
  const seconds = Math.max(0, Math.floor(Duration.toSeconds(elapsed)))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  if (seconds < 14 * 86_400) return `${Math.floor(seconds / 86_400)}d`
  return `${Math.floor(seconds / (7 * 86_400))}w`
}

export const since = (then: DateTime.DateTime, now: DateTime.DateTime): string =>
  age(Duration.millis(Math.max(0, DateTime.distance(then, now))))

const statusColours: Record<SessionStatus, (style: Style) => (text: string) => string> = {
  pending: (style) => style.dim,
  running: (style) => style.blue,
  waiting: (style) => style.yellow,
  complete: (style) => style.green,
  error: (style) => style.red,
  cancelled: (style) => style.dim
}

export const paintStatus = (style: Style, status: SessionStatus, text: string): string =>
  statusColours[status](style)(text)

export interface ListOptions {
  readonly now: DateTime.DateTime
  /** The terminal's width; without one nothing is truncated. */
  readonly columns: number | undefined
  readonly style: Style
}

/** If the task column would be narrower than this, pull requests are shown by number instead of URL. */
const taskColumns = 24

const pullRequests = (sessions: ReadonlyArray<Session>, long: boolean): ReadonlyArray<string> =>
  sessions.map((session) =>
    session.prUrl === undefined
      ? ""
      : long || session.prNumber === undefined
      ? oneLine(session.prUrl)
      : `#${session.prNumber}`
  )

/** The table of `opentl list`. A pull request is shown as its URL if that fits, else as its number. */
export const listLines = (
  sessions: ReadonlyArray<Session>,
  { columns, now, style }: ListOptions
): ReadonlyArray<string> => {
  const ids = sessions.map((session) => session.id)
  const repos = sessions.map((session) => oneLine(session.repo))
  const statuses = sessions.map((session) => session.status)
  const ages = sessions.map((session) => since(session.createdAt, now))
  const tasks = sessions.map((session) => oneLine(Plan.subject(session.prompt)))
  const room = columns === undefined
    ? Infinity
    : columns -
      [ids, repos, statuses, ages].reduce((sum, cells) => sum + Math.max(6, ...cells.map(width)) + 2, taskColumns + 2)
  const long = pullRequests(sessions, true)
  const links = Math.max(0, ...long.map(width)) <= room ? long : pullRequests(sessions, false)
  return Table.lines(
    [
      { header: "ID", cells: ids },
      { header: "REPO", cells: repos },
      {
        header: "STATUS",
        cells: statuses,
        paint: (text, row) => {
          const session = sessions[row]
          return session === undefined ? text : paintStatus(style, session.status, text)
        }
      },
      { header: "AGE", cells: ages },
      { header: "TASK", cells: tasks },
      {
        header: "PR",
        cells: links,
        paint: (text, row) => {
          const url = sessions[row]?.prUrl
          return url === undefined ? text : style.link(text, oneLine(url))
        }
      }
    ],
    columns,
    [
      { column: 4, to: taskColumns },
      { column: 1, to: 12 },
      { column: 4, to: 10 },
      { column: 1, to: 6 },
      { column: 5, to: 4 },
      { column: 4, to: 4 }
    ],
    style.bold
  )
}

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

const clockTime = (time: DateTime.Utc, zone: DateTime.TimeZone): string =>
  DateTime.formatIsoZoned(DateTime.setZone(time, zone)).slice(11, 19)

/** The column where an event's text begins; on a narrow terminal the text goes below the time instead. */
const textColumn = 17
const narrow = { below: 48, textColumn: 2 }

/** The text's lines within `columns`. A plan's first line is its title. */
const fitted = (event: SessionEventView, columns: number, style: Style): ReadonlyArray<string> => {
  const text = neutralise(event.data, style.colour)
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
    ? neutralise(event.data, style.colour).split("\n")
    : fitted(event, columns - indent, style)
  const [first = "", ...rest] = isNarrow ? ["", ...lines] : lines
  return [head + first, ...rest.map((line) => line === "" ? "" : " ".repeat(indent) + line)]
    .join("\n") + "\n"
}

/** Colours a unified diff line by line, with control characters removed and no other change. */
export const diffText = (diff: string, style: Style): string =>
  neutralise(diff, false)
    .split("\n")
    .map((line) =>
      /^(diff |index |--- |\+\+\+ |new file|deleted file|similarity|rename)/.test(line)
        ? style.bold(line)
        : line.startsWith("@@")
        ? style.cyan(line)
        : line.startsWith("+")
        ? style.green(line)
        : line.startsWith("-")
        ? style.red(line)
        : line
    )
    .join("\n")
