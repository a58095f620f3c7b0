/** A review of a diff: what the model is asked to answer, and the four ways a review can come out. */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import * as Unseen from "./Unseen.ts"
import { optional } from "./Wire.ts"

export const Finding = Schema.Struct({
  file: optional(Schema.String),
  line: optional(Schema.Int),
  comment: Schema.NonEmptyTrimmedString
})
export type Finding = typeof Finding.Type

/**
 * The structured answer asked of the model, and the only thing that approves. An answer that says two things at once (an
 * approval with something that must be changed, a field that is not asked for) does not decode.
 */
export const ReviewAnswer = Schema.Struct({
  verdict: Schema.Literal("approve", "request_changes"),
  summary: Schema.NonEmptyTrimmedString.annotations({ description: "the judgement in one or two sentences" }),
  findings: Schema.optionalWith(Schema.Array(Finding), { default: () => [] }).annotations({
    description: "what must be changed before this can be merged; empty when approved"
  }),
  remarks: optional(
    Schema.Array(Schema.NonEmptyTrimmedString).annotations({
      description: "what is worth knowing and need not be changed"
    })
  )
}).pipe(
  Schema.filter(({ findings, verdict }) =>
    verdict === "request_changes" || findings.length === 0 ||
    `it approves and lists ${findings.length} findings: what must be changed is a request for changes, what need not ` +
      "be changed is a remark"
  )
).annotations({ parseOptions: { onExcessProperty: "error" } })
export type ReviewAnswer = typeof ReviewAnswer.Type

/** A judgement. What it does not speak of is `unseen`. Earlier versions kept the remarks of an approval as findings. */
const judgement = {
  summary: Schema.String,
  findings: Schema.Array(Finding),
  remarks: optional(Schema.Array(Schema.String)),
  unseen: optional(Unseen.Unseen)
}

/** How a review came out. Unreadable and skipped are said to people, never taken for an approval. */
export const Review = Schema.Union(
  Schema.TaggedStruct("Approved", judgement),
  Schema.TaggedStruct("ChangesRequested", judgement),
  Schema.TaggedStruct("Unreadable", { reason: Schema.String }),
  Schema.TaggedStruct("Skipped", { reason: Schema.String })
)
export type Review = typeof Review.Type
const { $match, Approved, ChangesRequested } = Data.taggedEnum<Review>()
export const match = $match

/** The review that an answer is, when the reviewer was not shown `unseen`. */
export const fromAnswer = (
  { findings, remarks = [], summary, verdict }: ReviewAnswer,
  unseen: Unseen.Unseen | undefined
): Review => {
  const content = {
    summary,
    findings,
    ...(remarks.length === 0 ? {} : { remarks }),
    ...(unseen === undefined ? {} : { unseen })
  }
  return verdict === "approve" ? Approved(content) : ChangesRequested(content)
}

/** A review that a person or a model held and that counts as a round. */
export const wasHeld = (review: Review): boolean => review._tag !== "Skipped"

/** What was not approved as a whole goes out as a draft; a review that was not wanted holds nothing back. */
export const needsDraft = (review: Review): boolean =>
  match(review, {
    Approved: ({ unseen }) => Unseen.holdsBack(unseen),
    ChangesRequested: () => true,
    Unreadable: () => true,
    Skipped: () => false
  })

/** The verdict in a few words. An approval of a part never reads as one of the whole. */
export const verdict = (review: Review): string =>
  match(review, {
    Approved: ({ unseen }) => Unseen.holdsBack(unseen) ? "approved in part" : "approved",
    ChangesRequested: () => "changes requested",
    Unreadable: () => "unreadable",
    Skipped: () => "skipped"
  })

const where = (finding: Finding): string =>
  finding.file === undefined ? "" : `\`${finding.file}${finding.line === undefined ? "" : `:${finding.line}`}\`: `

/** Findings as a markdown list, file and line kept. */
export const findingsMarkdown = (findings: ReadonlyArray<Finding>): string =>
  findings.map((finding) => `- ${where(finding)}${finding.comment}`).join("\n")

/** What an approval, or a request for changes, mentions beside what must be changed, as a markdown list. */
export const remarksMarkdown = (review: Review): string =>
  match(review, {
    Approved: ({ findings, remarks = [] }) =>
      lines([findingsMarkdown(findings), ...remarks.map((text) => `- ${text}`)]),
    ChangesRequested: ({ remarks = [] }) => remarks.map((text) => `- ${text}`).join("\n"),
    Unreadable: () => "",
    Skipped: () => ""
  })

const lines = (texts: ReadonlyArray<string>): string => texts.filter((text) => text !== "").join("\n")

const judged = (review: Extract<Review, { readonly _tag: "Approved" | "ChangesRequested" }>): string =>
  lines([
    `${verdict(review)}: ${review.summary}`,
    review.unseen === undefined ? "" : Unseen.show(review.unseen),
    review._tag === "Approved" ? "" : findingsMarkdown(review.findings),
    remarksMarkdown(review)
  ])

/** The review in words. */
export const show = (review: Review): string =>
  match(review, {
    Approved: judged,
    ChangesRequested: judged,
    Unreadable: ({ reason }) => `unreadable review: ${reason}`,
    Skipped: ({ reason }) => `review skipped: ${reason}`
  })
