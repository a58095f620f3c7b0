/** What a turn waits for, as a message of its own: the planner's questions, and a spent budget. Pure. */
import type { Session } from "../../domain/Session.ts"
import { bold, type Rich, text } from "../../services/support/RichText.ts"
import { write } from "../../services/telegram/TelegramText.ts"
import { isOpen, type Notice } from "../shared/Notice.ts"
import { textOf } from "../shared/NoticeText.ts"
import { button } from "./TelegramButtonData.ts"
import type { Shown } from "./TelegramView.ts"

/** Its words, also for the status, where it is unknown whether the message arrived. */
export const rich = (session: Pick<Session, "usage">, shown: Notice): Rich => {
  const { paragraphs, title } = textOf(
    shown,
    session.usage.costUsd,
    "Answer all of them with one reply to this message."
  )
  return [
    text(shown._tag === "Questions" ? "❓ " : "⏸ "),
    bold(title),
    text(`\n\n${paragraphs.map((lines) => lines.join("\n")).join("\n\n")}`)
  ]
}

export const notice = (session: Pick<Session, "id" | "usage">, turn: number, shown: Notice): Shown => ({
  markdown: write(rich(session, shown)),
  keyboard: shown._tag === "Pause" && isOpen(shown)
    ? [[...button(`💵 Add $${shown.addUsd}`, { action: "budget", sessionId: session.id, turn, proposal: 0 })]]
    : []
})
