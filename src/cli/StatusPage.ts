/**
 * The page of `opentl status`: one session in full, with details from its events that the session document lacks. Pure.
 */
import * as DateTime from "effect/DateTime"
import type { SessionEventView } from "../domain/EventText.ts"
import { moment } from "../domain/QuestionText.ts"
import type { Session } from "../domain/Session.ts"
import * as Usage from "../domain/Usage.ts"
import { pause, spent } from "./BudgetText.ts"
import { paintStatus, since } from "./SessionLines.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import type { Style } from "./terminal/Style.ts"
import { pad } from "./terminal/TerminalText.ts"

export interface StatusOptions {
  readonly now: DateTime.DateTime
  readonly style: Style
}

const labelColumns = 11

/** A label and its value; further lines of the value are indented below the first. */
const field = (style: Style, label: string, value: string): string => {
  const [first = "", ...rest] = value.split("\n")
  const indent = " ".repeat(labelColumns)
  return [style.bold(pad(label, labelColumns)) + first, ...rest.map((line) => line === "" ? "" : indent + line)].join(
    "\n"
  )
}

const time = (then: DateTime.Utc, now: DateTime.DateTime): string =>
  `${DateTime.formatIso(then).slice(0, 19)}Z (${since(then, now)} ago)`

const state = (session: Session, style: Style): string => {
  const turn = session.turn === 0 ? "" : `, turn ${session.turn}`
  const queue = session.queuePosition === undefined ? "" : `, number ${session.queuePosition} in the queue`
  const phase = session.isEnded ? "" : ` (${session.phase}${turn}${queue})`
  return paintStatus(style, session.status, session.status) + phase
}

const eventsOf = (events: ReadonlyArray<SessionEventView>, type: SessionEventView["type"]): ReadonlyArray<string> =>
  events.filter((event) => event.type === type).map((event) => neutralise(event.data, false))

const numbered = (entries: ReadonlyArray<string>): string =>
  entries.map((entry, i) => `${i + 1}. ${entry.split("\n").join("\n   ")}`).join("\n")

/** What the user can do next, as commands. */
export const nextCommands = (session: Session): ReadonlyArray<string> =>
  session.phase === "budget"
    ? [`opentl budget ${session.id} --add <dollars>`, `opentl stop ${session.id}`]
    : session.phase === "questions"
    ? [`opentl answer ${session.id} "<text>"`, `opentl stop ${session.id}`]
    : session.status === "waiting"
    ? [
      `opentl approve ${session.id}`,
      `opentl reject ${session.id} "<why>"`,
      `opentl stop ${session.id}`
    ]
    : session.isEnded
    ? [`opentl message ${session.id} "<text>"`, ...(session.status === "complete" ? [`opentl diff ${session.id}`] : [])]
    : [`opentl logs ${session.id} --follow`, `opentl stop ${session.id}`]

/** What happens where nobody answers. */
const otherwise = ({ assumptions = [], questions, waitsUntil }: Session): string | undefined =>
  questions === undefined || waitsUntil === undefined
    ? undefined
    : assumptions.length === 0
    ? `from ${moment(waitsUntil)} on it goes on with what it assumes, and says so in the plan`
    : `from ${moment(waitsUntil)} on it assumes:\n${neutralise(numbered(assumptions), false)}`

/** The page. `events` are the session's reviews, verifications and plans. */
export const statusPage = (
  session: Session,
  events: ReadonlyArray<SessionEventView>,
  { now, style }: StatusOptions
): string => {
  const reviews = eventsOf(events, "review")
  const verifications = eventsOf(events, "verify")
  const plan = session.plan ?? eventsOf(events, "plan").at(-1)
  const line = (label: string, value: string | undefined): ReadonlyArray<string> =>
    value === undefined || value === "" ? [] : [field(style, label, value)]
  const link = session.prUrl === undefined ? undefined : oneLine(session.prUrl)
  return [
    ...line("session", session.id),
    ...line("status", state(session, style)),
    ...line("task", neutralise(session.prompt, false).trim()),
    ...line("repo", oneLine(session.repo)),
    ...line("branch", `${session.branch}${session.base === null ? "" : ` from ${oneLine(session.base)}`}`),
    ...line("agent", oneLine(session.agent) + (session.model === null ? "" : ` (${oneLine(session.model)})`)),
    ...line("asked by", oneLine(`${session.requestedBy.name} (${session.requestedBy.via})`)),
    ...line("created", time(session.createdAt, now)),
    ...line("updated", time(session.updatedAt, now)),
    ...line("ended", session.endedAt === undefined ? undefined : time(session.endedAt, now)),
    ...line("usage", Usage.show(session.usage)),
    ...line("budget", [spent(session), pause(session)].filter((words) => words !== undefined).join("; ")),
    ...line("asks", neutralise(numbered(session.questions ?? []), false)),
    ...line("otherwise", otherwise(session)),
    ...line(
      "pr",
      link === undefined ? undefined : `${style.link(link, link)}${session.prDraft === true ? " (draft)" : ""}`
    ),
    ...line("result", session.result === link ? undefined : neutralise(session.result ?? "", false).trim()),
    ...line("error", session.error === undefined ? undefined : style.red(neutralise(session.error, false).trim())),
    ...line("rounds", `${session.reviewRounds} ${session.reviewRounds === 1 ? "review" : "reviews"} held`),
    ...line("reviews", numbered(reviews)),
    ...line("verified", numbered(verifications)),
    ...line("plan", plan === undefined ? undefined : neutralise(plan, false).trim()),
    ...line("next", nextCommands(session).join("\n"))
  ].join("\n") + "\n"
}
