/**
 * What an agent or a model says, without the secrets in it, before anybody stores or shows it. An output comes line by
 * line, and lines stay as many as they are: a secret becomes `[left out: <rule>]` in its place. A secret that goes on in
 * the next line is found, too. It depends on the lines alone, so an output that is read again from its beginning, as after
 * a restart, reads the same.
 */
import * as Effect from "effect/Effect"
import type { LogEvent } from "../../domain/SessionEvent.ts"
import { asSeen } from "../../domain/TerminalSequences.ts"
import * as KeyLines from "./KeyLines.ts"
import type { Match } from "./Match.ts"
import * as SecretHints from "./SecretHints.ts"
import { type Finder, SecretScanner } from "./SecretScanner.ts"

export interface OutputState {
  /** The end of what came before, in which a secret may begin. */
  readonly before: string
  readonly key: KeyLines.KeyState
}

export const start: OutputState = { before: "", key: "outside" }

/** In characters: longer than a token, and its lines. */
const keptBefore = 400

/** What a terminal or a quotation puts before the lines of one text, and after them. */
const margin = /^[\s>|│]*/
const isMargin = /[\s|│\\]/

const marginOf = (text: string): number => margin.exec(text)?.[0].length ?? 0

const withoutEnd = (text: string): string => {
  let end = text.length
  while (end > 0 && isMargin.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The end of a text, in which a secret may begin. */
const endOf = (text: string): string => withoutEnd(text.slice(text.lastIndexOf("\n") + 1)).slice(-keptBefore)

/** A part of a secret that a line begins with, where the line before ended with a whole one. */
const goesOn = (text: string): boolean => text.length >= 6 && /\d/.test(text) && /[A-Za-z]/.test(text)

/** The match with what belongs to it: a rule may know a token's beginning only. */
const whole = (line: string, match: Match): Match => {
  let { end } = match
  while (/[A-Za-z0-9_=-]/.test(line.charAt(end))) end++
  return { ...match, end }
}

/** The line with each secret's place taken by its rule. */
const replaced = (line: string, matches: ReadonlyArray<Match>): string => {
  let text = ""
  let at = 0
  for (const { end, rule, start } of [...matches].sort((a, b) => a.start - b.start)) {
    if (end <= at) continue
    if (start >= at) text += `${line.slice(at, start)}[left out: ${rule}]`
    at = end
  }
  return text + line.slice(at)
}

/** Lines of which one may hold a secret are looked through one after the other. */
const pushLine = Effect.fnUntraced(function*(finder: Finder, state: OutputState, line: string) {
  const [key, ofKey] = KeyLines.push(state.key, line)
  if (ofKey !== undefined) return [{ ...start, key }, ofKey] as const
  const { before } = state
  const trimmed = withoutEnd(line)
  const indent = marginOf(trimmed)
  const seam = before + trimmed.slice(indent)
  const next: OutputState = { before: endOf(line), key }
  if (!finder.mayHold(line) && !finder.mayHold(seam)) return [next, line] as const
  /** The secrets in a text, and the beginning of one at its end. */
  const find = Effect.fnUntraced(function*(text: string) {
    const cut = SecretHints.cutAtEnd(text, finder.own)
    const found = yield* finder.find(text)
    return [...found, ...(cut === undefined ? [] : [{ ...cut, end: text.length }])].map((match) => whole(text, match))
  })
  const own = yield* find(trimmed)
  const boundary = before.length
  const endedWhole = boundary > 0 && (yield* finder.find(before)).some((match) => whole(before, match).end === boundary)
  const across = boundary === 0 ?
    [] :
    (yield* find(seam)).filter(({ end, start }) =>
      start < boundary && end > boundary && (!endedWhole || goesOn(seam.slice(boundary, end)))
    )
  const shown = replaced(line, [
    ...own,
    ...across.map(({ end, rule }) => ({ rule, start: indent, end: end - boundary + indent }))
  ])
  // what is left may show a secret that another one hid
  const isClean = shown === line || !finder.mayHold(shown) || (yield* finder.find(shown)).length === 0
  // a secret of more than two lines
  const goesBack = across.some(({ end }) => end === seam.length)
  return [
    { ...next, before: (goesBack ? seam : trimmed).slice(-keptBefore) },
    isClean ? shown : "[left out: a line with secrets]"
  ] as const
})

/**
 * A line is looked through as it is and as a person sees it: colours may hide a secret, and a secret may be in what a
 * terminal hides. Where nothing is found it stays as it is.
 */
const pushShown = Effect.fnUntraced(function*(finder: Finder, state: OutputState, line: string) {
  const seen = asSeen(line)
  const [next, shown] = yield* pushLine(finder, state, seen)
  if (seen === line || shown !== seen) return [next, shown] as const
  const [, stored] = yield* pushLine(finder, state, line)
  return [next, stored] as const
})

/** A text of several lines, each of which is looked through. */
const pushText = Effect.fnUntraced(function*(finder: Finder, state: OutputState, text: string) {
  let now = state
  const lines: Array<string> = []
  for (const line of text.split("\n")) {
    const [next, shown] = yield* pushShown(finder, now, line)
    now = next
    lines.push(shown)
  }
  return [now, lines.join("\n")] as const
})

const isBare = (text: string): boolean => !isMargin.test(text.charAt(text.length - 1)) && marginOf(text) === 0

/** A line as it stands in a text that goes over many. */
const bare = (line: string): string => {
  const text = line.trim()
  if (isBare(text)) return text
  const end = withoutEnd(text)
  return end.slice(marginOf(end))
}

/** All lines as one word. What may be in one of them, or in two that follow each other, may be in this. */
const joined = (events: ReadonlyArray<LogEvent>): string => {
  let all = ""
  for (const event of events) {
    const text = asSeen(event.text)
    // only a host's lines have lines in them
    all += text.includes("\n") ? text.split("\n").map(bare).join("") : bare(text)
  }
  return all
}

const titlesOf = (event: LogEvent): ReadonlyArray<string> =>
  event._tag === "ErrorReported" || event.acp === undefined
    ? []
    : [...(event.acp.title === undefined ? [] : [event.acp.title]), ...(event.acp.locations ?? [])]

/** What a terminal hides is stored all the same. */
const holdsHidden = (finder: Finder, text: string): boolean => {
  const seen = asSeen(text)
  return seen !== text && (finder.mayHold(text) || finder.mayHold(seen))
}

export interface OutputRedaction {
  /** The next events of a run without secrets, as many as there are. */
  readonly events: (
    state: OutputState,
    events: ReadonlyArray<LogEvent>
  ) => Effect.Effect<readonly [OutputState, ReadonlyArray<LogEvent>]>
  /** A text that is whole. */
  readonly text: (text: string) => Effect.Effect<string>
}

export const make = Effect.gen(function*() {
  const scanner = yield* SecretScanner

  const text = (finder: Finder) => (whole: string): Effect.Effect<string> =>
    Effect.map(pushText(finder, start, whole), ([, shown]) => shown)

  const inDetail = Effect.fnUntraced(function*(finder: Finder, event: LogEvent) {
    if (event._tag === "ErrorReported" || event.acp === undefined) return event
    if (!titlesOf(event).some((title) => finder.mayHold(title) || holdsHidden(finder, title))) return event
    const { locations, title } = event.acp
    return {
      ...event,
      acp: {
        ...event.acp,
        ...(title === undefined ? {} : { title: yield* text(finder)(title) }),
        ...(locations === undefined ? {} : { locations: yield* Effect.forEach(locations, text(finder)) })
      }
    }
  })

  /** For one run: the server's own secrets are read once. */
  const forRun: Effect.Effect<OutputRedaction> = Effect.map(scanner.finder, (finder) => {
    const lookThrough = Effect.fnUntraced(function*(state: OutputState, events: ReadonlyArray<LogEvent>) {
      let now = state
      const shown: Array<LogEvent> = []
      for (const event of events) {
        const [next, text] = yield* pushText(finder, now, event.text)
        now = next
        shown.push(yield* inDetail(finder, text === event.text ? event : { ...event, text }))
      }
      return [now, shown] as const
    })
    return {
      text: text(finder),
      events: (state, events) => {
        const last = events.at(-1)
        if (last === undefined) return Effect.succeed([state, events] as const)
        const mayHold = state.key !== "outside" || finder.mayHold(state.before + joined(events)) ||
          events.some((event) =>
            holdsHidden(finder, event.text) ||
            titlesOf(event).some((title) => finder.mayHold(title) || holdsHidden(finder, title))
          )
        return mayHold
          ? lookThrough(state, events)
          : Effect.succeed([{ ...start, before: endOf(asSeen(last.text)) }, events] as const)
      }
    }
  })

  return {
    forRun,
    /** What a model says, as it may be stored and shown. */
    text: (whole: string) => Effect.flatMap(forRun, (redaction) => redaction.text(whole))
  }
})
