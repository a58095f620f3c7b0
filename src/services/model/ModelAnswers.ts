/**
 * Reads a model's answer. It should come as the one tool's input or as a JSON object; models, and the servers that speak
 * their protocols, also wrap it in prose or answer in plain words. What is unambiguous is taken.
 */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { ModelQuestion } from "./LanguageModel.ts"

/** What a provider answered. */
export interface RawAnswer {
  /** The tool's input, where the model called the tool. */
  readonly input: Option.Option<unknown>
  readonly text: string
  /** Whether it stopped because it had no tokens left. */
  readonly isCut: boolean
}

/** How much of an answer is searched for JSON. */
const searchLimit = 1_000_000

const parseJson = Schema.decodeOption(Schema.parseJson())

/** Where the object that opens at `start` closes, strings and escapes respected; -1 where it does not. */
const closing = (text: string, start: number): number => {
  let depth = 0
  let inString = false
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (inString) {
      if (character === "\\") i++
      else if (character === "\"") inString = false
    } else if (character === "\"") inString = true
    else if (character === "{") depth++
    else if (character === "}" && --depth === 0) return i
  }
  return -1
}

/** One block of code as a whole answer, with at most a line of introduction. */
const fenced = /^(?:[^\n{}]*\n+)?\s*```[a-z]*\s*\n([\s\S]*?)\n?\s*```\s*$/i

/** The object that a text consists of. One that stands within prose may be a quotation, from a diff say. */
export const wholeObject = (text: string): ReadonlyArray<unknown> =>
  Option.toArray(Option.filter(parseJson((fenced.exec(text)?.[1] ?? text).trim()), Predicate.isRecord))

/** The JSON objects in a text, outermost ones, in order. */
export const jsonObjects = (text: string): ReadonlyArray<unknown> => {
  const searched = text.slice(0, searchLimit)
  const found: Array<unknown> = []
  let tries = 0
  for (let start = searched.indexOf("{"); start >= 0 && tries < 100; tries++) {
    const end = closing(searched, start)
    const value = end < 0 ? Option.none() : parseJson(searched.slice(start, end + 1))
    if (Option.isSome(value)) found.push(value.value)
    start = searched.indexOf("{", Option.isSome(value) ? end + 1 : start + 1)
  }
  return found
}

/** Models write `null` for "none", where our schemas leave a field out, and white space round their sentences. */
const tidy = (value: unknown): unknown => {
  if (Predicate.isString(value)) return value.trim()
  if (Array.isArray(value)) return value.map(tidy)
  if (!Predicate.isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => item === null ? [] : [[key, tidy(item)]]))
}

/** The answer, or in one sentence why it is none. */
export const read = <A, I>(question: ModelQuestion<A, I>, raw: RawAnswer): Either.Either<A, string> => {
  const decode = Schema.decodeUnknownEither(question.answer)
  const candidates = [
    ...Option.toArray(raw.input),
    ...(question.isStrict === true ? wholeObject(raw.text) : jsonObjects(raw.text))
  ].map((value) => decode(tidy(value)))
  const fitting = Arr.findFirst(candidates, Either.getRight)
  if (Option.isSome(fitting)) return Either.right(fitting.value)
  const worded = Option.flatMap(
    Option.liftPredicate(raw.text, (text) => text.trim() !== ""),
    (text) => question.readText?.(text) ?? Option.none()
  )
  if (Option.isSome(worded)) return Either.right(worded.value)
  if (raw.isCut) return Either.left("it was cut off at the token limit")
  const [misfit] = candidates
  if (misfit !== undefined && Either.isLeft(misfit)) return Either.left(misfit.left.message)
  return Either.left(raw.text.trim() === "" ? "it is empty" : "it has no JSON object")
}

/** The answer as it was given, to be shown to the model. */
export const show = (raw: RawAnswer): string =>
  Option.match(raw.input, { onNone: () => raw.text, onSome: (input) => JSON.stringify(input) })

/** The JSON Schema that an answer must fit: an object, as tools and structured outputs want it. */
export const jsonSchema = <A, I>(question: ModelQuestion<A, I>): Readonly<Record<string, unknown>> => {
  const { $schema: _, ...schema } = JSONSchema.make(question.answer)
  return schema
}
