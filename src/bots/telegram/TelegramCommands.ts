/** The bot's commands, and how a message is recognised as one. Pure. */
import * as Data from "effect/Data"

/** The commands as shown in Telegram's menu. */
export const menu = [
  { command: "new", description: "Start a task: /new fix the login --repo owner/name" },
  { command: "run", description: "Start a task in parallel to the current one" },
  { command: "status", description: "Show the session's status" },
  { command: "list", description: "List the newest sessions" },
  { command: "plan", description: "Show the session's plan" },
  { command: "approve", description: "Approve the plan" },
  { command: "reject", description: "Reject the plan, with a reason" },
  { command: "diff", description: "Show the session's changes" },
  { command: "log", description: "Show the session's log" },
  { command: "stop", description: "Stop the session" },
  { command: "retry", description: "Retry the last turn" },
  { command: "budget", description: "Add to the budget that the session waits for" },
  { command: "use", description: "Switch to a session: /use <id>" },
  { command: "repo", description: "Set this chat's repository: /repo owner/name" },
  { command: "help", description: "Show what this bot can do" }
] as const

export type CommandName = typeof menu[number]["command"] | "start"

const names: ReadonlySet<string> = new Set<string>([...menu.map(({ command }) => command), "start"])
const isName = (name: string): name is CommandName => names.has(name)

export type Read = Data.TaggedEnum<{
  Command: { readonly name: CommandName; readonly rest: string }
  /** A command that this bot does not have. */
  Unknown: { readonly name: string }
  /** A command for another bot in the group. */
  ForAnother: {}
  Text: { readonly text: string }
}>
export const Read = Data.taggedEnum<Read>()

/**
 * Parses the command at the beginning of a message, `/name` or `/name@bot` in any case. The rest keeps its line breaks.
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

/** A session's id at the beginning of a command's text: at least six characters, so that no word is taken for one. */
export const leadingId = (
  text: string
): { readonly id: string | undefined; readonly rest: string } => {
  const [, id, rest] = /^([0-9a-f]{6,12})(?:\s+([\s\S]*))?$/.exec(text) ?? []
  return id === undefined ? { id: undefined, rest: text } : { id, rest: rest ?? "" }
}
