/**
 * Divides a diff into the parts that a reviewer is shown, one question each: files in the diff's order, and a file that
 * is longer than a part in several. What exceeds the number of parts is named, and no approval covers it. Which files
 * these are does not depend on the order in the diff: files that act beyond the code come first, generated ones last,
 * small ones before large ones, so that as many as possible are seen.
 */
import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import { type ChangedFile, isExecutable } from "../../domain/ChangedFile.ts"
import type { Diff } from "../../domain/Diff.ts"
import * as Patch from "../../domain/Patch.ts"
import { pieces } from "../../domain/PatchPieces.ts"
import { isSensitive, maxBinaryBytes } from "../../domain/SensitiveFile.ts"
import * as Unseen from "../../domain/Unseen.ts"
import { excerpt } from "../support/Excerpt.ts"

/** What one question shows. */
export interface PatchPart {
  readonly text: string
  /** The files of which it shows something. */
  readonly files: ReadonlyArray<string>
}

export interface PatchParts {
  /** At least one. */
  readonly parts: readonly [PatchPart, ...ReadonlyArray<PatchPart>]
  readonly unseen: Unseen.Unseen | undefined
}

export interface PartLimits {
  /** The length of a part, in characters. */
  readonly part: number
  readonly parts: number
}

/** One file of the diff, without binary content. */
interface File {
  readonly path: string
  readonly size: number
  readonly rank: number
  readonly isWhole: boolean
  /** Why it cannot be shown completely, whatever the length. */
  readonly why: Unseen.UnseenFile["why"] | undefined
}

/** What is shown of a file in one place. */
interface Shown {
  readonly file: File
  readonly text: string
  readonly isWhole: boolean
  /** Its place in the diff. */
  readonly order: number
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

const read = (patch: string, changed: ReadonlyArray<ChangedFile>, limit: number): ReadonlyArray<Shown> => {
  const files = new Map(changed.map((file) => [file.path, file]))
  const groups = new Map<string, Array<Patch.PatchSection>>()
  for (const section of Patch.sections(patch)) {
    const group = groups.get(section.path)
    if (group === undefined) groups.set(section.path, [section])
    else group.push(section)
  }
  return Array.from(groups).flatMap(([path, sections]) => {
    const changed = files.get(path)
    const whole = sections.flatMap((section) => pieces(section, Infinity))
    const size = whole.reduce((sum, { text }) => sum + text.length, 0)
    const file: File = {
      path,
      size,
      rank: changed !== undefined && isSensitive(changed) ? 0 : generatedName.test(path) ? 2 : 1,
      isWhole: sections.every(({ isWhole }) => isWhole),
      why: whyBinary(path, changed, sections)
    }
    const shown = size <= limit
      ? [{ text: whole.map(({ text }) => text).join(""), isWhole: true }]
      : sections.flatMap((section) => pieces(section, limit))
    return shown.map(({ isWhole, text }) => ({ file, text, isWhole }))
  }).map((shown, order) => ({ ...shown, order }))
}

const byOrder = Order.mapInput(Order.number, ({ order }: Shown) => order)

const byUse = Order.combineAll([
  Order.mapInput(Order.number, ({ isWhole }: Shown) => isWhole ? 0 : 1),
  Order.mapInput(Order.number, ({ file }: Shown) => file.rank),
  Order.mapInput(Order.number, ({ file }: Shown) => file.size),
  Order.mapInput(Order.string, ({ file }: Shown) => file.path),
  byOrder
])

/** A part that is being filled. */
interface Bin {
  readonly shown: Array<Shown>
  room: number
}

const put = (bin: Bin, shown: Shown): void => {
  bin.shown.push(shown)
  bin.room -= shown.text.length
}

/** All of it in the diff's order, in as many parts as that takes. */
const inOrder = (all: ReadonlyArray<Shown>, limit: number): ReadonlyArray<Bin> => {
  const bins: Array<Bin> = []
  for (const shown of all) {
    const last = bins.at(-1)
    if (last !== undefined && shown.text.length <= last.room) put(last, shown)
    else bins.push({ shown: [shown], room: limit - shown.text.length })
  }
  return bins
}

/** As much as fits, the most important first. */
const mostImportant = (all: ReadonlyArray<Shown>, limits: PartLimits): ReadonlyArray<Bin> => {
  const bins = Array.from({ length: limits.parts }, (): Bin => ({ shown: [], room: limits.part }))
  for (const shown of Arr.sort(all, byUse)) {
    const bin = bins.find(({ room, shown: others }) => shown.text.length <= room || others.length === 0)
    if (bin !== undefined) put(bin, shown)
  }
  return bins.filter(({ shown }) => shown.length > 0)
}

const partOf = ({ shown }: Bin): PatchPart => {
  const sorted = Arr.sort(shown, byOrder)
  return {
    text: sorted.map(({ text }) => text).join(""),
    files: [...new Set(sorted.map(({ file }) => file.path))]
  }
}

/** The files that are not shown completely. */
const missing = (all: ReadonlyArray<Shown>, bins: ReadonlyArray<Bin>): ReadonlyArray<Unseen.UnseenFile> => {
  const kept = new Set(bins.flatMap(({ shown }) => shown))
  const keptFiles = new Set(Array.from(kept, ({ file }) => file))
  const cutFiles = new Set(all.filter((shown) => !shown.isWhole || !kept.has(shown)).map(({ file }) => file))
  return Array.from(new Set(all.map(({ file }) => file))).flatMap((file) => {
    const why = !keptFiles.has(file)
      ? "left_out"
      : cutFiles.has(file)
      ? "cut"
      : file.why ?? (file.isWhole ? undefined : "cut")
    return why === undefined ? [] : [{ file: file.path, why }]
  })
}

/** The diff in parts of at most about `limits.part` characters. `unseen` is what is in none of them. */
export const patchParts = (
  { changed, files, patch }: Pick<Diff, "changed" | "files" | "patch">,
  limits: PartLimits
): PatchParts => {
  const all = read(patch, changed, limits.part)
  const ordered = inOrder(all, limits.part)
  const bins = ordered.length <= limits.parts ? ordered : mostImportant(all, limits)
  const known = new Set(all.map(({ file }) => file.path))
  // the diff itself may be truncated: these files are not in it
  const absent = changed.filter(({ path }) => !known.has(path))
  const [first, ...others] = bins
  return {
    parts: first === undefined
      ? [{ text: excerpt(patch, limits.part), files: [] }]
      : [partOf(first), ...others.map(partOf)],
    unseen: Unseen.make(
      [...missing(all, bins), ...absent.map(({ path }) => ({ file: path, why: "left_out" as const }))],
      Math.max(0, files - known.size - absent.length)
    )
  }
}
