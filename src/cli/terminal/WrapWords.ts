/**
 * Wraps our own texts, in which a character is a column. Pure, and without a library: help is printed before anything
 * else is loaded.
 */

/** The text's lines, none longer than `columns` unless it is a single word: words are never broken. */
export const wrapWords = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line: string | undefined
  for (const word of text.split(" ").filter((word) => word !== "")) {
    if (line === undefined) line = word
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line ?? ""]
}
