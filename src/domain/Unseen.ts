/** What a reviewer was not shown of a change. A review speaks of the rest, and says so. */
import * as Schema from "effect/Schema"
import * as Invisible from "./Invisible.ts"

export const UnseenFile = Schema.Struct({
  /** Its path, as git has it. */
  file: Schema.String,
  /**
   * - `left_out`: nothing of it was shown, because the diff is too long
   * - `cut`: a part of it was shown
   * - `binary`: its content is no text
   * - `media`: a small picture, font or sound, which is no text either, and which nothing runs
   */
  why: Schema.Literal("left_out", "cut", "binary", "media")
})
export type UnseenFile = typeof UnseenFile.Type

export const Unseen = Schema.Struct({
  /** How many files. */
  total: Schema.NonNegativeInt,
  /** How many of them are `media`. */
  media: Schema.NonNegativeInt,
  /** Their names, `media` last; of many the first. */
  files: Schema.Array(UnseenFile)
})
export type Unseen = typeof Unseen.Type

const maxNames = 50
const maxNameLength = 500

/** `unnamed`: how many more there are that not even a name is known of. `undefined` where all was shown. */
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

/** Whether a person has to look before the change is merged. A picture alone does not ask for that. */
export const holdsBack = (unseen: Unseen | undefined): boolean => unseen !== undefined && unseen.total > unseen.media

const reasons = {
  left_out: "left out: the diff is too long",
  cut: "only in part: it is too long",
  binary: "binary",
  media: "picture, font or sound"
} as const satisfies Record<UnseenFile["why"], string>

/** Name and reason of each, at most `limit`, and how many more there are. `name` shows a file's name. */
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
