/** A review of a diff: the answer that the model gives, and the four possible outcomes. */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import * as Acceptance from "./Acceptance.ts"
import * as Unseen from "./Unseen.ts"
import { optional } from "./Wire.ts"

export const Finding = Schema.Struct({
  file: optional(Schema.String),
  line: optional(Schema.Int),
  comment: Schema.NonEmptyTrimmedString
})
export type Finding = typeof Finding.Type

/**
 * The model's structured answer, and the only thing that approves. A contradictory answer (an approval with required
 * changes, with a point that is not done, or with unknown fields) does not decode.
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
  ),
  ticks: optional(
    Schema.Array(Acceptance.Tick).annotations({ description: "for each point of the plan whether it is done" })
  )
}).pipe(Schema.filter((answer) => contradiction(answer) ?? true)).annotations({
  parseOptions: { onExcessProperty: "error" }
})
export type ReviewAnswer = typeof ReviewAnswer.Type

/** What an approval cannot say beside it. */
const contradiction = (
  { findings, ticks = [], verdict }: {
    readonly verdict: "approve" | "request_changes"
    readonly findings: ReadonlyArray<Finding>
    readonly ticks?: ReadonlyArray<Acceptance.Tick>
  }
): string | undefined => {
  if (verdict === "request_changes") return undefined
  if (findings.length > 0) {
    return `it approves and lists ${findings.length} findings: what must be changed is a request for changes, what need ` +
      "not be changed is a remark"
  }
  return ticks.some(({ state }) => state === "not_done")
    ? "it approves and says that a point of the plan is not done: what is missing is a request for changes"
    : undefined
}

/** A judgement. `unseen` is what it does not cover. Earlier versions stored the remarks of an approval as findings. */
const judgement = {
  summary: Schema.String,
  findings: Schema.Array(Finding),
  remarks: optional(Schema.Array(Schema.String)),
  unseen: optional(Unseen.Unseen),
  /** The points of the plan that were judged. */
  ticks: optional(Schema.Array(Acceptance.Tick)),
  /** How many findings were left out, because they name a file that is not changed. */
  dropped: optional(Schema.Positive.pipe(Schema.int()))
}

/** The outcome of a review. Unreadable and skipped reviews are reported to people, and never count as an approval. */
export const Review = Schema.Union(
  Schema.TaggedStruct("Approved", judgement),
  Schema.TaggedStruct("ChangesRequested", judgement),
  Schema.TaggedStruct("Unreadable", { reason: Schema.String }),
  Schema.TaggedStruct("Skipped", { reason: Schema.String })
)
export type Review = typeof Review.Type
const { $match, Approved, ChangesRequested } = Data.taggedEnum<Review>()
export const match = $match

/** Turns the model's answer into a review. `unseen` is what the reviewer was not shown. */
export const fromAnswer = (
  { findings, remarks = [], summary, ticks = [], verdict }: ReviewAnswer,
  unseen: Unseen.Unseen | undefined,
  dropped = 0
): Review => {
  const content = {
    summary,
    findings,
    ...(remarks.length === 0 ? {} : { remarks }),
    ...(unseen === undefined ? {} : { unseen }),
    ...(ticks.length === 0 ? {} : { ticks }),
    ...(dropped === 0 ? {} : { dropped })
  }
  return verdict === "approve" ? Approved(content) : ChangesRequested(content)
}

/** Whether the review took place and counts as a round. */
export const wasHeld = (review: Review): boolean => review._tag !== "Skipped"

/** Whether the pull request must be a draft: everything that was not fully approved, except when reviews are off. */
export const needsDraft = (review: Review): boolean =>
  match(review, {
    Approved: ({ unseen }) => Unseen.holdsBack(unseen),
    ChangesRequested: () => true,
    Unreadable: () => true,
    Skipped: () => false
  })

/** The verdict in a few words. A partial approval never reads as a full one. */
export const verdict = (review: Review): string =>
  match(review, {
    Approved: ({ unseen }) => Unseen.holdsBack(unseen) ? "approved in part" : "approved",
    ChangesRequested: () => "changes requested",
    Unreadable: () => "unreadable",
    Skipped: () => "skipped"
  })

const where = (finding: Finding): string =>
  finding.file === undefined ? "" : `\`${finding.file}${finding.line === undefined ? "" : `:${finding.line}`}\`: `

/** Findings as a markdown list with file and line. */
export const findingsMarkdown = (findings: ReadonlyArray<Finding>): string =>
  findings.map((finding) => `- ${where(finding)}${finding.comment}`).join("\n")

/** The remarks of a review (what need not change), as a markdown list. */
export const remarksMarkdown = (review: Review): string =>
  match(review, {
    Approved: ({ findings, remarks = [] }) =>
      lines([findingsMarkdown(findings), ...remarks.map((text) => `- ${text}`)]),
    ChangesRequested: ({ remarks = [] }) => remarks.map((text) => `- ${text}`).join("\n"),
    Unreadable: () => "",
    Skipped: () => ""
  })

const lines = (texts: ReadonlyArray<string>): string => texts.filter((text) => text !== "").join("\n")

/** What was left out of the findings, as a sentence without a capital letter; empty if nothing was. */
export const droppedText = (review: Review): string => {
  const dropped = wasJudged(review) ? review.dropped ?? 0 : 0
  return dropped === 0
    ? ""
    : `${dropped} ${
      dropped === 1 ? "finding names a file" : "findings name files"
    } that the change does not have, and ${dropped === 1 ? "is" : "are"} left out`
}

type Judged = Extract<Review, { readonly _tag: "Approved" | "ChangesRequested" }>

const wasJudged = (review: Review): review is Judged => review._tag === "Approved" || review._tag === "ChangesRequested"

/** How the points of the plan were ticked. */
export const ticksOf = (review: Review): ReadonlyArray<Acceptance.Tick> => wasJudged(review) ? review.ticks ?? [] : []

const judged = (review: Judged): string =>
  lines([
    `${verdict(review)}: ${review.summary}`,
    review.unseen === undefined ? "" : Unseen.show(review.unseen),
    review._tag === "Approved" ? "" : findingsMarkdown(review.findings),
    droppedText(review),
    remarksMarkdown(review),
    review.ticks === undefined ? "" : `points of the plan: ${Acceptance.show(review.ticks)}`
  ])

/** The review in words. */
export const show = (review: Review): string =>
  match(review, {
    Approved: judged,
    ChangesRequested: judged,
    Unreadable: ({ reason }) => `unreadable review: ${reason}`,
    Skipped: ({ reason }) => `review skipped: ${reason}`
  })
