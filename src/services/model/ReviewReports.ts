/** What the reviewers of a diff's parts say, as the last question of the review shows it. Pure. */
import * as Acceptance from "../../domain/Acceptance.ts"
import * as Review from "../../domain/Review.ts"
import { excerpt } from "../support/Excerpt.ts"
import { list } from "./PromptText.ts"

/** A part, and what its reviewer says of it. */
export interface PartReview {
  readonly files: ReadonlyArray<string>
  readonly answer: Review.ReviewAnswer
}

export interface Reports {
  /** One a part, in order. */
  readonly texts: ReadonlyArray<string>
  /** The findings that had no room in their part's text. Nobody has looked at them again, so they stand. */
  readonly unsettled: ReadonlyArray<Review.Finding>
}

/** The length of all texts together, in characters, but for what each has at least. */
const limit = 200_000

const maxFiles = 20

const filesText = (files: ReadonlyArray<string>): string =>
  `Files: ${files.slice(0, maxFiles).join(", ")}${
    files.length > maxFiles ? ` and ${files.length - maxFiles} more` : ""
  }`

/** Of the findings those that fit. */
const fitting = (findings: ReadonlyArray<Review.Finding>, room: number): ReadonlyArray<Review.Finding> => {
  const kept: Array<Review.Finding> = []
  let left = room
  for (const finding of findings) {
    const { length } = Review.findingsMarkdown([finding])
    if (length > left) continue
    kept.push(finding)
    left -= length + 1
  }
  return kept
}

const report = ({ answer, files }: PartReview, room: number): Reports => {
  const { findings, remarks = [], summary, ticks = [], verdict } = answer
  const shown = fitting(findings, room / 2)
  const kept = new Set(shown)
  const text = [
    excerpt(filesText(files), room / 8),
    `${verdict === "approve" ? "approves" : "requests changes"}: ${excerpt(summary, room / 8)}`,
    ...(shown.length === 0 ? [] : [`Findings:\n${Review.findingsMarkdown(shown)}`]),
    ...(remarks.length === 0 ? [] : [`Remarks:\n${excerpt(list(remarks), room / 8)}`]),
    ...(ticks.length === 0 ? [] : [`Points of the plan: ${excerpt(Acceptance.show(ticks), room / 8)}`])
  ].join("\n")
  return { texts: [text], unsettled: findings.filter((finding) => !kept.has(finding)) }
}

export const reports = (parts: ReadonlyArray<PartReview>): Reports => {
  const all = parts.map((part) => report(part, Math.floor(limit / parts.length)))
  return { texts: all.flatMap(({ texts }) => texts), unsettled: all.flatMap(({ unsettled }) => unsettled) }
}
