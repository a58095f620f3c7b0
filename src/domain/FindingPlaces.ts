/** Whether a reviewer's findings are about the diff: what names a place that is not in it is not believed. Pure. */
import type { ChangedFile } from "./ChangedFile.ts"
import type { PatchSection } from "./Patch.ts"
import { type Lines, rawHunks } from "./PatchPieces.ts"
import type { Finding } from "./Review.ts"

/** The places of a diff that a finding can name. */
export interface Places {
  readonly files: ReadonlySet<string>
  /** Files by the last part of their path. */
  readonly byName: ReadonlyMap<string, ReadonlyArray<string>>
  /** Their names before the change. */
  readonly renamed: ReadonlyMap<string, string>
  readonly linesOf: (file: string) => ReadonlyArray<Lines>
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

const grouped = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}

/** The places of a diff: each changed file, with the lines of its new version that the diff shows; of a deleted one the old. */
export const placesOf = (
  { changed, sections }: {
    readonly changed: ReadonlyArray<ChangedFile>
    readonly sections: ReadonlyArray<PatchSection>
  }
): Places => {
  const files = new Set([...changed.map(({ path }) => path), ...sections.map(({ path }) => path)])
  const deleted = new Set(changed.flatMap(({ path, status }) => status === "deleted" ? [path] : []))
  const bySection = grouped(sections, ({ path }) => path)
  const known = new Map<string, ReadonlyArray<Lines>>()
  return {
    files,
    byName: grouped(Array.from(files), nameOf),
    renamed: new Map(
      changed.flatMap(({ path, previousPath }) => previousPath === undefined ? [] : [[previousPath, path] as const])
    ),
    linesOf: (file) => {
      const lines = known.get(file) ??
        (bySection.get(file) ?? []).flatMap(rawHunks).map(({ now, old }) => deleted.has(file) ? old : now)
      known.set(file, lines)
      return lines
    }
  }
}

/** The changed file that a name means. */
const fileOf = ({ byName, files, renamed }: Places, named: string): string | undefined => {
  const path = named.replace(/^(?:\.?\/)+/, "")
  for (const candidate of [named, path, path.replace(/^[ab]\//, "")]) {
    if (files.has(candidate)) return candidate
    const now = renamed.get(candidate)
    if (now !== undefined) return now
  }
  if (path === "") return undefined
  const ends = (byName.get(nameOf(path)) ?? []).filter((file) => file.endsWith(`/${path}`))
  return ends.length === 1 ? ends[0] : undefined
}

const isIn = (line: number) => ({ count, start }: Lines): boolean => line >= start && line < start + count

/** A file's name with a line behind it: `src/a.ts:12`, `src/a.ts:12-14`. */
const withLine = /^(.+?):(\d{1,9})(?:[-:]\d+)?$/

/** The file and perhaps the line that a name means. */
const placeOf = (places: Places, name: string): Pick<Finding, "file" | "line"> => {
  const file = fileOf(places, name)
  if (file !== undefined) return { file }
  const [, path, line] = withLine.exec(name) ?? []
  const shorter = path === undefined ? undefined : fileOf(places, path)
  return shorter === undefined ? {} : { file: shorter, line: Number(line) }
}

/** The finding with the place that it has in the diff; `undefined` if it names a file that is not changed. */
const placed = (places: Places, finding: Finding): Finding | undefined => {
  const { comment, file: name = "" } = finding
  if (name.trim() === "") return { comment }
  const { file, ...named } = placeOf(places, name.trim())
  if (file === undefined) return undefined
  const line = finding.line ?? named.line
  return line === undefined || !places.linesOf(file).some(isIn(line)) ? { file, comment } : { file, line, comment }
}

/**
 * The findings that are about the diff, with the names of its files; a line that it does not show is left out. `dropped`
 * counts the others.
 */
export const inDiff = (
  places: Places,
  findings: ReadonlyArray<Finding>
): { readonly findings: ReadonlyArray<Finding>; readonly dropped: number } => {
  const kept = findings.flatMap((finding) => placed(places, finding) ?? [])
  return { findings: kept, dropped: findings.length - kept.length }
}
