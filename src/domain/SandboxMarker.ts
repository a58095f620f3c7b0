/**
 * The entrypoint's marker lines, as in the original. The relay puts a backslash before any program output that looks
 * like a marker, so only lines of the entrypoint's and of an agent's host are markers. Markers are only displayed:
 * branch, result and identity never come from the output.
 */
import * as Data from "effect/Data"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type AgentLine, AgentLineJson } from "./AgentLine.ts"

export type SandboxLine = Data.TaggedEnum<{
  Status: { readonly text: string }
  Error: { readonly text: string }
  /** The entrypoint reached its end. Nothing in the line is trusted. */
  Done: object
  Output: { readonly text: string }
  /** What an agent said or did through the Agent Client Protocol, from the program in the sandbox that hosts it. */
  Agent: { readonly line: AgentLine }
}>
export const SandboxLine = Data.taggedEnum<SandboxLine>()

const marker = /^###OPENTL_(STATUS|ERROR|DONE|ACP)###(?: (.*))?$/s
const readAgentLine = Schema.decodeOption(AgentLineJson)
const escaped = /^\\+###OPENTL_/

/** Parses one line. */
export const parse = (line: string): SandboxLine => {
  if (escaped.test(line)) return SandboxLine.Output({ text: line.slice(1) })
  const [, kind, text = ""] = marker.exec(line) ?? []
  switch (kind) {
    case "STATUS":
      return SandboxLine.Status({ text })
    case "ERROR":
      return SandboxLine.Error({ text })
    case "DONE":
      return SandboxLine.Done()
    case "ACP":
      return Option.match(readAgentLine(text), {
        onNone: () => SandboxLine.Output({ text: line }),
        onSome: (line) => SandboxLine.Agent({ line })
      })
    default:
      return SandboxLine.Output({ text: line })
  }
}

/** Escapes a program's line, as the relay in the sandbox does. */
export const escape = (line: string): string => /^\\*###OPENTL_/.test(line) ? `\\${line}` : line
