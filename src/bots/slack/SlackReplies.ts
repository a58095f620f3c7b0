/** What a person is answered to a command in Slack, as mrkdwn that only they see. Pure. */
import * as DateTime from "effect/DateTime"
import * as Plan from "../../domain/Plan.ts"
import type { Session } from "../../domain/Session.ts"
import * as Usage from "../../domain/Usage.ts"
import { cut, escape, escapeTo } from "../../services/slack/SlackText.ts"
import { duration } from "../shared/TurnView.ts"
import { link } from "./SlackBlocks.ts"
import { statusMarks } from "./SlackCards.ts"

/** How the session of a command was found. */
export type Found = "id" | "thread" | "latest"

const found: Readonly<Record<Found, string>> = {
  id: "",
  thread: " (this thread's session)",
  latest: " (your latest session in this channel)"
}

/** The characters of a code block; Slack takes some 4000 in a text. */
const blockLength = 2800

const named = ({ id, prompt }: Session): string => `\`${id}\` ${escapeTo(Plan.subject(prompt), 300)}`

const block = (text: string): string =>
  `\`\`\`\n${escapeTo(text.replaceAll("```", "`\u200b`\u200b`"), blockLength)}\n\`\`\``

const stateOf = ({ phase, queuePosition, status }: Session): string =>
  phase === "ended" ? status : queuePosition === undefined ? phase : `queued, place ${queuePosition}`

export const help = [
  "Give me a task: `/opentl fix the login --repo owner/name`. `/opentl run <task>` does the same, whatever the task's words.",
  "`--agent`, `--model`, `--base <branch>` choose how; `--approve` waits for your yes to the plan; `--plan` only plans.",
  "`/opentl list` shows the newest sessions, `/opentl repo owner/name` sets this channel's repository.",
  "`/opentl status`, `plan`, `diff`, `log`, `approve`, `reject`, `retry`, `stop`: for your latest session in this channel, or with an id behind it.",
  "A mention does the same; in a session's thread it is about that session. Any other reply in the thread is a follow-up."
].join("\n")

export const list = (sessions: ReadonlyArray<Session>): string =>
  sessions.length === 0
    ? "There is no session yet."
    : sessions.map((session) =>
      `:${statusMarks[session.status]}: ${named(session)} · ${stateOf(session)} · ${escapeTo(session.repo, 100)}`
    ).join("\n")

export const repository = (repo: string | undefined): string =>
  repo === undefined
    ? "No repository is set for this channel: `/opentl repo owner/name` sets one."
    : `This channel works on ${escapeTo(repo, 300)}.`

export const repositorySet = (repo: string): string => `This channel works on ${escapeTo(repo, 300)} from now on.`

/** How a session stands. `now` is in epoch milliseconds. */
export const status = (session: Session, how: Found, now: number): string => {
  const { createdAt, error, prNumber, prUrl, repo, result, turn, usage } = session
  const outcome = prUrl !== undefined
    ? link(prUrl, `Pull request #${prNumber ?? ""}`)
    : escapeTo(error ?? result ?? "", 1000)
  return [
    `${named(session)}${found[how]}`,
    `:${statusMarks[session.status]}: *${stateOf(session)}* · ${escapeTo(repo, 300)} · turn ${turn} · started ${
      duration(now - DateTime.toEpochMillis(createdAt))
    } ago · ${Usage.show(usage)}`,
    ...(outcome === "" ? [] : [outcome])
  ].join("\n")
}

/** What was done to a session: "Stopped", "Approved". */
export const done = (what: string, session: Session, how: Found): string => `${what}: ${named(session)}${found[how]}`

export const plan = (session: Session, how: Found): string =>
  session.plan === undefined
    ? `There is no plan yet: ${named(session)}${found[how]}`
    : `Plan of ${named(session)}${found[how]}\n${block(session.plan)}`

/** The beginning of the changes. */
export const diff = (session: Session, how: Found, changes: string): string =>
  changes === ""
    ? `Nothing was changed yet: ${named(session)}${found[how]}`
    : `Changes of ${named(session)}${found[how]}\n${block(changes)}${
      changes.length > blockLength ? `\nAll of them: \`opentl diff ${session.id}\`, or the button in its thread.` : ""
    }`

/** The end of the log. */
export const log = (session: Session, how: Found, lines: string): string => {
  const end = lines.slice(-blockLength)
  const whole = end.length === lines.length
  return `Log of ${named(session)}${found[how]}\n${block(whole ? lines : end.slice(end.indexOf("\n") + 1))}${
    whole ? "" : `\nAll of it: \`opentl logs ${session.id}\`, or the button in its thread.`
  }`
}

/** A refusal, or what went wrong. */
export const sentence = (reason: string): string => escape(cut(reason, 2000))
