/** Changes to a file's text. The left side is a message for the model, so that its next attempt is better. */
import * as Either from "effect/Either"

const linesOf = (text: string): ReadonlyArray<string> => text.replace(/\n$/, "").split("\n")

const occurrences = (text: string, part: string): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found.push(at)
  return found
}

const lineAt = (text: string, index: number) => text.slice(0, index).split("\n").length

const withoutIndent = (text: string) => text.split("\n").map((line) => line.trim()).join("\n")

const notFound = (text: string, old: string) =>
  withoutIndent(text).includes(withoutIndent(old))
    ? "The text to replace is in the file only with other white space. View the lines and copy them exactly."
    : "The text to replace is not in the file. View it: it may have changed since."

/** Replaces the only occurrence of `old`. In a file with CRLF, the edit's line feeds mean CRLF, too. */
export const replaceOnce = (text: string, old: string, replacement: string): Either.Either<string, string> => {
  if (old === "") return Either.left("`old` is empty. To write a whole file use the action create.")
  if (old === replacement) return Either.left("`old` and `new` are the same: there is nothing to replace.")
  const found = occurrences(text, old)
  const at = found[0]
  if (at === undefined) {
    return text.includes("\r\n") && !old.includes("\r") && old.includes("\n")
      ? replaceOnce(text, withCrLf(old), withCrLf(replacement))
      : Either.left(notFound(text, old))
  }
  if (found.length > 1) {
    const places = found.slice(0, 10).map((index) => lineAt(text, index)).join(", ")
    return Either.left(
      `The text to replace stands in ${found.length} places (lines ${places}). Add lines around it until it is unique.`
    )
  }
  return Either.right(text.slice(0, at) + replacement + text.slice(at + old.length))
}

const withCrLf = (text: string) => text.replace(/\r?\n/g, "\r\n")

/** Numbered lines from `first` to `last`, inclusive, counted from 1. */
export const viewLines = (text: string, first: number, last: number): Either.Either<string, string> => {
  const lines = linesOf(text)
  if (text === "") return Either.right("(the file is empty)")
  if (first > lines.length) return Either.left(`The file has only ${lines.length} lines.`)
  if (last < first) return Either.left(`Line ${last} is before line ${first}.`)
  const shown = lines.slice(first - 1, last)
  return Either.right(shown.map((line, index) => `${String(first + index).padStart(6)}  ${line}`).join("\n"))
}
