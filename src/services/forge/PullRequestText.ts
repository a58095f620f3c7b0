/** The title and body of the pull request. Pure. */
import type { SessionId } from "../../domain/Ids.ts"
import * as Plan from "../../domain/Plan.ts"
import * as Requester from "../../domain/Requester.ts"
import * as Review from "../../domain/Review.ts"
import type { SensitiveFile } from "../../domain/SensitiveFile.ts"
import type { Changes } from "../../domain/SessionEvent.ts"
import type { ReviewedRound } from "../../domain/SessionState.ts"
import * as Unseen from "../../domain/Unseen.ts"
import * as Usage from "../../domain/Usage.ts"
import * as Verification from "../../domain/Verification.ts"
import type { WeakenedTest } from "../../domain/WeakenedTests.ts"
import { acceptanceSection } from "./AcceptanceSection.ts"
import { code, details, inline, neutralise, quote } from "./Markdown.ts"
import { verdictOf, verificationSection } from "./VerificationSection.ts"

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** Plain text without the marks of a heading, list or code span, because a merge turns it into a commit message. */
const plain = (text: string): string =>
  oneLine(neutralise((text.trim().split("\n", 1)[0] ?? "").slice(0, 1_000).replace(/^[\s#>*+-]+|[`*]/g, "")))

/** The title, from the plan or else the prompt, after a prefix if there is one; at most 72 characters. */
export const title = (planTitle: string | undefined, prompt: string, prefix = ""): string => {
  const text = plain(planTitle ?? "") || plain(prompt)
  return Plan.subject(prefix === "" ? text : `${oneLine(prefix)} ${Plan.subject(text)}`)
}

export interface PullRequestText {
  readonly sessionId: SessionId
  /** The session's first prompt, and the latest turn's if it is a different one. */
  readonly prompt: string
  readonly turnPrompt: string | undefined
  readonly plan: Plan.Plan | undefined
  /** The points of this turn's plan by which one sees that it is carried out. */
  readonly points: ReadonlyArray<string>
  /** What the repository puts before each title. */
  readonly titlePrefix?: string | undefined
  /** The reviews of the turn, oldest first. */
  readonly reviews: ReadonlyArray<ReviewedRound>
  /** The decisive review. */
  readonly review: Review.Review
  readonly verification: Verification.Verification
  /** The agent's final words. */
  readonly answer: string
  readonly changes: Changes
  /** The changed files that a person should look at. */
  readonly sensitive: ReadonlyArray<SensitiveFile>
  /** What was not looked through for secrets, with the reason. */
  readonly unscanned: ReadonlyArray<string>
  /** How the change weakens the repository's tests. */
  readonly weakened: ReadonlyArray<WeakenedTest>
  readonly usage: Usage.Usage
  readonly requestedBy: Requester.Requester
}

/**
 * GitHub's limit is 65,536 characters. Foreign text is cut so that the whole stays below it, even if every character
 * needs another one for escaping.
 */
const limits = {
  task: 3_000,
  answer: 3_000,
  plan: 3_000,
  findings: 4_500,
  remarks: 1_200,
  summary: 200,
  reason: 150
} as const
const maxRounds = 10
const maxUnscanned = 3
const maxFiles = 15

const verdict = (review: Review.Review): string =>
  Review.match(review, {
    Approved: ({ summary }) => `**${Review.verdict(review)}**: ${inline(summary, limits.summary)}`,
    ChangesRequested: ({ summary }) => `**${Review.verdict(review)}**: ${inline(summary, limits.summary)}`,
    Unreadable: ({ reason }) =>
      `**unreadable**: the reviewer's answer could not be read (${inline(reason, limits.summary)})`,
    Skipped: ({ reason }) => `**not reviewed**: ${inline(reason, limits.summary)}`
  })

const remarks = (review: Review.Review): string => {
  const text = Review.remarksMarkdown(review)
  return text === "" ? "" : quote(text, limits.remarks)
}

const openFindings = (review: Review.Review): string =>
  Review.match(review, {
    Approved: () => "",
    ChangesRequested: ({ findings, summary }) =>
      `### Open findings\n\nThe last review asked for changes, so this is a draft.\n\n${
        quote(findings.length === 0 ? summary : Review.findingsMarkdown(findings), limits.findings)
      }${Review.droppedText(review) === "" ? "" : `\n\n${Review.droppedText(review)}.`}`,
    Unreadable: () =>
      "### Not reviewed\n\nThe review could not be read, so this is a draft: nobody has judged the change yet.",
    Skipped: () => ""
  })

const bullets = (items: ReadonlyArray<string>): string => items.map((item) => `- ${item}`).join("\n")

/** The files that an approval does not cover. */
const notShown = (review: Review.Review): string => {
  const unseen = review._tag === "Approved" || review._tag === "ChangesRequested" ? review.unseen : undefined
  if (unseen === undefined) return ""
  const what = Unseen.holdsBack(unseen)
    ? "These files were not shown to the reviewer, so this is a draft until somebody has looked at them:"
    : "These files were not shown to the reviewer, because they are not text:"
  return `### Not shown to the reviewer\n\n${what}\n\n${bullets(Unseen.list(unseen, maxFiles, code))}`
}

const firstOf = <A>(items: ReadonlyArray<A>, show: (item: A) => string): ReadonlyArray<string> => [
  ...items.slice(0, maxFiles).map(show),
  ...(items.length > maxFiles ? [`and ${count(items.length - maxFiles, "more file")}`] : [])
]

const needsYourEye = ({ sensitive, unscanned, weakened }: PullRequestText): string => {
  const items = [
    ...firstOf(weakened, ({ file, what }) => `${code(file)}: may weaken the checks: ${inline(what, limits.reason)}`),
    ...unscanned.slice(0, maxUnscanned).map((what) => `not looked through for secrets: ${inline(what, limits.reason)}`),
    ...firstOf(sensitive, ({ path, why }) => `${code(path)}: ${inline(why, limits.reason)}`)
  ]
  return items.length === 0 ? "" : `### Needs your eye\n\n${bullets(items)}`
}

/** What a reader of half a minute needs, in one line. */
const verdictLine = ({ changes, review, verification }: PullRequestText): string =>
  [
    ...(Review.needsDraft(review) || Verification.needsDraft(verification) ? ["**Draft**"] : []),
    verdictOf(verification),
    review._tag === "Skipped" ? "**not reviewed**" : `review: **${Review.verdict(review)}**`,
    `${count(changes.files, "file")}, +${changes.insertions} −${changes.deletions}`,
    `commit \`${changes.commit.slice(0, 12)}\``
  ].join(" · ")

const reviewed = ({ review, reviews }: PullRequestText): string => {
  const rounds = reviews.length === 0 ? [{ round: 1, review }] : reviews.slice(-maxRounds)
  return `### Review\n\n${rounds.map((held) => `- Round ${held.round}: ${verdict(held.review)}`).join("\n")}`
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`

const footer = ({ requestedBy, sessionId, usage }: PullRequestText): string =>
  `---\n${Usage.show(usage)} (tokens) · ` +
  `OpenTL session \`${sessionId}\`, requested by ${inline(oneLine(Requester.show(requestedBy)))}`

/**
 * The title and body of the session's pull request. Text from people and models cannot break out of its section, and
 * has no effect there. That includes the task: people paste foreign text, and a task does not ask to close issues in
 * every repository that the merging person may write to. Issue numbers stay readable.
 */
export const pullRequestText = (text: PullRequestText): { readonly title: string; readonly body: string } => ({
  title: title(text.plan?.title, text.prompt, text.titlePrefix),
  body: [
    verdictLine(text),
    quote(text.prompt, limits.task),
    text.turnPrompt === undefined ? "" : `### Latest request\n\n${quote(text.turnPrompt, limits.task)}`,
    acceptanceSection(text.points, Review.ticksOf(text.review)),
    text.answer.trim() === "" ? "" : `### What was done\n\n${quote(text.answer, limits.answer)}`,
    verificationSection(text.verification),
    openFindings(text.review),
    needsYourEye(text),
    notShown(text.review),
    reviewed(text),
    remarks(text.review) === "" ? "" : details("Remarks of the reviewer", remarks(text.review)),
    text.plan === undefined ? "" : details("Plan", quote(text.plan.markdown, limits.plan)),
    footer(text)
  ].filter((part) => part !== "").join("\n\n")
})
