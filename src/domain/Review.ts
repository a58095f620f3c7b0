/** A review of a diff: what the model is asked to answer, and the four ways a review can come out. */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { optional } from "./Wire.ts"

export const Finding = Schema.Struct({
  file: optional(Schema.String),
  line: optional(Schema.Int),
  comment: Schema.NonEmptyTrimmedString
})
export type Finding = typeof Finding.Type

/** The structured answer asked of the model. */
export const ReviewAnswer = Schema.Struct({
  verdict: Schema.Literal("approve", "request_changes"),
  summary: Schema.NonEmptyTrimmedString.annotations({ description: "the judgement in one or two sentences" }),
  findings: Schema.optionalWith(Schema.Array(Finding), { default: () => [] }).annotations({
    description: "what must be changed before this can be merged; empty when approved"
  })
})
export type ReviewAnswer = typeof ReviewAnswer.Type

/** How a review came out. Unreadable and skipped are said to people, never taken for an approval. */
export const Review = Schema.Union(
  Schema.TaggedStruct("Approved", { summary: Schema.String, findings: Schema.Array(Finding) }),
  Schema.TaggedStruct("ChangesRequested", { summary: Schema.String, findings: Schema.Array(Finding) }),
  Schema.TaggedStruct("Unreadable", { reason: Schema.String }),
  Schema.TaggedStruct("Skipped", { reason: Schema.String })
)
export type Review = typeof Review.Type
const { $match, ChangesRequested, Approved } = Data.taggedEnum<Review>()
export const match = $match

/** A verdict of approval with findings all the same is what it says: approved, with remarks. */
export const fromAnswer = (answer: ReviewAnswer): Review =>
  answer.verdict === "approve"
    ? Approved({ summary: answer.summary, findings: answer.findings })
    : ChangesRequested({ summary: answer.summary, findings: answer.findings })

/** A review that a person or a model held and that counts as a round. */
export const wasHeld = (review: Review): boolean => review._tag !== "Skipped"

/** What was not approved goes out as a draft; a review that was not wanted holds nothing back. */
export const needsDraft = (review: Review): boolean =>
  review._tag === "ChangesRequested" || review._tag === "Unreadable"

const where = (finding: Finding): string =>
  finding.file === undefined ? "" : `\`${finding.file}${finding.line === undefined ? "" : `:${finding.line}`}\`: `

/** Findings as a markdown list, file and line kept. */
export const findingsMarkdown = (findings: ReadonlyArray<Finding>): string =>
  findings.map((finding) => `- ${where(finding)}${finding.comment}`).join("\n")

/** The review in words. */
export const show = (review: Review): string =>
  match(review, {
    Approved: ({ findings, summary }) =>
      ["approved: " + summary, findingsMarkdown(findings)].filter((s) => s !== "").join("\n"),
    ChangesRequested: ({ findings, summary }) =>
      ["changes requested: " + summary, findingsMarkdown(findings)].filter((s) => s !== "").join("\n"),
    Unreadable: ({ reason }) => `unreadable review: ${reason}`,
    Skipped: ({ reason }) => `review skipped: ${reason}`
  })
