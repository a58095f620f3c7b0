/** Replies to commands, as rich text that any platform can write. Pure. */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import * as Plan from "../../domain/Plan.ts"
import type { Session } from "../../domain/Session.ts"
import * as Usage from "../../domain/Usage.ts"
import { bold, code, cut, link, pre, type Rich, text } from "../../services/support/RichText.ts"
import type { Found, How, Outcome } from "./ChatCommand.ts"
import { changeOf } from "./OutcomeText.ts"
import { duration } from "./TurnView.ts"

/** What a command leads to. A platform shows any of them in its own way, and the others as `textOf` words them. */
export type Reply =
  | Data.TaggedEnum<{
    Help: object
    /** The newest sessions; `current` is the conversation's own, on platforms that have one. */
    List: { readonly sessions: ReadonlyArray<Session>; readonly current: SessionId | undefined }
    /** The conversation's repository; `isNew` if it was just set. */
    Repository: { readonly repo: Option.Option<string>; readonly isNew: boolean }
  }>
  | Outcome

export const Reply = Data.taggedEnum<Reply>()

/** A reply in words; a rejection without a reason leads to a question instead. */
export type Worded = Exclude<Reply, { readonly _tag: "ReasonWanted" }>

/** A platform's own words. */
export interface Wording {
  /** How to give tasks and commands. */
  readonly help: Rich
  /** How to set the conversation's repository. */
  readonly setRepository: string
  /** A sign for each status, as text; empty for none. */
  readonly signs: Readonly<Record<Session["status"], string>>
  /** Where else a whole diff or log is: ", or the button in its thread". */
  readonly elsewhere: string
}

/** How a command's session was found. */
const ways: Readonly<Record<How, string>> = {
  id: "",
  thread: " (this thread's session)",
  latest: " (your latest session in this channel)",
  reply: "",
  current: ""
}

/** The most characters of a diff, log or plan in a reply. */
const blockLength = 2800

const nameOf = ({ id, prompt }: Session): Rich => [code(id), text(` ${Plan.subject(prompt)}`)]

const named = ({ how, session }: Found): Rich => [...nameOf(session), text(ways[how])]

const stateOf = ({ phase, queuePosition, status }: Session): string =>
  phase === "ended" ? status : queuePosition === undefined ? phase : `queued, number ${queuePosition}`

const signOf = ({ signs }: Wording, { status }: Session): string => signs[status] === "" ? "" : `${signs[status]} `

const line = (wording: Wording, session: Session, isCurrent: boolean): Rich => [
  text(signOf(wording, session)),
  ...nameOf(session),
  text(` · ${stateOf(session)}${isCurrent ? " (current)" : ""} · ${cut(session.repo, 100)}`)
]

const list = (wording: Wording, sessions: ReadonlyArray<Session>, current: SessionId | undefined): Rich =>
  sessions.length === 0
    ? [text("There are no sessions yet.")]
    : sessions.flatMap((session, index): Rich => [
      ...(index === 0 ? [] : [text("\n")]),
      ...line(wording, session, session.id === current)
    ])

const repository = ({ setRepository }: Wording, repo: Option.Option<string>, isNew: boolean): Rich =>
  Option.match(repo, {
    onNone: () => [text("No repository is set here. Set one with "), code(setRepository), text(".")],
    onSome: (name) => [text(`Tasks here are for ${cut(name, 300)}${isNew ? " from now on" : ""}.`)]
  })

const status = (wording: Wording, found: Found, now: number): Rich => {
  const { session } = found
  const { createdAt, error, prNumber, prUrl, repo, result, turn, usage } = session
  const age = duration(now - DateTime.toEpochMillis(createdAt))
  const outcome = prUrl !== undefined
    ? link(`Pull request #${prNumber ?? ""}`, prUrl)
    : text(cut(error ?? result ?? "", 1000))
  return [
    ...named(found),
    text(`\n${signOf(wording, session)}`),
    bold(stateOf(session)),
    text(` · ${cut(repo, 300)} · turn ${turn} · started ${age} ago · ${Usage.show(usage)}`),
    ...(outcome.text === "" ? [] : [text("\n"), outcome])
  ]
}

const titled = (title: string, found: Found, content: string): Rich => [
  text(`${title} of `),
  ...named(found),
  text("\n"),
  pre(content)
]

const plan = (found: Found): Rich =>
  found.session.plan === undefined
    ? [text("There is no plan yet: "), ...named(found)]
    : titled("Plan", found, cut(found.session.plan, blockLength))

const whole = (
  { elsewhere }: Wording,
  command: string
): Rich => [text("\nAll of it: "), code(command), text(`${elsewhere}.`)]

/** The beginning of the changes. */
const diff = (wording: Wording, found: Found, changes: string): Rich =>
  changes === "" ? [text("No changes yet: "), ...named(found)] : [
    ...titled("Changes", found, cut(changes, blockLength)),
    ...(changes.length > blockLength ? whole(wording, `opentl diff ${found.session.id}`) : [])
  ]

/** The end of the log. */
const log = (wording: Wording, found: Found, lines: string): Rich => {
  if (lines === "") return [text("The log is empty: "), ...named(found)]
  if (lines.length <= blockLength) return titled("Log", found, lines)
  const end = lines.slice(-blockLength)
  return [
    ...titled("Log", found, end.slice(end.indexOf("\n") + 1)),
    ...whole(wording, `opentl logs ${found.session.id}`)
  ]
}

/** A reply in a platform's words; `now` is in milliseconds since the epoch. */
export const textOf = (reply: Worded, wording: Wording, now: number): Rich => {
  switch (reply._tag) {
    case "Help":
      return wording.help
    case "List":
      return list(wording, reply.sessions, reply.current)
    case "Repository":
      return repository(wording, reply.repo, reply.isNew)
    case "Status":
      return status(wording, reply.found, now)
    case "Plan":
      return plan(reply.found)
    case "File": {
      const content = Option.match(reply.file, { onNone: () => "", onSome: (file) => file.content })
      return reply.kind === "diff" ? diff(wording, reply.found, content) : log(wording, reply.found, content)
    }
    default:
      return [text(`${changeOf(reply).join(", ")}: `), ...named(reply.found)]
  }
}
