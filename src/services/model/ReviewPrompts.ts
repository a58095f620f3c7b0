/** The prompts of the reviewer: over a whole diff, over a part of a long one, and over what was said of the parts. Pure. */
import * as Acceptance from "../../domain/Acceptance.ts"
import type * as Plan from "../../domain/Plan.ts"
import * as Review from "../../domain/Review.ts"
import type { ReviewedRound } from "../../domain/SessionState.ts"
import * as Unseen from "../../domain/Unseen.ts"
import * as Verification from "../../domain/Verification.ts"
import type { WeakenedTest } from "../../domain/WeakenedTests.ts"
import { excerpt } from "../support/Excerpt.ts"
import type { ModelQuestion } from "./LanguageModel.ts"
import type { PatchPart } from "./PatchParts.ts"
import { fence, list, sections, textLimit, untrustedRule } from "./PromptText.ts"
import { type RepositoryWishes, wishes } from "./RepositoryWishes.ts"
import type * as ReviewReports from "./ReviewReports.ts"

export type ReviewQuestion = ModelQuestion<Review.ReviewAnswer, typeof Review.ReviewAnswer.Encoded>

/** What every question of a review shows. */
export interface ReviewRequest extends RepositoryWishes {
  /** The tag of the question's fences: `PromptText.fenceTag`. */
  readonly tag: string
  readonly prompt: string
  readonly firstPrompt: string | undefined
  readonly plan: Plan.Plan | undefined
  readonly verification: Verification.Verification
  /** How the change weakens the repository's tests. */
  readonly weakened: ReadonlyArray<WeakenedTest>
  readonly stat: string
  /** What no question shows. */
  readonly unseen: Unseen.Unseen | undefined
  /** The agent's final words. */
  readonly answer: string
  readonly earlier: ReadonlyArray<ReviewedRound>
}

const task = "You review a change that a coding agent made, before it becomes a pull request."

const rules =
  `Request changes only for what must not be merged as it is: the task is not done or only in part, something that worked is broken,
a fault in what was added, a security hole, secrets or stray files, tests that were weakened or that the task needs and are
missing. Taste is no reason, nor is what was not asked for. Each finding names its file and line as in the new version and says
what is wrong and what would be right; one that names a file that is not changed does not count. An approval has no findings:
what need not be changed is a remark. Judge by the diff, not by what the agent says of it. The checks were run by others, outside
the agent's reach; where tests are weakened they say less. Files that are named as not shown are left to a person; that they are
is no fault of the change. When an earlier round's findings are given, look first whether they are dealt with, and do not raise
new matters of little weight. Where the plan has points, tick each by its number: done, not_done, or differently for what is done
in another way than planned and as good, with the place that shows it. A change with a point that is not done is not approved.`

const instructions = (tag: string, ...words: ReadonlyArray<string>): string =>
  [task, ...words, rules, untrustedRule(tag)].join("\n\n")

const held = ({ review, round }: ReviewedRound): string => `Round ${round}: ${Review.show(review)}`

const maxWeakened = 50

const weakenedText = (weakened: ReadonlyArray<WeakenedTest>): string =>
  list([
    ...weakened.slice(0, maxWeakened).map(({ file, what }) => `${file}: ${what}`),
    ...(weakened.length > maxWeakened ? [`and ${weakened.length - maxWeakened} more`] : [])
  ])

type Section = readonly [heading: string, text: string | undefined]

/** The sections that precede what is to be judged. */
const context = (request: ReviewRequest): ReadonlyArray<Section> => {
  const { answer, earlier, firstPrompt, plan, prompt, stat, unseen, verification, weakened } = request
  const fenced = (name: string, text: string) => fence(request.tag, name, excerpt(text, textLimit))
  return [
    ...wishes(request.tag, request),
    ["Task", prompt],
    ["What the session was opened with", firstPrompt],
    ["Plan", plan === undefined ? undefined : fenced("plan", `${plan.title}\n\n${plan.markdown}`)],
    [
      "Points of the plan, to be ticked",
      plan?.acceptance === undefined ? undefined : fenced("points", Acceptance.numbered(plan.acceptance))
    ],
    ["Earlier rounds", earlier.length === 0 ? undefined : fenced("reviews", earlier.map(held).join("\n\n"))],
    ["What the agent says", answer.trim() === "" ? undefined : fenced("answer", answer)],
    ["The repository's checks on this change", fenced("checks", Verification.show(verification))],
    ["Weakened tests", weakened.length === 0 ? undefined : fenced("tests", weakenedText(weakened))],
    ["Changed files", fenced("stat", stat)],
    ["Not shown to you", unseen === undefined ? undefined : fenced("files", Unseen.list(unseen, 50).join("\n"))]
  ]
}

const question = (system: string, prompt: ReadonlyArray<Section>): ReviewQuestion => ({
  purpose: "review",
  system,
  answer: Review.ReviewAnswer,
  standsAlone: ({ verdict }) => verdict === "approve",
  prompt: sections(prompt)
})

/** The question for a review of the whole diff. */
export const reviewQuestion = (request: ReviewRequest, diff: string): ReviewQuestion =>
  question(instructions(request.tag), [...context(request), ["Diff", fence(request.tag, "diff", diff)]])

/** The question for a review of one part of a diff that is too long for one. */
export const partQuestion = (
  request: ReviewRequest,
  { number, of, part }: { readonly number: number; readonly of: number; readonly part: PatchPart }
): ReviewQuestion =>
  question(
    instructions(
      request.tag,
      `The diff is too long for one question, so it is reviewed in ${of} parts, and this is part ${number}. Judge what it shows. What you
miss may be in another part: request no changes for that, but say in a remark what must be looked for there. Tick only the points
of the plan that this part settles. Somebody else gives the verdict on the whole and knows of it what you write: say in the summary
what this part does.`
    ),
    [
      ...context(request),
      [`Diff, part ${number} of ${of}`, fence(request.tag, "diff", part.text)]
    ]
  )

/** The last question: the verdict on a diff that was reviewed in parts. */
export const wholeQuestion = (request: ReviewRequest, reports: ReviewReports.Reports): ReviewQuestion =>
  question(
    instructions(
      request.tag,
      `The diff was too long for one question, so it was reviewed in ${reports.texts.length} parts, each by a reviewer who saw no other part. You
see what they say, not the diff. Give the verdict on the whole. Keep the findings that stand, with file and line as they are; drop
one only if another part settles it, and say each once. Look for what no part could see: pieces that do not fit together, a caller
or a test that is missing everywhere, a part of the task that nobody did.`
    ),
    [
      ...context(request),
      ...reports.texts.map((text, i): Section => [
        `What the reviewer of part ${i + 1} says`,
        fence(request.tag, `part ${i + 1}`, text)
      ])
    ]
  )
