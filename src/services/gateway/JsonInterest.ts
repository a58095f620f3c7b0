/** Specifies what a scanner looks for in a JSON text. */

/** What to look for in a value and its contents. */
export interface Interest {
  /** Keep the value's raw JSON under this name. */
  readonly keep?: string
  /** Keep only the last of the values of this name: a long stream has many. */
  readonly isLast?: boolean
  /** For an object: keep the names of its fields, in lower case and as JSON, under this name. */
  readonly keys?: string
  /** Whether strings in the value count as text; inherited by its contents. */
  readonly text?: boolean
  /** For an object's fields, by lower-case name. */
  readonly fields?: Readonly<Record<string, Interest>>
  /** For an array's items. */
  readonly items?: Interest
}

/** A scanner's options. Built once, for many texts. */
export interface Options {
  readonly interest: Interest
  /** Keys whose presence anywhere is noted. */
  readonly note: ReadonlySet<string>
  /** The lengths of all keys to look for: other keys need not be read. */
  readonly lengths: ReadonlySet<number>
}

const keysOf = ({ fields = {}, items }: Interest): ReadonlyArray<string> => [
  ...Object.keys(fields),
  ...Object.values(fields).flatMap(keysOf),
  ...(items === undefined ? [] : keysOf(items))
]

/** Builds the options. Keys are given in lower case. */
export const options = (interest: Interest, note: ReadonlyArray<string> = []): Options => ({
  interest,
  note: new Set(note),
  lengths: new Set([...keysOf(interest), ...note].map((key) => key.length))
})
