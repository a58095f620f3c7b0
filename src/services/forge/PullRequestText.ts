/** The words that go out with a change: the pull request's title and body. Pure. */
import type { SessionId } from "../../domain/Ids.ts"
import * as Plan from "../../domain/Plan.ts"
import * as Requester from "../../domain/Requester.ts"
import * as Review from "../../domain/Review.ts"
import type { Changes } from "../../domain/SessionEvent.ts"
import type { ReviewedRound } from "../../domain/SessionState.ts"
import * as Usage from "../../domain/Usage.ts"
import { details, inline, neutralise, quote } from "./Markdown.ts"

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** Plain text: the marks of a heading, a list or a code span are taken off. */
const plain = (text: string): string =>
  oneLine(neutralise(text.trim().split("\n")[0] ?? "").replace(/^[\s#>*+-]+|[`*\u200b]/g, ""))

/** Of the plan, else of the prompt; at most 72 characters. */
export const title = (planTitle: string | undefined, prompt: string): string =>
  Plan.subject(plain(planTitle ?? "") || plain(prompt))

export interface PullRequestText {
  readonly sessionId: SessionId
  /** What the session was opened with, and what the latest turn asked for, where that is another one. */
  readonly prompt: string
  readonly turnPrompt: string | undefined
  readonly plan: Plan.Plan | undefined
  /** The reviews of the turn, oldest first. */
  readonly reviews: ReadonlyArray<ReviewedRound>
  /** The one that counts. */
  readonly review: Review.Review
  /** The agent's final words. */
  readonly answer: string
  readonly changes: Changes
  readonly usage: Usage.Usage
  readonly requestedBy: Requester.Requester
}

/** GitHub takes 65 536 characters; what people wrote is cut so that the whole stays well below. */
const limits = { task: 4_000, answer: 4_000, plan: 8_000, findings: 8_000 } as const

const verdict = (review: Review.Review): string =>
  Review.match(review, {
    Approved: ({ summary }) => `**approved**: ${inline(summary)}`,
    ChangesRequested: ({ summary }) => `**changes requested**: ${inline(summary)}`,
    Unreadable: ({ reason }) => `**unreadable**: the reviewer's answer could not be read (${inline(reason)})`,
    Skipped: ({ reason }) => `**not reviewed**: ${inline(reason)}`
  })

const standing = (review: Review.Review): string =>
  Review.match(review, {
    Approved: ({ findings }) =>
      findings.length === 0
        ? ""
        : `### Remarks\n\n${quote(Review.findingsMarkdown(findings), limits.findings)}`,
    ChangesRequested: ({ findings, summary }) =>
      `### Open findings\n\nThe last review asked for changes, so this is a draft.\n\n${
        quote(findings.length === 0 ? summary : Review.findingsMarkdown(findings), limits.findings)
      }`,
    Unreadable: () =>
      "### Not reviewed\n\nThe review could not be read, so this is a draft: nobody has judged the change yet.",
    Skipped: () => ""
  })

const reviewed = ({ review, reviews }: PullRequestText): string => {
  const rounds = reviews.length === 0 ? [{ round: 1, review }] : reviews.slice(-10)
  return `### Review\n\n${rounds.map((held) => `- Round ${held.round}: ${verdict(held.review)}`).join("\n")}`
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`

const footer = ({ changes, requestedBy, sessionId, usage }: PullRequestText): string =>
  `---\n${count(changes.files, "file")} changed, +${changes.insertions} −${changes.deletions} · ${
    Usage.show(usage)
  } (tokens) · ` +
  `OpenTL session \`${sessionId}\`, requested by ${inline(oneLine(Requester.show(requestedBy)))}`

/** Title and body of the session's pull request. What people and models wrote cannot break out of its place. */
export const pullRequestText = (text: PullRequestText): { readonly title: string; readonly body: string } => ({
  title: title(text.plan?.title, text.prompt),
  body: [
    quote(text.prompt, limits.task),
    text.turnPrompt === undefined ? "" : `### Latest request\n\n${quote(text.turnPrompt, limits.task)}`,
    text.answer.trim() === "" ? "" : `### What was done\n\n${quote(text.answer, limits.answer)}`,
    standing(text.review),
    reviewed(text),
    text.plan === undefined ? "" : details("Plan", quote(text.plan.markdown, limits.plan)),
    footer(text)
  ].filter((part) => part !== "").join("\n\n")
})
