/** The result card of a turn, the message that starts a command's thread, and the Home tab. Pure. */
import * as DateTime from "effect/DateTime"
import type { Session } from "../../domain/Session.ts"
import * as Usage from "../../domain/Usage.ts"
import type { SlackBlock, SlackContent, SlackView } from "../../services/slack/SlackClient.ts"
import { escapeTo, isLink, link, oneLine } from "../../services/slack/SlackText.ts"
import { cut } from "../../services/support/RichText.ts"
import { Result, resultOf } from "../shared/TurnSummary.ts"
import { elapsed, type TurnView } from "../shared/TurnView.ts"
import {
  actions,
  type Button,
  fields,
  header,
  markdown,
  notification,
  section,
  small,
  smallMrkdwn
} from "./SlackBlocks.ts"
import { marks, type Subject } from "./SlackView.ts"

/** A task in a few words: its first line that is not empty. */
export const titleOf = (prompt: string): string =>
  cut(oneLine(prompt.split("\n").find((line) => line.trim() !== "") ?? "Session"), 120)

const outcome = (view: TurnView, now: number): string => {
  const time = elapsed(view, now)
  return Result.$match(resultOf(view), {
    Failed: ({ reason }) => `:${marks.error}: *Failed* after ${time}: ${escapeTo(oneLine(reason), 1500)}`,
    Stopped: ({ reason }) => `:${marks.cancelled}: *Stopped* after ${time}: ${escapeTo(oneLine(reason), 500)}`,
    PullRequest: ({ name, url }) => `:${marks.complete}: *${link(url, name)}* in ${time}`,
    Branch: ({ branch }) => `:${marks.complete}: *Branch pushed* in ${time}: \`${escapeTo(branch, 300)}\``,
    Answer: () => `:${marks.complete}: *Done* in ${time}`
  })
}

const buttonsOf = (subject: Subject, view: TurnView): ReadonlyArray<Button> => {
  const request = view.pullRequest
  return [
    ...(request !== undefined && isLink(request.url)
      ? [{
        id: "open",
        text: `Open #${request.number}`,
        value: subject.id,
        style: "primary" as const,
        url: request.url
      }]
      : []),
    ...(view.changes === undefined ? [] : [{ id: "diff", text: "Diff", value: subject.id }]),
    { id: "log", text: "Log", value: subject.id },
    ...(view.end?.end === "complete" ? [] : [{ id: "retry", text: "Retry", value: `${subject.id}/${view.turn}` }])
  ]
}

/** The card of a finished turn. */
export const card = (subject: Subject, view: TurnView, now: number): SlackContent => {
  const review = view.reviews.at(-1)
  const result = resultOf(view)
  const answer = result._tag === "Answer" ? result.text.trim() : ""
  const pairs = [
    ["Repository", escapeTo(subject.repo, 300)] as const,
    ...(view.changes === undefined ? [] : [["Changes", escapeTo(oneLine(view.changes), 300)] as const]),
    ...(view.checks === undefined ? [] : [["Checks", escapeTo(oneLine(view.checks), 300)] as const]),
    ...(review === undefined ? [] : [["Review", `${escapeTo(review.verdict, 60)} (round ${review.round})`] as const]),
    ["Usage", escapeTo(Usage.show(view.usage), 200)] as const
  ]
  const title = view.plan?.title ?? titleOf(subject.prompt)
  return {
    text: notification(`${title}: ${view.pullRequest?.url ?? view.end?.text ?? ""}`),
    blocks: [
      header(oneLine(title)),
      section(outcome(view, now)),
      ...(answer === "" ? [] : [markdown(cut(answer, 6000))]),
      fields(pairs),
      ...actions(buttonsOf(subject, view)),
      smallMrkdwn(`\`${subject.id}\` · turn ${view.turn} · asked by ${escapeTo(subject.requestedBy.name, 100)}`)
    ]
  }
}

/** The message that starts a command's thread, as a command leaves no message. */
export const request = (user: string, prompt: string): SlackContent => ({
  text: notification(`Task: ${titleOf(prompt)}`),
  blocks: [section(`:memo: <@${user}> asks: ${escapeTo(prompt, 2500)}`)]
})

export const statusMarks: Readonly<Record<Session["status"], string>> = {
  pending: "inbox_tray",
  running: "hourglass_flowing_sand",
  waiting: "raised_hand",
  ...marks
}

const homeEntry = (session: Session): ReadonlyArray<SlackBlock> => [
  section(
    `:${statusMarks[session.status]}: *${escapeTo(titleOf(session.prompt), 500)}*\n` +
      `${escapeTo(session.repo, 300)} · ${session.status}` +
      (session.prUrl === undefined ? "" : ` · ${link(session.prUrl, `#${session.prNumber ?? ""}`)}`)
  ),
  small(`${session.id} · ${DateTime.formatIso(session.createdAt).slice(0, 16).replace("T", " ")} UTC`)
]

/** The Home tab: a person's sessions, newest first. */
export const home = (sessions: ReadonlyArray<Session>): SlackView => ({
  type: "home",
  blocks: [
    header("Your sessions"),
    ...(sessions.length === 0
      ? [
        section(
          "None yet. Mention me in a channel with a task, or write to me here: `fix the login --repo owner/name`."
        )
      ]
      : sessions.slice(0, 30).flatMap(homeEntry))
  ]
})

export const closedHome = (reason: string): SlackView => ({ type: "home", blocks: [section(escapeTo(reason, 500))] })
