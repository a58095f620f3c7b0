/**
 * Reads a model's answer. Only one structured value counts: the input of the one tool call, or a text that is a JSON
 * object and nothing else (in a code fence or not). Nothing is extracted from prose, and nothing ambiguous is accepted.
 */
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as JsonText from "./JsonText.ts"
import type { ModelQuestion } from "./LanguageModel.ts"

/** A provider's response. */
export interface RawAnswer {
  /** The input of each tool call: a value, or JSON text; `undefined` for a call of any other tool. */
  readonly calls: ReadonlyArray<unknown>
  readonly text: string
  /** How it ended: normally, at the token limit, or because the model or its provider refused. */
  readonly end: "complete" | "cut" | "refused"
}

/** The most characters of an answer. */
const maxLength = 200_000

/** The deepest value that is decoded; our schemas need less. */
const maxDepth = 16

/** The most characters of an error's reason. */
const maxReason = 500

const isDeeper = (value: unknown, depth: number): boolean =>
  Predicate.isObject(value) && (depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1)))

/** Models write `null` where our schemas omit a field, and add white space around sentences. */
const tidy = (value: unknown): unknown => {
  if (Predicate.isString(value)) return value.trim()
  if (Array.isArray(value)) return value.map(tidy)
  if (!Predicate.isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => item === null ? [] : [[key, tidy(item)]]))
}

/** The one value that is the answer, or why there is none. */
const single = ({ calls, end, text }: RawAnswer): Either.Either<unknown, string> => {
  if (end === "cut") return Either.left("it was cut off at the token limit")
  if (end === "refused") {
    return Either.left(`the model refused to answer${text.trim() === "" ? "" : `: ${text.trim()}`}`)
  }
  if (calls.length > 1) return Either.left(`it has ${calls.length} tool calls, but only one is allowed`)
  const [call] = calls
  if (calls.length === 1 && !Predicate.isString(call)) return Either.right(call)
  return JsonText.object(Predicate.isString(call) ? call : text, maxLength)
}

const misfit = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`)
    .join("; ")

/** The decoded answer, or one sentence on why it is invalid. */
export const read = <A, I>(question: ModelQuestion<A, I>, raw: RawAnswer): Either.Either<A, string> =>
  single(raw).pipe(
    Either.filterOrLeft((value) => !isDeeper(value, maxDepth), () => "it is nested too deeply"),
    Either.filterOrLeft(
      (value) => JSON.stringify(value ?? null).length <= maxLength,
      () => `it is longer than ${maxLength} characters`
    ),
    Either.flatMap((value) => Either.mapLeft(Schema.decodeUnknownEither(question.answer)(tidy(value)), misfit)),
    Either.filterOrLeft(
      (answer) => raw.calls.length === 0 || raw.text.trim() === "" || question.standsAlone?.(answer) !== true,
      () => "there is text beside the tool call, and such an answer counts only alone"
    ),
    Either.mapLeft((reason) => reason.length > maxReason ? `${reason.slice(0, maxReason)}…` : reason)
  )

/** The answer as given, to show to the model. */
export const show = ({ calls, text }: RawAnswer): string =>
  [text, ...calls.map((call) => isDeeper(call, maxDepth) ? "{…}" : JSON.stringify(call ?? null))]
    .filter((part) => part.trim() !== "").join("\n")

/** The JSON Schema of an answer: an object, as tools and structured outputs require. */
export const jsonSchema = <A, I>(question: ModelQuestion<A, I>): Readonly<Record<string, unknown>> => {
  const { $schema: _, ...schema } = JSONSchema.make(question.answer)
  return schema
}
