/** A patch for people, without the lines in which the gate found a secret. Pure. */
import * as Gate from "./Gate.ts"
import * as Patch from "./Patch.ts"
import { hunks, type PatchLine } from "./PatchLines.ts"

const leftOut = "(a line with a secret was left out)"

/** The added lines that are to go: those that were found, and of a key all up to its end. */
const secretLines = (lines: ReadonlyArray<PatchLine>, found: ReadonlySet<number>): ReadonlySet<number> => {
  const gone = new Set<number>()
  let isInKey = false
  for (const { kind, line, text } of lines) {
    if (kind !== "added") continue
    const isFound = found.has(line)
    if (isInKey || isFound) gone.add(line)
    isInKey = (isInKey || (isFound && /-----BEGIN /.test(text))) && !/-----END /.test(text)
  }
  return gone
}

const redactSection = (section: Patch.PatchSection, found: ReadonlySet<number>): string => {
  const content = section.text.slice(section.header.length)
  if (section.isBinary) return `${section.header}${leftOut}\n`
  const changed = hunks(section).flat()
  const gone = secretLines(changed, found)
  // the lines of the hunks, in their order: what is no line of a hunk stays
  let next = 0
  return section.header + content.split("\n").map((line) => {
    const at = changed[next]
    if (at === undefined || line !== `${marks[at.kind]}${at.text}`) return line
    next++
    return at.kind === "added" && gone.has(at.line) ? `+${leftOut}` : line
  }).join("\n")
}

const marks = { added: "+", removed: "-", context: " " } as const

/**
 * The patch with another line in the place of each one that has a secret. If a secret is not in any file of the patch, as
 * in a file's own name, nothing of the patch is shown.
 */
export const withoutSecrets = (patch: string, gate: Gate.Gate): string => {
  if (Gate.isClean(gate)) return patch
  const sections = Patch.sections(patch)
  const places = new Map<string, Set<number>>()
  for (const { file, line } of gate.secrets) places.set(file, (places.get(file) ?? new Set()).add(line))
  const known = new Set(sections.map(({ path }) => Gate.shownName(path)))
  if (gate.more !== undefined || Array.from(places.keys()).some((file) => !known.has(file))) {
    return "# The diff is not shown: there are secrets in it.\n"
  }
  return sections.map((section) => {
    const found = places.get(Gate.shownName(section.path))
    return found === undefined ? section.text : redactSection(section, found)
  }).join("")
}
