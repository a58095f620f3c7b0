/** What of a JSON text a scanner shall find. */

/** What is wanted of a value, and of what is in it. */
export interface Interest {
  /** Keep the raw JSON of the value under this name. */
  readonly keep?: string
  /** Whether strings in it count as text; what is in it does as it does. */
  readonly text?: boolean
  /** Of an object's fields, by their names in lower case. */
  readonly fields?: Readonly<Record<string, Interest>>
  /** Of an array's items. */
  readonly items?: Interest
}

/** What a scanner looks for. Made once, for many texts. */
export interface Options {
  readonly interest: Interest
  /** Keys whose presence anywhere is noted. */
  readonly note: ReadonlySet<string>
  /** The lengths of all keys that are looked for: another one need not be read. */
  readonly lengths: ReadonlySet<number>
}

const keysOf = ({ fields = {}, items }: Interest): ReadonlyArray<string> => [
  ...Object.keys(fields),
  ...Object.values(fields).flatMap(keysOf),
  ...(items === undefined ? [] : keysOf(items))
]

/** Names of keys are given in lower case. */
export const options = (interest: Interest, note: ReadonlyArray<string> = []): Options => ({
  interest,
  note: new Set(note),
  lengths: new Set([...keysOf(interest), ...note].map((key) => key.length))
})
