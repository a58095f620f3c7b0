/**
 * Changed files that a person should look at, whatever a review says: they act beyond the reviewed code, or cannot be
 * read in a diff.
 */
import { becomesExecutable, type ChangedFile, isSubmodule, isSymlink } from "./ChangedFile.ts"
import * as Invisible from "./Invisible.ts"
import type { PatchSection } from "./Patch.ts"

export interface SensitiveFile {
  readonly path: string
  /** The reason, in a few words. */
  readonly why: string
}

/** Binaries larger than this many bytes are listed, and those whose size is not known. */
export const maxBinaryBytes = 1024 * 1024

/** The forge ignores case in some of these names, so case is ignored in all of them. */
const names: ReadonlyArray<readonly [path: RegExp, why: string]> = [
  [/^\.github\/workflows\//i, "workflow: it runs with the repository's token and secrets"],
  [/^\.github\/actions\//i, "action: workflows run it with the repository's token and secrets"],
  [/^\.gitlab-ci\.ya?ml$/i, "pipeline: it runs with the repository's token and secrets"],
  [/^\.opentl\//i, "OpenTL's own configuration: it counts from the next session on"],
  [/(^|\/)codeowners$/i, "decides whose review is required"],
  [/(^|\/)\.gitmodules$/i, "decides where submodules come from"],
  [/(^|\/)\.gitattributes$/i, "changes how files are shown and merged"]
]

/** The reason, if the name alone makes the file sensitive. */
const byName = ({ path, previousPath }: ChangedFile): string | undefined =>
  names.find(([pattern]) => pattern.test(path) || (previousPath !== undefined && pattern.test(previousPath)))?.[1]

const byMode = (file: ChangedFile): string | undefined =>
  isSubmodule(file)
    ? "submodule: what it points to is not in the diff"
    : isSymlink(file)
    ? "symbolic link"
    : becomesExecutable(file)
    ? "becomes executable"
    : undefined

/** Whether the name or mode makes the file sensitive. */
export const isSensitive = (file: ChangedFile): boolean => byName(file) !== undefined || byMode(file) !== undefined

/** Where a symbolic link points, and whether that is outside the repository. */
const leadsTo = (path: string, section: PatchSection | undefined): string => {
  const target = section === undefined ? undefined : /^\+(.*)$/m.exec(section.text.slice(section.header.length))?.[1]
  if (target === undefined) return ""
  const depth = target.split("/").reduce(
    ({ least, now }, part) => {
      const next = part === ".." ? now - 1 : part === "" || part === "." ? now : now + 1
      return { now: next, least: Math.min(least, next) }
    },
    { now: path.split("/").length - 1, least: 0 }
  )
  const isOutside = target.startsWith("/") || depth.least < 0
  return ` to ${Invisible.reveal(target, 80)}${isOutside ? ", which is outside the repository" : ""}`
}

/** The files of a change that need a person's eye, in git's order, with the reasons. */
export const sensitiveFiles = (
  changed: ReadonlyArray<ChangedFile>,
  sections: ReadonlyArray<PatchSection>
): ReadonlyArray<SensitiveFile> => {
  // a file that became a link has two sections, and the second is its present one
  const byPath = new Map(sections.map((section) => [section.path, section]))
  return changed.flatMap((file) => {
    const section = byPath.get(file.path)
    const bytes = section?.binaryBytes ?? 0
    const mode = byMode(file)
    const reasons = [
      byName(file),
      isSymlink(file) ? `${mode}${leadsTo(file.path, section)}` : mode,
      bytes > maxBinaryBytes
        ? `binary of ${(bytes / maxBinaryBytes).toFixed(1)} MiB`
        : section?.isBinary === true && section.binaryBytes === undefined && file.status !== "deleted"
        ? "binary whose size the diff does not tell"
        : undefined
    ].filter((reason) => reason !== undefined)
    return reasons.length === 0
      ? []
      : [{ path: file.path, why: `${file.status === "changed" ? "" : `${file.status}; `}${reasons.join("; ")}` }]
  })
}
