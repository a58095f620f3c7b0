/** Telegram's own words in replies, and the replies that it shows in its own way. Pure. */
import type { Session } from "../../domain/Session.ts"
import { bold, code, type Rich, text } from "../../services/support/RichText.ts"
import { write } from "../../services/telegram/TelegramText.ts"
import type { Wording } from "../shared/CommandReplies.ts"
import { type Change, changeOf, inSentences } from "../shared/OutcomeText.ts"
import type { FileKind } from "../shared/Posted.ts"
import type { TurnView } from "../shared/TurnView.ts"
import { menu } from "./TelegramCommands.ts"
import { messages, type Shown, status } from "./TelegramView.ts"

type Shows = ReadonlyArray<Shown>

/** A plain sentence as a message. */
export const sentence = (sentence: string): Shows => shows([text(sentence)])

/** A refusal as a full sentence. */
export const refusal = (reason: string): string => inSentences(reason)

const help: Rich = [
  bold("OpenTL"),
  text(" works on a task in the background and opens a pull request.\n\nWrite what should be done, with "),
  code("--repo owner/name"),
  text(" unless this chat has a repository (/repo). Flags: "),
  code("--approve"),
  text(" (wait until you approve the plan), "),
  code("--plan"),
  text(" (only make a plan), "),
  code("--agent"),
  text(", "),
  code("--model"),
  text(", "),
  code("--base"),
  text(".\nAfter that, what you write, or reply to one of my messages, is a follow-up.\n\n"),
  text(menu.map(({ command, description }) => `/${command}: ${description}`).join("\n"))
]

export const wording: Wording = {
  help,
  setRepository: "/repo owner/name",
  signs: { pending: "", running: "", waiting: "", complete: "", error: "", cancelled: "" },
  elsewhere: ""
}

/** Rich text as messages. */
export const shows = (rich: Rich): Shows => messages(rich, [])

/** A session's status; `now` is in epoch milliseconds. */
export const summary = (session: Session, view: TurnView, now: number): Shows => {
  // show all buttons that other messages may have
  const shown = status(session, view, now, {
    isContinued: false,
    isPlanInDoubt: view.waiting,
    isCardInDoubt: true,
    isNoticeInDoubt: true
  })
  return [{
    ...shown,
    markdown: `${shown.markdown}${session.prUrl === undefined ? "" : write([text(`\n${session.prUrl}`)])}`
  }]
}

/** The reply for an empty file. */
export const empty = (kind: FileKind): string => kind === "diff" ? "There are no changes yet." : "The log is empty."

/** What a command did, in a sentence. */
export const done = (outcome: Change): string => inSentences(...changeOf(outcome))
