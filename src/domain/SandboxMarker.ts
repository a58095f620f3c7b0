/**
 * The entrypoint's marker lines, as in the original. What a program inside prints is escaped on its way out (one
 * backslash before anything that reads like a marker), so only the entrypoint's own lines are markers; and a marker is
 * only ever shown: branch, result and identity never come from the output.
 */
import * as Data from "effect/Data"

export type SandboxLine = Data.TaggedEnum<{
  Status: { readonly text: string }
  Error: { readonly text: string }
  /** The entrypoint has reached its end. Carries nothing that is believed. */
  Done: object
  Output: { readonly text: string }
}>
export const SandboxLine = Data.taggedEnum<SandboxLine>()

const marker = /^###OPENTL_(STATUS|ERROR|DONE)###(?: (.*))?$/s
const escaped = /^\\+###OPENTL_/

/** Reads one line. */
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
    default:
      return SandboxLine.Output({ text: line })
  }
}

/** What the relay inside does to a program's line. */
export const escape = (line: string): string => /^\\*###OPENTL_/.test(line) ? `\\${line}` : line
