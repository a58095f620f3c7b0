/**
 * Selects the part of a diff that fits into a review; the rest is named, and no approval covers it. The choice does not
 * depend on the order in the diff: files that act beyond the code come first, generated ones last, small ones before
 * large ones, so that as many as possible are seen.
 */
import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import { type ChangedFile, isExecutable } from "../../domain/ChangedFile.ts"
import type { Diff } from "../../domain/Diff.ts"
import * as Patch from "../../domain/Patch.ts"
import { isSensitive, maxBinaryBytes } from "../../domain/SensitiveFile.ts"
import * as Unseen from "../../domain/Unseen.ts"
import { excerpt } from "../support/Excerpt.ts"

export interface PatchExcerpt {
  readonly text: string
  readonly unseen: Unseen.Unseen | undefined
}

/** One file of the diff: its sections, without binary content. */
interface Part {
  readonly path: string
  readonly text: string
  readonly rank: number
  readonly isWhole: boolean
  /** Why it cannot be shown completely, whatever the length. */
  readonly why: Unseen.UnseenFile["why"] | undefined
}

const mediaName = /\.(png|jpe?g|gif|webp|avif|ico|bmp|icns|woff2?|ttf|otf|eot|mp3|ogg|wav|mp4|webm)$/i

const generatedName = new RegExp(
  [
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.ya?ml|go\.sum|bun\.lockb?|uv\.lock)$/,
    /\.(lock|map|snap|svg|csv|min\.(js|css))$/,
    /(^|\/)(dist|build|vendor|node_modules|third_party|__snapshots__)\//
  ].map(({ source }) => source).join("|"),
  "i"
)

const isMedia = (path: string, file: ChangedFile | undefined, bytes: number): boolean =>
  mediaName.test(path) && bytes <= maxBinaryBytes && file !== undefined && !isExecutable(file)

/** If a patch contains only a binary delta, the delta's size is used. */
const whyBinary = (path: string, file: ChangedFile | undefined, sections: ReadonlyArray<Patch.PatchSection>) => {
  if (!sections.some(({ isBinary }) => isBinary)) return undefined
  // there is nothing to see but the deletion
  if (file?.status === "deleted") return undefined
  const bytes = Math.max(...sections.map(({ binaryBytes, text }) => binaryBytes ?? text.length))
  return isMedia(path, file, bytes) ? "media" as const : "binary" as const
}

const parts = (patch: string, changed: ReadonlyArray<ChangedFile>): ReadonlyArray<Part> => {
  const files = new Map(changed.map((file) => [file.path, file]))
  const groups = new Map<string, Array<Patch.PatchSection>>()
  for (const section of Patch.sections(patch)) {
    const group = groups.get(section.path)
    if (group === undefined) groups.set(section.path, [section])
    else group.push(section)
  }
  return Array.from(groups, ([path, sections]) => {
    const file = files.get(path)
    return {
      path,
      text: sections.map(({ header, isBinary, text }) => isBinary ? `${header}[binary, not shown]\n` : text).join(""),
      rank: file !== undefined && isSensitive(file) ? 0 : generatedName.test(path) ? 2 : 1,
      isWhole: sections.every(({ isWhole }) => isWhole),
      why: whyBinary(path, file, sections)
    }
  })
}

const byUse = Order.combineAll([
  Order.mapInput(Order.number, ({ rank }: Part) => rank),
  Order.mapInput(Order.number, ({ text }: Part) => text.length),
  Order.mapInput(Order.string, ({ path }: Part) => path)
])

/** As many whole parts as fit. */
const fitting = (sorted: ReadonlyArray<Part>, limit: number): ReadonlySet<Part> => {
  const kept = new Set<Part>()
  let room = limit
  for (const part of sorted) {
    if (part.text.length > room) continue
    kept.add(part)
    room -= part.text.length
  }
  return kept
}

/**
 * A diff within about `limit` characters: whole files, in the diff's order; if none fits, a part of the most important
 * one. `unseen` is what is missing.
 */
export const patchExcerpt = (
  { changed, files, patch }: Pick<Diff, "changed" | "files" | "patch">,
  limit: number
): PatchExcerpt => {
  const all = parts(patch, changed)
  const sorted = Arr.sort(all, byUse)
  const kept = fitting(sorted, limit)
  const cut = kept.size === 0 ? sorted[0] : undefined
  const known = new Set(all.map(({ path }) => path))
  // the diff itself may be truncated: these files are not in it
  const missing = changed.filter(({ path }) => !known.has(path))
  const unseen = [
    ...all.flatMap((part) => {
      const why = part === cut ? "cut" : !kept.has(part) ? "left_out" : part.why ?? (part.isWhole ? undefined : "cut")
      return why === undefined ? [] : [{ file: part.path, why }]
    }),
    ...missing.map(({ path }) => ({ file: path, why: "left_out" as const }))
  ]
  return {
    text: all.length === 0
      ? excerpt(patch, limit)
      : all.flatMap((part) => kept.has(part) ? [part.text] : part === cut ? [excerpt(part.text, limit)] : []).join(""),
    unseen: Unseen.make(unseen, Math.max(0, files - known.size - missing.length))
  }
}
