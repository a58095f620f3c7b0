/** Replies to commands in Slack, as mrkdwn that only the person who gave the command sees. Pure. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Plan from "../../domain/Plan.ts"
import type { Session } from "../../domain/Session.ts"
import * as Usage from "../../domain/Usage.ts"
import { cut, escape, escapeTo } from "../../services/slack/SlackText.ts"
import type { Found, How, Outcome } from "../shared/ChatCommand.ts"
import { changeOf, noSessions } from "../shared/OutcomeText.ts"
import { duration } from "../shared/TurnView.ts"
import { link } from "./SlackBlocks.ts"
import { statusMarks } from "./SlackCards.ts"

/** How a command's session was found. */
const ways: Readonly<Record<How, string>> = {
  id: "",
  thread: " (this thread's session)",
  latest: " (your latest session in this channel)",
  reply: "",
  current: ""
}

/** The most characters of a code block; Slack accepts about 4000 in a text. */
const blockLength = 2800

const nameOf = ({ id, prompt }: Session): string => `\`${id}\` ${escapeTo(Plan.subject(prompt), 300)}`

const named = ({ how, session }: Found): string => `${nameOf(session)}${ways[how]}`

const block = (text: string): string =>
  `\`\`\`\n${escapeTo(text.replaceAll("```", "`\u200b`\u200b`"), blockLength)}\n\`\`\``

const stateOf = ({ phase, queuePosition, status }: Session): string =>
  phase === "ended" ? status : queuePosition === undefined ? phase : `queued, number ${queuePosition}`

export const help = [
  "Give me a task: `/opentl fix the login --repo owner/name`. Use `/opentl run <task>` if the task begins like a command.",
  "`--agent`, `--model`, `--base <branch>` set how it works; `--approve` waits until you approve the plan; `--plan` only makes a plan.",
  "`/opentl list` shows the newest sessions, `/opentl repo owner/name` sets this channel's repository.",
  "`/opentl status`, `plan`, `diff`, `log`, `approve`, `reject`, `retry`, `stop`: for your latest session in this channel, or for the one whose id you add.",
  "Mentioning me does the same; in a session's thread, it is about that session. Any other reply in the thread is a follow-up."
].join("\n")

export const list = (sessions: ReadonlyArray<Session>): string =>
  sessions.length === 0
    ? noSessions
    : sessions.map((session) =>
      `:${statusMarks[session.status]}: ${nameOf(session)} · ${stateOf(session)} · ${escapeTo(session.repo, 100)}`
    ).join("\n")

/** The channel's repository; `isNew` if it was just set. */
export const repository = (repo: Option.Option<string>, isNew: boolean): string =>
  Option.match(repo, {
    onNone: () => "No repository is set for this channel. Set one with `/opentl repo owner/name`.",
    onSome: (name) => `This channel uses ${escapeTo(name, 300)}${isNew ? " from now on" : ""}.`
  })

const status = (found: Found, now: number): string => {
  const { session } = found
  const { createdAt, error, prNumber, prUrl, repo, result, turn, usage } = session
  const outcome = prUrl !== undefined
    ? link(prUrl, `Pull request #${prNumber ?? ""}`)
    : escapeTo(error ?? result ?? "", 1000)
  return [
    named(found),
    `:${statusMarks[session.status]}: *${stateOf(session)}* · ${escapeTo(repo, 300)} · turn ${turn} · started ${
      duration(now - DateTime.toEpochMillis(createdAt))
    } ago · ${Usage.show(usage)}`,
    ...(outcome === "" ? [] : [outcome])
  ].join("\n")
}

const plan = (found: Found): string =>
  found.session.plan === undefined
    ? `There is no plan yet: ${named(found)}`
    : `Plan of ${named(found)}\n${block(found.session.plan)}`

/** The beginning of the changes. */
const diff = (found: Found, changes: string): string =>
  changes === ""
    ? `No changes yet: ${named(found)}`
    : `Changes of ${named(found)}\n${block(changes)}${
      changes.length > blockLength
        ? `\nAll of them: \`opentl diff ${found.session.id}\`, or the button in its thread.`
        : ""
    }`

/** The end of the log. */
const log = (found: Found, lines: string): string => {
  const end = lines.slice(-blockLength)
  const whole = end.length === lines.length
  return `Log of ${named(found)}\n${block(whole ? lines : end.slice(end.indexOf("\n") + 1))}${
    whole ? "" : `\nAll of it: \`opentl logs ${found.session.id}\`, or the button in its thread.`
  }`
}

/** The outcome of a command; `now` is in epoch milliseconds. */
export const outcome = (outcome: Exclude<Outcome, { readonly _tag: "ReasonWanted" }>, now: number): string => {
  switch (outcome._tag) {
    case "Status":
      return status(outcome.found, now)
    case "Plan":
      return plan(outcome.found)
    case "File": {
      const content = Option.match(outcome.file, { onNone: () => "", onSome: (file) => file.content })
      return outcome.kind === "diff" ? diff(outcome.found, content) : log(outcome.found, content)
    }
    default:
      return `${changeOf(outcome).join(", ")}: ${named(outcome.found)}`
  }
}

/** A refusal or an error as a sentence. */
export const sentence = (reason: string): string => escape(cut(reason, 2000))
