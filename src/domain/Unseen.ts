/** The part of a change that a reviewer was not shown. A review covers the rest, and says so. */
import * as Schema from "effect/Schema"
import * as Invisible from "./Invisible.ts"

export const UnseenFile = Schema.Struct({
  /** Its path in git's notation. */
  file: Schema.String,
  /**
   * - `left_out`: none of it was shown, because the diff is too long
   * - `cut`: only a part of it was shown
   * - `binary`: its content is not text
   * - `media`: a small picture, font or sound: not text either, and never executed
   */
  why: Schema.Literal("left_out", "cut", "binary", "media")
})
export type UnseenFile = typeof UnseenFile.Type

export const Unseen = Schema.Struct({
  /** The number of files. */
  total: Schema.NonNegativeInt,
  /** The number of `media` files among them. */
  media: Schema.NonNegativeInt,
  /** The files, `media` last; if there are many, only the first ones. */
  files: Schema.Array(UnseenFile)
})
export type Unseen = typeof Unseen.Type

const maxNames = 50
const maxNameLength = 500

/** Builds the summary; `undefined` if everything was shown. `unnamed` counts further files whose names are unknown. */
export const make = (files: ReadonlyArray<UnseenFile>, unnamed = 0): Unseen | undefined => {
  if (files.length + unnamed === 0) return undefined
  const [media, others] = [true, false].map((isMedia) => files.filter(({ why }) => (why === "media") === isMedia))
  return {
    total: files.length + unnamed,
    media: media?.length ?? 0,
    files: [...others ?? [], ...media ?? []].slice(0, maxNames).map(({ file, why }) => ({
      file: file.slice(0, maxNameLength),
      why
    }))
  }
}

/** Whether a person must look before the change is merged. Media files alone do not require that. */
export const holdsBack = (unseen: Unseen | undefined): boolean => unseen !== undefined && unseen.total > unseen.media

const reasons = {
  left_out: "left out: the diff is too long",
  cut: "only in part: it is too long",
  binary: "binary",
  media: "picture, font or sound"
} as const satisfies Record<UnseenFile["why"], string>

/** The name and reason of each file, at most `limit`, then the number of the rest. `name` formats a file name. */
export const list = (
  { files, total }: Unseen,
  limit: number,
  name: (file: string) => string = Invisible.reveal
): ReadonlyArray<string> => {
  const shown = files.slice(0, limit)
  return [
    ...shown.map(({ file, why }) => `${name(file)} (${reasons[why]})`),
    ...(total > shown.length ? [`${shown.length === 0 ? "" : "and "}${total - shown.length} more`] : [])
  ]
}

/** "2 files were not shown to the reviewer: a.bin (binary), b.ts (left out: the diff is too long)" */
export const show = (unseen: Unseen): string =>
  `${unseen.total} ${unseen.total === 1 ? "file was" : "files were"} not shown to the reviewer: ${
    list(unseen, 20).join(", ")
  }`
