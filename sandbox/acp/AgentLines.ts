/**
 * What an agent does, as lines that a person can read: its words line by line, its thoughts, its tool calls
 * (`ToolLines`), and its to-do list. Pure.
 */
import type { SessionUpdate, ToolCallUpdate } from "@agentclientprotocol/sdk"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { AgentLine } from "../../src/domain/AgentLine.ts"
import * as Repetition from "./Repetition.ts"
import { longestLine, short } from "./ShortText.ts"
import * as ToolLines from "./ToolLines.ts"

export interface Told {
  /** The repository: paths are told relative to it. */
  readonly directory: string
  readonly heard: Repetition.Heard
  /** The beginning of a line, and whose it is. */
  readonly open: { readonly kind: "message" | "thought"; readonly text: string } | undefined
  /** By id. An agent may use thousands, and each update makes one more of these. */
  readonly tools: HashMap.HashMap<string, ToolLines.Tool>
  /** What was said after the last tool call: the answer, once the agent is done. */
  readonly answer: string
}

export const nothing = (directory: string): Told => ({
  directory,
  heard: Repetition.nothing,
  open: undefined,
  tools: HashMap.empty(),
  answer: ""
})

type Step = readonly [Told, ReadonlyArray<AgentLine>]

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

const useTool = (told: Told, update: ToolCallUpdate): Step => {
  const known = Option.getOrUndefined(HashMap.get(told.tools, update.toolCallId))
  const [before, lines] = known === undefined ? closeMessage(told) : [told, []]
  const [tool, more] = ToolLines.advance(told.directory, known, update)
  return [
    {
      ...before,
      tools: HashMap.set(before.tools, update.toolCallId, tool),
      // what is said before a tool call is not the answer
      answer: known === undefined ? "" : before.answer
    },
    [...lines, ...more]
  ]
}

const boxes: Readonly<Record<string, string>> = { completed: "[x]", in_progress: "[>]" }

const plan = (told: Told, entries: ReadonlyArray<{ readonly content: string; readonly status: string }>): Step => {
  const items = entries.map(({ content, status }) => `${boxes[status] ?? "[ ]"} ${short(content)}`)
  return [told, items.length === 0 ? [] : [{ kind: "plan", text: `to do: ${items.join(" · ")}`.slice(0, longestLine) }]]
}

/** What an agent says about its work beside its model's words: not a part of its answer. */
const notice = (told: Told, title: string): Step => {
  const [before, lines] = closeMessage(told)
  return [before, [...lines, ...words("message", title.replaceAll(/\s+/g, " ").trim())]]
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
    case "notice":
      return notice(told, update.title)
    case "plan":
      return plan(told, update.entries)
    default:
      return [told, []]
  }
}

/** The agent has ended its turn. */
export const end = (told: Told): Step => closeMessage(told)
