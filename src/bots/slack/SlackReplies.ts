/** Slack's own words in replies to commands, which only the person who gave the command sees. Pure. */
import * as Record from "effect/Record"
import { escape } from "../../services/slack/SlackText.ts"
import { code, cut, type Rich, text } from "../../services/support/RichText.ts"
import type { Wording } from "../shared/CommandReplies.ts"
import { statusMarks } from "./SlackCards.ts"

const help: Rich = [
  text("Give me a task: "),
  code("/opentl fix the login --repo owner/name"),
  text(". Use "),
  code("/opentl run <task>"),
  text(" if the task begins like a command.\n"),
  code("--agent"),
  text(", "),
  code("--model"),
  text(", "),
  code("--base <branch>"),
  text(" set how it works; "),
  code("--approve"),
  text(" waits until you approve the plan; "),
  code("--plan"),
  text(" only makes a plan.\n"),
  code("/opentl list"),
  text(" shows the newest sessions, "),
  code("/opentl repo owner/name"),
  text(" sets this channel's repository.\n"),
  code("/opentl status"),
  text(", "),
  ...["plan", "diff", "log", "approve", "reject", "retry", "budget"].flatMap((verb) => [code(verb), text(", ")]),
  code("stop"),
  text(": for your latest session in this channel, or for the one whose id you add.\n"),
  text(
    "Mentioning me does the same; in a session's thread, it is about that session. Any other reply in the thread is a follow-up."
  )
]

export const wording: Wording = {
  help,
  setRepository: "/opentl repo owner/name",
  signs: Record.map(statusMarks, (mark) => `:${mark}:`),
  elsewhere: ", or the button in its thread"
}

/** A refusal or an error as a sentence. */
export const sentence = (reason: string): string => escape(cut(reason, 2000))
