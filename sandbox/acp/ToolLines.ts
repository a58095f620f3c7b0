/** The tool calls of an agent, as lines: one when a call begins, and when it ends its changes and what it printed. Pure. */
import type { ToolCallContent, ToolCallUpdate } from "@agentclientprotocol/sdk"
import * as Predicate from "effect/Predicate"
import { type AgentLine, mostLocations } from "../../src/domain/AgentLine.ts"
import * as LineDiff from "./LineDiff.ts"
import { longestLine, short } from "./ShortText.ts"

/** Where an update has lines that are to be told at once. */
export const linesName = "opentl/lines"

/** The most lines of a tool's output that are shown. */
const mostResultLines = 12
/** How much of what a terminal showed is kept, in characters: its end. */
const keptTerminal = 16_000

/** What is known of a call. */
export interface Tool {
  readonly title: string
  readonly locations: ReadonlyArray<string>
  readonly content: ReadonlyArray<ToolCallContent>
  readonly output: unknown
  /** What its terminal showed. */
  readonly terminal: string
  /** Whether its beginning was told: some agents know what a tool does only after they have announced it. */
  readonly isTold: boolean
  readonly isOver: boolean
}

const relative = (directory: string, path: string): string =>
  path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path

/** What a tool does: its title, with the path that it is about where the title has none. */
const nameOf = ({ locations: [path], title }: Tool): string => {
  const file = path?.split("/").at(-1)
  return short(path === undefined || file === undefined || title.includes(file) ? title : `${title} ${path}`)
}

const about = (tool: Tool, status: string) => ({
  title: nameOf(tool),
  status,
  ...(tool.locations.length === 0 ? {} : { locations: tool.locations.slice(0, mostLocations).map(short) })
})

const withoutFence = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  /^\s*`{3,}/.test(lines[0] ?? "") && /^\s*`{3,}\s*$/.test(lines.at(-1) ?? "") ? lines.slice(1, -1) : lines

/** Where agents that show nothing keep what a command printed. */
const outputFields = ["formatted_output", "aggregated_output", "output", "stdout"]

const outputOf = ({ content, output, terminal }: Tool): string => {
  const shown = content.flatMap((part) =>
    part.type === "content" && part.content.type === "text" ? [part.content.text] : []
  ).join("\n").trim()
  if (shown !== "" || content.some(({ type }) => type === "diff")) return shown
  if (terminal.trim() !== "") return terminal.trim()
  if (Predicate.isString(output)) return output.trim()
  return outputFields.flatMap((name) => {
    const value = Predicate.hasProperty(output, name) ? output[name] : undefined
    return Predicate.isString(value) && value.trim() !== "" ? [value.trim()] : []
  })[0] ?? ""
}

/** What a tool has to show, as lines: the end of a long output, since that is where errors are. */
const resultOf = (tool: Tool): ReadonlyArray<string> => {
  const text = outputOf(tool)
  if (text === "") return []
  const lines = withoutFence(text.split("\n"))
  const left = lines.length - mostResultLines
  return left > 0 ? [`… (${left} more lines)`, ...lines.slice(left)] : lines
}

const diffsOf = (directory: string, { content }: Tool): ReadonlyArray<AgentLine> =>
  content.flatMap((part): ReadonlyArray<AgentLine> => {
    if (part.type !== "diff") return []
    const { added, removed } = LineDiff.count(part.oldText ?? "", part.newText)
    const path = short(relative(directory, part.path))
    return [{ kind: "diff", title: path, locations: [path], text: `${path} +${added} -${removed}` }]
  })

const marks = { completed: "✓", failed: "✗" } as const

const begun = (tool: Tool): ReadonlyArray<AgentLine> => [
  { kind: "tool_call", ...about(tool, "in_progress"), text: `▸ ${nameOf(tool)}` }
]

const printed = (tool: Tool, status: string, lines: ReadonlyArray<string>): ReadonlyArray<AgentLine> =>
  lines.map((text) => ({ kind: "tool_call", ...about(tool, status), text: `  ${text.slice(0, longestLine)}` }))

const ended = (directory: string, tool: Tool, status: "completed" | "failed"): ReadonlyArray<AgentLine> => [
  { kind: "tool_call", ...about(tool, status), text: `${marks[status]} ${nameOf(tool)}` },
  ...diffsOf(directory, tool),
  ...printed(tool, status, resultOf(tool))
]

/** What a terminal showed since the last update, by an extension that codex and pi use. */
const shownBy = ({ _meta: meta }: ToolCallUpdate): string =>
  ["terminal_output_delta", "terminal_output"].flatMap((name) => {
    const output = meta?.[name]
    return Predicate.hasProperty(output, "data") && Predicate.isString(output.data) ? [output.data] : []
  })[0] ?? ""

/** Lines of a running command that are to be told at once: the built-in agent selects them. */
const linesOf = ({ _meta: meta }: ToolCallUpdate): ReadonlyArray<string> => {
  const lines = meta?.[linesName]
  return Array.isArray(lines) ? lines.filter(Predicate.isString) : []
}

/** Some agents call a command only "bash" until it has ended. */
const titleOf = ({ rawInput, title }: ToolCallUpdate): string | undefined => {
  const command = Predicate.hasProperty(rawInput, "command") ? rawInput.command : undefined
  return Predicate.isString(command) && command.trim() !== "" && !(title ?? "").includes(" ")
    ? command
    : title ?? undefined
}

/** The newer title, unless it says less. */
const better = (title: string | undefined, known: string | undefined): string | undefined =>
  title === undefined || (known?.includes(" ") === true && !title.includes(" ")) ? known ?? title : title

/** Whether an announcement says what the tool does: some come with nothing, or of a command only with its directory. */
const isTelling = ({ kind, rawInput, title }: ToolCallUpdate): boolean =>
  kind === "execute"
    ? Predicate.hasProperty(rawInput, "command") || (title ?? "").includes(" ")
    : rawInput != null && !(Predicate.isRecord(rawInput) && Object.keys(rawInput).length === 0)

/** What a call had to show is not needed after its end, and may be large. */
const nothingMore = { content: [], output: undefined, terminal: "" }

/** A call after one more update, and what is told of it. `directory` is the repository: paths are told relative to it. */
export const advance = (
  directory: string,
  known: Tool | undefined,
  update: ToolCallUpdate
): readonly [Tool, ReadonlyArray<AgentLine>] => {
  const end = update.status === "completed" || update.status === "failed" ? update.status : undefined
  const isKnown = known !== undefined || isTelling(update)
  const tool: Tool = {
    title: better(titleOf(update), known?.title) ?? update.toolCallId,
    locations: update.locations?.flatMap(({ path }) => path === directory ? [] : [relative(directory, path)]) ??
      known?.locations ?? [],
    content: update.content ?? known?.content ?? [],
    output: update.rawOutput ?? known?.output,
    terminal: ((known?.terminal ?? "") + shownBy(update)).slice(-keptTerminal),
    isTold: known?.isTold === true || (isKnown && end === undefined),
    isOver: known?.isOver === true || end !== undefined
  }
  return [
    tool.isOver ? { ...tool, ...nothingMore } : tool,
    [
      ...(tool.isTold && known?.isTold !== true ? begun(tool) : []),
      ...printed(tool, "in_progress", linesOf(update)),
      ...(end !== undefined && known?.isOver !== true ? ended(directory, tool, end) : [])
    ]
  ]
}
