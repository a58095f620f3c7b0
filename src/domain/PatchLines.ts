/** The lines of a patch's section, with their numbers in the new version of the file. Pure. */
import type { PatchSection } from "./Patch.ts"

export interface PatchLine {
  readonly kind: "added" | "removed" | "context"
  /** Without its mark and its LF. */
  readonly text: string
  /** Its number in the new version; for a removed line, the number of the line that follows it there. */
  readonly line: number
}

/** Neighbouring lines: what is added or context has consecutive numbers. */
export type Hunk = ReadonlyArray<PatchLine>

const header = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

/** The hunks of a section; none for a binary file. What follows the announced number of lines is not content. */
export const hunks = (section: PatchSection): ReadonlyArray<Hunk> => {
  if (section.isBinary) return []
  const found: Array<Array<PatchLine>> = []
  let old = 0
  let now = 0
  let number = 0
  for (const line of section.text.slice(section.header.length).split("\n")) {
    const opened = old > 0 || now > 0 ? null : header.exec(line)
    if (opened !== null) {
      old = Number(opened[1] ?? 1)
      now = Number(opened[3] ?? 1)
      number = Number(opened[2] ?? 1)
      found.push([])
    } else if (now > 0 && line.startsWith("+")) {
      found.at(-1)?.push({ kind: "added", text: line.slice(1), line: number++ })
      now--
    } else if (old > 0 && line.startsWith("-")) {
      found.at(-1)?.push({ kind: "removed", text: line.slice(1), line: number })
      old--
    } else if (old > 0 && now > 0 && line.startsWith(" ")) {
      found.at(-1)?.push({ kind: "context", text: line.slice(1), line: number++ })
      old--
      now--
    }
  }
  return found
}
