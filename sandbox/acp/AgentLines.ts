/**
 * What an agent does, as lines that a person can read: its words line by line, a tool call when it begins and when it
 * ends, changed files as paths with counts, and its to-do list. Pure.
 */
import type { SessionUpdate, ToolCallContent, ToolCallUpdate } from "@agentclientprotocol/sdk"
import * as Predicate from "effect/Predicate"
import { type AgentLine, longestTitle, mostLocations } from "../../src/domain/AgentLine.ts"
import * as LineDiff from "./LineDiff.ts"
import * as Repetition from "./Repetition.ts"

/** The most lines of a tool's output that are shown. */
const mostResultLines = 12
/** How much of what a terminal showed is kept, in characters: its end. */
const keptTerminal = 16_000
/** A longer line is told in several, in characters. */
const longestLine = 8_000

interface Tool {
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

export interface Told {
  /** The repository: paths are told relative to it. */
  readonly directory: string
  readonly heard: Repetition.Heard
  /** The beginning of a line, and whose it is. */
  readonly open: { readonly kind: "message" | "thought"; readonly text: string } | undefined
  readonly tools: ReadonlyMap<string, Tool>
  /** What was said after the last tool call: the answer, once the agent is done. */
  readonly answer: string
}

export const nothing = (directory: string): Told => ({
  directory,
  heard: Repetition.nothing,
  open: undefined,
  tools: new Map(),
  answer: ""
})

type Step = readonly [Told, ReadonlyArray<AgentLine>]

const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ").trim()
  return line.length <= longestTitle ? line : `${line.slice(0, longestTitle - 1)}…`
}

const words = (kind: "message" | "thought", text: string): ReadonlyArray<AgentLine> =>
  Array.from({ length: Math.max(1, Math.ceil(text.length / longestLine)) }, (_, index) => ({
    kind,
    text: text.slice(index * longestLine, (index + 1) * longestLine)
  }))

/** Ends the line, or the thought, that was begun. */
const closeLine = (told: Told): Step => {
  const { open } = told
  const text = open?.kind === "thought" ? open.text.trim() : open?.text
  return [
    { ...told, open: undefined },
    open === undefined || text === undefined || text === "" ? [] : words(open.kind, text)
  ]
}

/** Ends what is being said, as something else begins. */
const closeMessage = (told: Told): Step => {
  const [heard, rest] = Repetition.end(told.heard)
  const [after, lines] = write({ ...told, heard, answer: told.answer + rest }, "message", rest)
  const [closed, last] = closeLine(after)
  return [{ ...closed, heard: Repetition.nothing }, [...lines, ...last]]
}

/** Words are told line by line, a thought as a whole. */
const write = (told: Told, kind: "message" | "thought", text: string): Step => {
  if (text === "") return [told, []]
  const [before, ended] = told.open === undefined || told.open.kind === kind ? [told, []] : closeLine(told)
  const all = (before.open?.text ?? "") + text
  if (kind === "thought") return [{ ...before, open: { kind, text: all.slice(0, longestLine) } }, ended]
  const lines = all.split("\n")
  const open = { kind, text: lines.at(-1) ?? "" }
  return [{ ...before, open }, [...ended, ...lines.slice(0, -1).flatMap((line) => words(kind, line))]]
}

const say = (told: Told, part: string): Step => {
  const [heard, text] = Repetition.hear(told.heard, part)
  return write({ ...told, heard, answer: told.answer + text }, "message", text)
}

const think = (told: Told, part: string): Step => {
  const [before, lines] = told.open?.kind === "message" ? closeMessage(told) : [told, []]
  const [after, more] = write(before, "thought", part)
  return [after, [...lines, ...more]]
}

const relative = ({ directory }: Told, path: string): string =>
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

const diffsOf = (told: Told, { content }: Tool): ReadonlyArray<AgentLine> =>
  content.flatMap((part): ReadonlyArray<AgentLine> => {
    if (part.type !== "diff") return []
    const { added, removed } = LineDiff.count(part.oldText ?? "", part.newText)
    const path = short(relative(told, part.path))
    return [{ kind: "diff", title: path, locations: [path], text: `${path} +${added} -${removed}` }]
  })

const marks = { completed: "✓", failed: "✗" } as const

const begun = (tool: Tool): ReadonlyArray<AgentLine> => [
  { kind: "tool_call", ...about(tool, "in_progress"), text: `▸ ${nameOf(tool)}` }
]

const ended = (told: Told, tool: Tool, status: "completed" | "failed"): ReadonlyArray<AgentLine> => {
  const line = (text: string): AgentLine => ({ kind: "tool_call", ...about(tool, status), text })
  return [
    line(`${marks[status]} ${nameOf(tool)}`),
    ...diffsOf(told, tool),
    ...resultOf(tool).map((text) => line(`  ${text.slice(0, longestLine)}`))
  ]
}

/** What a terminal showed since the last update, by an extension that codex and pi use. */
const shownBy = ({ _meta: meta }: ToolCallUpdate): string =>
  ["terminal_output_delta", "terminal_output"].flatMap((name) => {
    const output = meta?.[name]
    return Predicate.hasProperty(output, "data") && Predicate.isString(output.data) ? [output.data] : []
  })[0] ?? ""

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

const useTool = (told: Told, update: ToolCallUpdate): Step => {
  const known = told.tools.get(update.toolCallId)
  const [before, lines] = known === undefined ? closeMessage(told) : [told, []]
  const end = update.status === "completed" || update.status === "failed" ? update.status : undefined
  const isKnown = known !== undefined || isTelling(update)
  const tool: Tool = {
    title: better(titleOf(update), known?.title) ?? update.toolCallId,
    locations: update.locations?.flatMap(({ path }) => path === told.directory ? [] : [relative(told, path)]) ??
      known?.locations ?? [],
    content: update.content ?? known?.content ?? [],
    output: update.rawOutput ?? known?.output,
    terminal: ((known?.terminal ?? "") + shownBy(update)).slice(-keptTerminal),
    isTold: known?.isTold === true || (isKnown && end === undefined),
    isOver: known?.isOver === true || end !== undefined
  }
  return [
    {
      ...before,
      tools: new Map(before.tools).set(update.toolCallId, tool),
      // what is said before a tool call is not the answer
      answer: known === undefined ? "" : before.answer
    },
    [
      ...lines,
      ...(tool.isTold && known?.isTold !== true ? begun(tool) : []),
      ...(end !== undefined && known?.isOver !== true ? ended(told, tool, end) : [])
    ]
  ]
}

const boxes: Readonly<Record<string, string>> = { completed: "[x]", in_progress: "[>]" }

const plan = (told: Told, entries: ReadonlyArray<{ readonly content: string; readonly status: string }>): Step => {
  const items = entries.map(({ content, status }) => `${boxes[status] ?? "[ ]"} ${short(content)}`)
  return [told, items.length === 0 ? [] : [{ kind: "plan", text: `to do: ${items.join(" · ")}`.slice(0, longestLine) }]]
}

/** Tells one update of a session. What has no words for people gives no line. */
export const tell = (told: Told, update: SessionUpdate): Step => {
  switch (update.sessionUpdate) {
    case "agent_message_chunk":
      return update.content.type === "text" ? say(told, update.content.text) : [told, []]
    case "agent_thought_chunk":
      return update.content.type === "text" ? think(told, update.content.text) : [told, []]
    case "tool_call":
    case "tool_call_update":
      return useTool(told, update)
    case "plan":
      return plan(told, update.entries)
    default:
      return [told, []]
  }
}

/** The agent has ended its turn. */
export const end = (told: Told): Step => closeMessage(told)
