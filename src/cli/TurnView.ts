/**
 * What a person who watches a turn is shown of it: its events but for those that the status line and the last lines tell,
 * what goes on now with what it has cost so far, and in the end how it went. Pure.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { SessionEventView } from "../domain/EventText.ts"
import * as Review from "../domain/Review.ts"
import type { SessionEvent } from "../domain/SessionEvent.ts"
import * as Usage from "../domain/Usage.ts"
import { oneLine } from "./terminal/SafeText.ts"

export interface TurnView {
  /** The newest status. */
  readonly label: string
  readonly usage: Usage.Usage
  readonly rounds: number
  /** Those that were held: one that was skipped is none. */
  readonly reviews: number
  /** The first event that was seen of the turn, and the newest. */
  readonly since: DateTime.Utc | undefined
  readonly until: DateTime.Utc | undefined
  /** The newest lines of output, the newest last. */
  readonly output: ReadonlyArray<string>
}

export const initial: TurnView = {
  label: "",
  usage: Usage.none,
  rounds: 0,
  reviews: 0,
  since: undefined,
  until: undefined,
  output: []
}

/** As many as an agent's last words may repeat. */
const keptLines = 40

/** The view after an event. */
export const advance = (view: TurnView, event: SessionEventView): TurnView => {
  const known = Option.match(event.fact, { onNone: () => view, onSome: (fact) => count(view, fact) })
  return say({ ...known, since: known.since ?? event.createdAt, until: event.createdAt }, event)
}

/** What an event says, whether its fact is known or not. */
const say = (view: TurnView, { data, type }: SessionEventView): TurnView =>
  type === "status"
    ? { ...view, label: oneLine(data) }
    : type === "output"
    ? { ...view, output: [...view.output.slice(1 - keptLines), data] }
    : view

const count = (view: TurnView, fact: SessionEvent): TurnView => {
  if (fact._tag === "TurnStarted") return initial
  if (fact._tag === "UsageRecorded") return { ...view, usage: Usage.add(view.usage, fact.usage) }
  const known = "round" in fact ? { ...view, rounds: Math.max(view.rounds, fact.round) } : view
  return fact._tag === "ReviewHeld" && Review.wasHeld(fact.review) ? { ...known, reviews: known.reviews + 1 } : known
}

/**
 * Whether the event is printed as it comes. The turn's end is what the last lines say; usage stands in the status line; and
 * that the agent has failed is said by three events, of which the end is the one that says why.
 */
export const isPrinted = (event: SessionEventView, isResult: boolean): boolean =>
  !isResult && event.type !== "usage" && !Option.exists(event.fact, saysThatAgentFailed)

const saysThatAgentFailed = (fact: SessionEvent): boolean =>
  (fact._tag === "AgentFinished" && fact.exitCode !== 0) ||
  (fact._tag === "ErrorReported" && /^agent exited with code \d+$/.test(fact.text))

const isNone = (usage: Usage.Usage): boolean => usage.inputTokens === 0 && usage.outputTokens === 0

/** What goes on now, and what it has cost. */
export const statusLine = ({ label, usage }: TurnView): string =>
  label === "" || isNone(usage) ? label : `${label} · ${Usage.show(usage)}`

/** "45s", "3m 12s", "1h 4m" */
export const elapsed = (duration: Duration.Duration): string => {
  const seconds = Math.floor(Duration.toSeconds(duration))
  return seconds < 60
    ? `${seconds}s`
    : seconds < 3600
    ? `${Math.floor(seconds / 60)}m ${seconds % 60}s`
    : `${Math.floor(seconds / 3600)}h ${Math.floor(seconds % 3600 / 60)}m`
}

const counted = (count: number, what: string): ReadonlyArray<string> =>
  count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`]

/** The turn in one line: "2 rounds, 1 review, 3m 12s, 12,345 in, 678 out, $0.0421". */
export const closingLine = ({ reviews, rounds, since, until, usage }: TurnView): string =>
  [
    ...counted(rounds, "round"),
    ...counted(reviews, "review"),
    ...(since === undefined || until === undefined ? [] : [elapsed(DateTime.distanceDuration(since, until))]),
    ...(isNone(usage) ? [] : [Usage.show(usage)])
  ].join(", ")

/** Why the turn failed, without the agent's last lines where they have just been printed. */
export const reasonOf = ({ output }: TurnView, text: string): string => {
  const printed = new Set(output.map(oneLine))
  const lines = text.split("\n").map(oneLine).filter((line) => line !== "")
  const [first = "", ...rest] = lines
  const told = rest.filter((line) => !printed.has(line))
  const [, exit, word = ""] = /^(the agent exited with code \d+): (.*)$/.exec(first) ?? []
  return [exit !== undefined && printed.has(word) ? exit : first, ...told].join(" ")
}
