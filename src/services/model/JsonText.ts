/** Parses a text that is one JSON object. Pure, in one pass. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const parse = Schema.decodeOption(Schema.parseJson())

/** The contents of a text that is one fenced code block. */
const unfenced = (text: string): string => {
  const firstLine = text.indexOf("\n")
  return firstLine > 0 && firstLine <= 20 && /^```[A-Za-z0-9]*\s*$/.test(text.slice(0, firstLine)) &&
      text.endsWith("```")
    ? text.slice(firstLine + 1, -3).trim()
    : text
}

/** The end of the string that starts at `start`. */
const closing = (json: string, start: number): number => {
  let at = start + 1
  while (at < json.length && json[at] !== "\"") at += json[at] === "\\" ? 2 : 1
  return at
}

/**
 * Whether an object has a duplicate key: parsers use the last one, readers the first. `json` must be valid. A key is a
 * string followed by a colon.
 */
const hasKeyTwice = (json: string): boolean => {
  const open: Array<Set<string>> = []
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === "{" || character === "[") open.push(new Set())
    else if (character === "}" || character === "]") open.pop()
    else if (character === "\"") {
      const end = closing(json, at)
      const name = json.slice(at, end + 1)
      at = end
      let next = at + 1
      while (/\s/.test(json[next] ?? "")) next++
      if (json[next] !== ":") continue
      const key = Option.getOrElse(parse(name), () => name)
      const keys = open[open.length - 1]
      if (Predicate.isString(key) && keys?.has(key) === true) return true
      if (Predicate.isString(key)) keys?.add(key)
    }
  }
  return false
}

/** The object, or one sentence on why the text is not one. */
export const object = (text: string, maxLength: number): Either.Either<unknown, string> => {
  if (text.length > maxLength) return Either.left(`it is longer than ${maxLength} characters`)
  const json = unfenced(text.trim())
  if (json === "") return Either.left("it is empty")
  return Either.fromOption(parse(json), () => "it is not one JSON object and nothing else").pipe(
    Either.filterOrLeft(Predicate.isRecord, () => "it is not one JSON object and nothing else"),
    Either.filterOrLeft(() => !hasKeyTwice(json), () => "it has a key twice")
  )
}
