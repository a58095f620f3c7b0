/** The table of sessions. Pure: time, width and colours are parameters. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Plan from "../domain/Plan.ts"
import type { Session, SessionStatus } from "../domain/Session.ts"
import { oneLine } from "./terminal/SafeText.ts"
import type { Style } from "./terminal/Style.ts"
import * as Table from "./terminal/Table.ts"
import { width } from "./terminal/TerminalText.ts"

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
