/** What a turn waits for, as a message of its own in its thread: the planner's questions, and a spent budget. Pure. */
import type { Session } from "../../domain/Session.ts"
import type { SlackContent } from "../../services/slack/SlackClient.ts"
import { escapeTo } from "../../services/slack/SlackText.ts"
import { isOpen, type Notice } from "../shared/Notice.ts"
import { textOf } from "../shared/NoticeText.ts"
import { actions, notification, section } from "./SlackBlocks.ts"

/** Longer than any paragraph, within the limit of a section. */
const longest = 2800

export const notice = (session: Pick<Session, "id" | "usage">, shown: Notice): SlackContent => {
  const { paragraphs, title } = textOf(
    shown,
    session.usage.costUsd,
    "Answer all of them with one reply in this thread."
  )
  const emoji = shown._tag === "Questions" ? "question" : "double_vertical_bar"
  const [first = []] = paragraphs
  return {
    text: notification(`${title}: ${first.join(" ")}`),
    blocks: [
      section(`:${emoji}: *${title}*`),
      ...paragraphs.map((lines) => section(escapeTo(lines.join("\n"), longest))),
      ...actions(
        shown._tag === "Pause" && isOpen(shown)
          ? [{ id: "budget", text: `Add $${shown.addUsd}`, value: session.id, style: "primary" }]
          : []
      )
    ]
  }
}
