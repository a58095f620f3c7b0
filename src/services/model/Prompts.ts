/** The prompts of the planner and the agent. Pure. */
import * as Acceptance from "../../domain/Acceptance.ts"
import * as Gate from "../../domain/Gate.ts"
import type * as Plan from "../../domain/Plan.ts"
import * as Review from "../../domain/Review.ts"
import { Findings } from "../../domain/SessionState.ts"
import * as Verification from "../../domain/Verification.ts"
import { excerpt } from "../support/Excerpt.ts"
import type { ModelQuestion } from "./LanguageModel.ts"
import { fence, list, sections, textLimit, untrustedRule } from "./PromptText.ts"
import { type RepositoryWishes, wishes } from "./RepositoryWishes.ts"

export interface PlanRequest extends RepositoryWishes {
  /** The tag of the question's fences: `PromptText.fenceTag`. */
  readonly tag: string
  /** The displayed name: `owner/name` or a path. */
  readonly repo: string
  /** Whether it may ask questions in place of a plan. */
  readonly mayAsk?: boolean
  /** This turn's request. */
  readonly prompt: string
  /** The session's first prompt, in a follow-up. */
  readonly firstPrompt: string | undefined
  /** The previous plan: of an earlier turn, or a rejected one. */
  readonly previousPlan: Plan.Plan | undefined
  readonly overview: string
  /** Why earlier plans of this turn were rejected, oldest first. */
  readonly rejections: ReadonlyArray<string>
}

const maybeAsking = `

Where the task can be read in ways that lead to different changes, and neither it nor the repository says which is meant,
answer with \`questions\` in place of a plan: at most three, each answerable in a sentence, and with what
you would assume for each in \`assumptions\`. A person is kept waiting by them, so ask nothing that you can find out or decide
well yourself.`

const planner = (tag: string, mayAsk: boolean): string =>
  `You plan changes to a repository for a coding agent that will carry them out on its own, without asking back.

Plan what was asked for and nothing beyond it: the smallest change that does the whole task, in the style of the code that is
there. Name the files and parts concerned as far as the overview shows them; where it does not, say what to look for. Say how
the agent checks its work with the repository's own means, and by which points a reviewer of the diff sees that the task is
done. When the task is a question, plan how to find the answer, and that nothing is changed.${mayAsk ? maybeAsking : ""}

${untrustedRule(tag)}`

/** The question for a plan of the turn, without the form of its answer (`domain/Planned.ts`). */
export const planQuestion = (
  request: PlanRequest
): Pick<ModelQuestion<unknown, unknown>, "purpose" | "system" | "prompt"> => ({
  purpose: "plan",
  system: planner(request.tag, request.mayAsk === true),
  prompt: sections([
    ...wishes(request.tag, request),
    ["Task", request.prompt],
    [
      "What the session was opened with",
      request.firstPrompt === undefined ? undefined : `The task above continues this one:\n\n${request.firstPrompt}`
    ],
    [
      request.rejections.length > 0 ? "The plan that was rejected" : "The plan of the turn before",
      request.previousPlan === undefined
        ? undefined
        : fence(
          request.tag,
          "plan",
          excerpt(`${request.previousPlan.title}\n\n${request.previousPlan.markdown}`, textLimit)
        )
    ],
    [
      "Why earlier plans were rejected",
      request.rejections.length === 0
        ? undefined
        : `${list(request.rejections)}\n\nThe new plan must answer these reasons.`
    ],
    [
      `The repository ${request.repo}`,
      request.overview === "" ? undefined : fence(request.tag, "repository", request.overview)
    ]
  ])
})

export interface AgentTask {
  /** `instructions` of the repository's configuration. Its guidelines the agent finds where they are. */
  readonly instructions?: string | undefined
  readonly prompt: string
  readonly firstPrompt: string | undefined
  readonly plan: Plan.Plan | undefined
  /** What led to this round. */
  readonly findings: Findings | undefined
  /** The latest review of the turn, where it is not what led to this round. */
  readonly lastReview: Review.Review | undefined
  readonly turn: number
  readonly round: number
}

const inPlace = "Your work is in place on this branch."

