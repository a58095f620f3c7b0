/** What a session's thread shows, as Block Kit: the status while it works, and the waiting plan. Pure. */
import type { Session } from "../../domain/Session.ts"
import type { SlackContent } from "../../services/slack/SlackClient.ts"
import { escapeTo, oneLine } from "../../services/slack/SlackText.ts"
import { elapsed, type TurnView, waits } from "../shared/TurnView.ts"
import { actions, markdown, notification, section, small, smallMrkdwn } from "./SlackBlocks.ts"

/** The session's part of a view. */
export type Subject = Pick<Session, "id" | "repo" | "prompt" | "branch" | "requestedBy">

export const marks = { complete: "white_check_mark", error: "x", cancelled: "octagonal_sign" } as const
const ended = { complete: "Done", error: "Failed", cancelled: "Stopped" } as const

const phaseOf = (view: TurnView): string =>
  view.end !== undefined ? ended[view.end.end] : view.phase.charAt(0).toUpperCase() + view.phase.slice(1)

const emojiOf = (view: TurnView): string =>
  view.end !== undefined ? marks[view.end.end] : waits(view) ? "raised_hand" : "hourglass_flowing_sand"

/** "round 1: approved: good" */
const reviewLine = ({ round, text, verdict }: TurnView["reviews"][number]): string => {
  const summary = oneLine(text.split("\n")[0] ?? "").replace(/^[a-z ]+: /, "")
  return `Review ${round}: *${verdict}*${summary === "" ? "" : `: ${escapeTo(summary, 300)}`}`
}

/** The state whose change is worth an immediate edit; the rest (time, cost, last action) waits for a quiet moment. */
export const stateOf = (view: TurnView): string =>
  [view.turn, view.phase, view.round, view.waiting, view.reviews.length, view.pullRequest?.url, view.end?.end].join("|")

/** The one message that is edited while a turn runs. */
export const status = (subject: Subject, view: TurnView, now: number): SlackContent => {
  const facts = [
    ...(view.turn > 1 ? [`turn ${view.turn}`] : []),
    ...(view.round > 0 ? [`round ${view.round}`] : []),
    elapsed(view, now),
    ...(view.usage.costUsd > 0 ? [`$${view.usage.costUsd.toFixed(4)}`] : [])
  ].join(" · ")
  const last = oneLine(view.lastAction)
  return {
    text: notification(`${phaseOf(view)}: ${oneLine(subject.prompt)} (${subject.repo}, session ${subject.id})`),
    blocks: [
      section(`:${emojiOf(view)}: *${escapeTo(phaseOf(view), 200)}* · ${facts}`),
      ...(last === "" || view.end !== undefined ? [] : [small(last.slice(0, 400))]),
      ...(view.checks === undefined ? [] : [small(oneLine(view.checks).slice(0, 400))]),
      ...view.reviews.slice(-3).map((review) => smallMrkdwn(reviewLine(review))),
      smallMrkdwn(`\`${subject.id}\` · ${escapeTo(subject.repo, 300)} · \`${escapeTo(subject.branch, 300)}\``),
      ...actions(
        view.end !== undefined ? [] : [
          ...(view.budget === undefined ? [] : [{
            id: "budget",
            text: `Add $${view.budget.addUsd}`,
            value: subject.id,
            style: "primary" as const
          }]),
          {
            id: "stop",
            text: "Stop",
            value: subject.id,
            style: "danger",
            confirm: "This stops the session. A reply in the thread continues it."
          }
        ]
      )
    ]
  }
}

/** A proposed plan, with buttons while it waits. A plan that was replaced is reduced to one line. */
export const plan = (subject: Subject, view: TurnView, proposal: number): SlackContent => {
  const title = view.plan?.title ?? "Plan"
  const heading = `:clipboard: *Plan${proposal > 1 ? ` ${proposal}` : ""}*`
  const decision = view.decisions[proposal - 1]
  const verdict = decision === undefined ? "not decided" : oneLine(decision)
  if (proposal !== view.proposals) {
    return {
      text: notification(`Plan ${proposal}: ${verdict}`),
      blocks: [section(`${heading}: ${escapeTo(verdict, 600)}`)]
    }
  }
  const isOpen = view.waiting && decision === undefined
  const value = `${subject.id}/${view.turn}/${proposal}`
  return {
    text: notification(`Plan: ${title}`),
    blocks: [
      section(`${heading}: *${escapeTo(oneLine(title), 300)}*`),
      markdown(view.plan?.markdown ?? ""),
      ...(isOpen ? [] : [smallMrkdwn(`:pencil: ${escapeTo(verdict, 600)}`)]),
      ...actions(
        !isOpen ? [] : [
          { id: "approve", text: "Approve", value, style: "primary" },
          { id: "edit", text: "Edit", value },
          { id: "reject", text: "Reject", value, style: "danger" }
        ]
      )
    ]
  }
}
