/** Reads plans and reviews that a model gave in its own words, where they can mean only one thing. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type PlanAnswer, subject } from "../../domain/Plan.ts"
import type { Finding, ReviewAnswer } from "../../domain/Review.ts"
import { wholeObject } from "./ModelAnswers.ts"

const unmarked = (line: string): string => line.replace(/^[\s#>*_`]+|[\s*_`:]+$/g, "")

const item = /^\s*(?:\d+[.)]|[-*+•])\s+(?:\[[ x]\]\s*)?(.*\S)/

/** The items of a text's lists; lines that go on with an item belong to it. */
const listItems = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.reduce<ReadonlyArray<string>>((items, line) => {
    const text = item.exec(line)?.[1]
    if (text !== undefined) return [...items, text.trim()]
    const last = items.at(-1)
    return last === undefined || line.trim() === "" || /^\s*#/.test(line)
      ? items
      : [...items.slice(0, -1), `${last} ${line.trim()}`]
  }, [])

/**
 * A plan in prose: its first line is the title, what stands before the first list the summary, the lists are the steps.
 * Something that means to be JSON is no prose.
 */
export const readPlan = (text: string): Option.Option<PlanAnswer> => {
  const lines = text.trim().split("\n").map((line) => line.trimEnd())
  const [first = ""] = lines
  const title = unmarked(first.replace(item, "$1")).replace(/^plan:\s*/i, "")
  if (title === "" || /^\s*(```|[{[])/.test(text)) return Option.none()
  const isItem = (line: string) => item.test(line)
  const body = isItem(first) ? lines : lines.slice(1)
  const before = body.slice(0, body.findIndex(isItem) < 0 ? body.length : body.findIndex(isItem))
  const summary = before.filter((line) => !/^\s*#/.test(line)).join("\n").trim()
  const [step, ...steps] = listItems(body)
  return Option.some({
    title: subject(title),
    summary: summary === "" ? title : summary,
    steps: step === undefined ? [title] : [step, ...steps],
    verification: [],
    risks: []
  })
}

/** An approval stands alone, or a sentence end follows it: "LGTM only if …" and "Approve? No." approve nothing. */
const approval = /^(approved?|lgtm|looks good to me)[*_`"']*\s*($|\n|[.:,!\u2014]|[-\u2013]\s)/i
/** Words that take an approval back. */
const reservation =
  /\b(but|however|unless|until|except|only if|once|must|first|before|not (yet|ready|to)|do(es)? not|don't|changes? (is |are )?(required|requested|needed))\b/i
const refusal =
  /^(changes[ _-]?(are )?(requested|required|needed)|request(ed|ing)?[ _-]changes|needs[ _-](work|changes)|reject(ed)?|not approved)(?![\w-])/i

const verdictOf = (text: string): Option.Option<ReviewAnswer["verdict"]> => {
  const words = text.replace(/^[\s#>*_`"']+/, "").replace(/^(the )?(verdict|review|decision|result)\W+/i, "").replace(
    /^[\s*_`"']+/,
    ""
  )
  return refusal.test(words)
    ? Option.some("request_changes")
    : approval.test(words) && !reservation.test(words)
    ? Option.some("approve")
    : Option.none()
}

const Words = Schema.NonEmptyString
const Remark = Schema.Union(
  Words,
  Schema.Struct({
    file: Schema.optional(Schema.String),
    line: Schema.optional(Schema.Unknown),
    comment: Schema.optional(Words),
    message: Schema.optional(Words),
    description: Schema.optional(Words)
  })
)

/** A review as JSON with names or values that are not the ones asked for. */
const LooseReview = Schema.Struct({
  verdict: Schema.optional(Schema.String),
  decision: Schema.optional(Schema.String),
  status: Schema.optional(Schema.String),
  approved: Schema.optional(Schema.Boolean),
  summary: Schema.optional(Schema.String),
  reason: Schema.optional(Schema.String),
  feedback: Schema.optional(Schema.String),
  findings: Schema.optional(Schema.Array(Remark)),
  issues: Schema.optional(Schema.Array(Remark)),
  comments: Schema.optional(Schema.Array(Remark))
})

const decodeLoose = Schema.decodeUnknownEither(LooseReview)

const isLine = Schema.is(Schema.Int)

const finding = (remark: typeof Remark.Type): ReadonlyArray<Finding> => {
  if (typeof remark === "string") return [{ comment: remark.trim() }]
  const comment = remark.comment ?? remark.message ?? remark.description
  if (comment === undefined) return []
  return [{
    ...(remark.file === undefined ? {} : { file: remark.file }),
    ...(isLine(remark.line) ? { line: remark.line } : {}),
    comment: comment.trim()
  }]
}

const readLoose = (value: unknown): Either.Either<ReviewAnswer, ParseResult.ParseError | "no verdict"> =>
  Either.flatMap(decodeLoose(value), (review) => {
    const stated = review.verdict ?? review.decision ?? review.status
    const verdict = stated !== undefined
      ? verdictOf(stated)
      : Option.map(
        Option.fromNullable(review.approved),
        (approved) => approved ? "approve" as const : "request_changes" as const
      )
    const findings = (review.findings ?? review.issues ?? review.comments ?? []).flatMap(finding)
    const summary = review.summary ?? review.reason ?? review.feedback ?? findings[0]?.comment
    return Either.map(Either.fromOption(verdict, () => "no verdict" as const), (verdict) => ({
      verdict,
      summary: summary === undefined || summary.trim() === "" ? stated ?? verdict : summary.trim(),
      findings
    }))
  })

/** A review in prose begins with its verdict. */
const readWords = (text: string): Option.Option<ReviewAnswer> =>
  Option.map(verdictOf(text), (verdict) => ({
    verdict,
    summary: text.trim(),
    findings: verdict === "approve" ? [] : listItems(text.split("\n")).map((comment) => ({ comment }))
  }))

export const readReview = (text: string): Option.Option<ReviewAnswer> => {
  const objects = wholeObject(text)
  return objects.length > 0
    ? Option.orElse(Arr.findFirst(objects, (value) => Either.getRight(readLoose(value))), () => readWords(text))
    : readWords(text)
}
