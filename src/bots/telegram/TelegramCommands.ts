/** The bot's commands: what they are, and which one a message is. Pure. */
import * as Data from "effect/Data"

/** As Telegram shows them in its menu. */
export const menu = [
  { command: "new", description: "Start a task: /new fix the login --repo owner/name" },
  { command: "run", description: "Start a task beside the current one" },
  { command: "status", description: "How the session stands" },
  { command: "list", description: "The newest sessions" },
  { command: "plan", description: "The session's plan" },
  { command: "approve", description: "Approve the plan" },
  { command: "reject", description: "Reject the plan, with a reason" },
  { command: "diff", description: "The session's changes" },
  { command: "log", description: "The session's log" },
  { command: "stop", description: "Stop the session" },
  { command: "retry", description: "Try the last turn again" },
  { command: "use", description: "Take up a session: /use <id>" },
  { command: "repo", description: "This chat's repository: /repo owner/name" },
  { command: "help", description: "What this bot does" }
] as const

export type CommandName = typeof menu[number]["command"] | "start"

const names: ReadonlySet<string> = new Set<string>([...menu.map(({ command }) => command), "start"])
const isName = (name: string): name is CommandName => names.has(name)

export type Read = Data.TaggedEnum<{
  Command: { readonly name: CommandName; readonly rest: string }
  /** A command that is none of ours. */
  Unknown: { readonly name: string }
  /** A command for another bot of the group. */
  ForAnother: {}
  Text: { readonly text: string }
}>
export const Read = Data.taggedEnum<Read>()

/**
 * Which command a message is: `/name` or `/name@bot` at its beginning, in any case. What follows keeps its line breaks.
 *
 * @example
 * read("/new@opentl_bot fix it", "opentl_bot") // Command new, "fix it"
 */
export const read = (text: string, botName: string): Read => {
  const match = /^\/(?<name>[A-Za-z0-9_]{1,64})(?:@(?<bot>\w+))?(?:\s+(?<rest>[\s\S]*))?$/.exec(text.trim())
  if (match === null) return Read.Text({ text: text.trim() })
  const { bot, name = "", rest = "" } = match.groups ?? {}
  if (bot !== undefined && bot.toLowerCase() !== botName.toLowerCase()) return Read.ForAnother()
  const lower = name.toLowerCase()
  return isName(lower) ? Read.Command({ name: lower, rest: rest.trim() }) : Read.Unknown({ name: lower })
}

/** A session's id at the beginning of a command's words: six characters of it at least, so that no word is taken for one. */
export const leadingId = (
  text: string
): { readonly id: string | undefined; readonly rest: string } => {
  const [, id, rest] = /^([0-9a-f]{6,12})(?:\s+([\s\S]*))?$/.exec(text) ?? []
  return id === undefined ? { id: undefined, rest: text } : { id, rest: rest ?? "" }
}