/** The points of the plan that the reviewer does not see done. */
const notDone = (review: Review.Review, plan: Plan.Plan | undefined): string => {
  const points = Acceptance.judged(plan?.acceptance ?? [], Review.ticksOf(review)).filter(({ tick }) =>
    tick?.state === "not_done"
  )
  return points.length === 0 ? "" : `Not done of the plan:\n\n${list(points.map(({ text }) => text))}\n\n`
}

const reviewText = (review: Review.Review, plan: Plan.Plan | undefined): string | undefined =>
  review._tag === "ChangesRequested"
    ? `${inPlace} It was reviewed, and the reviewer asks for changes:\n\n${review.summary}\n\n${
      Review.findingsMarkdown(review.findings)
    }\n\n${
      notDone(review, plan)
    }Make these changes on top of what is there. Where a finding is wrong, leave the code and say why in your final words.`
    : undefined

/** How much of each failed command's output the agent is told, in characters. */
const tailLimit = 4_000

const checkText = (command: Verification.CheckedCommand): string =>
  `- \`${command.run}\`: ${Verification.outcomeText(command.outcome)}${
    command.exitCode === undefined ? "" : ` (exit code ${command.exitCode})`
  }\n\n${indented(excerpt(command.tail.trim(), tailLimit))}`

/** As a block of code, which no text in it can end. */
const indented = (text: string): string => text.split("\n").map((line) => `      ${line}`).join("\n")

const checksText = (verification: Verification.Verification): string =>
  `${inPlace} The repository's checks were run on it, in a clean copy of what was committed. These fail, and do not fail without your change:\n\n${
    Verification.failures(verification).map(checkText).join("\n\n")
  }\n\nMend the code so that they pass. Do not weaken, skip or remove a check or a test for that: where a test is wrong because of what was asked for, change it and say so in your final words.`

const findingsOf = (
  findings: Findings,
  plan: Plan.Plan | undefined
): readonly [heading: string, text: string | undefined] =>
  Findings.$match(findings, {
    Review: ({ review }) => ["Review", reviewText(review, plan)] as const,
    Checks: ({ verification }) => ["Failed checks", checksText(verification)] as const,
    Secrets: ({ gate }) => ["Secrets", `${inPlace} ${Gate.findingsMarkdown(gate)}`] as const
  })

/** Findings of a review that a round for failed checks must not forget. */
const openReview = ({ findings, lastReview }: AgentTask): string | undefined =>
  findings === undefined || findings._tag === "Review" || lastReview?._tag !== "ChangesRequested"
    ? undefined
    : `The reviewer asked for these changes earlier. They still hold:\n\n${
      Review.findingsMarkdown(lastReview.findings)
    }`

const notes = [
  "Work in the current directory, on the branch that is checked out. Do not push, do not open a pull request, do not switch branches.",
  "You need not commit: what you leave is committed for you. Leave nothing behind that does not belong into the repository.",
  "Run the tests that belong to what you change, and see them pass, as far as they can run here.",
  "There is no one to ask, and the network may reach no further than the package registries. Decide what is left open, and say so.",
  "Your final words are shown to the person who asked: what you did, or the answer, in a few sentences."
]

const numbered = ([heading, text]: readonly [string, string | undefined], round: number) =>
  [`${heading}, round ${round}`, text] as const

/** The agent's prompt in a round. */
export const enrichedPrompt = (task: AgentTask): string =>
  `${
    sections([
      ["Instructions of the repository", task.instructions],
      [task.turn > 1 ? "Follow-up task" : "Task", task.prompt],
      [
        "What came before",
        task.firstPrompt === undefined || task.turn === 1
          ? undefined
          : `This session was opened with the task below. What was done about it is in place on this branch.\n\n${task.firstPrompt}`
      ],
      ["Plan", task.plan === undefined ? undefined : `${task.plan.title}\n\n${task.plan.markdown}`],
      ...(task.findings === undefined ? [] : [numbered(findingsOf(task.findings, task.plan), task.round - 1)]),
      ["Earlier review", openReview(task)],
      ["Notes", list(notes)]
    ])
  }\n`
