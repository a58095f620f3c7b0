/** The message of a round's own commit: what it answers, and the trailers of every commit of the session. Pure. */
import * as Plan from "../../domain/Plan.ts"
import type { Answers } from "../../domain/RoundCommits.ts"
import { type CommitMessage, inert, trailers } from "./CommitMessage.ts"

/** The most findings that are named, and the most characters of each. */
const mostNamed = 20
const longest = 160

const oneLine = (text: string): string => inert(text).replace(/\s+/g, " ").trim()

const cut = (text: string): string => {
  const points = Array.from(text)
  return points.length <= longest ? text : `${points.slice(0, longest - 1).join("")}…`
}

const list = (lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...lines.slice(0, mostNamed).map((line) => `- ${cut(oneLine(line))}`),
  ...(lines.length > mostNamed ? [`- and ${lines.length - mostNamed} more`] : [])
]

/** A conventional subject, and what was found. */
const words = (answers: Answers): readonly [subject: string, found: ReadonlyArray<string>] => {
  if (answers._tag === "Checks") {
    const failed = answers.verification.commands.filter(({ outcome }) =>
      outcome === "failed" || outcome === "timed_out"
    )
    return [
      `fix: make failed checks pass (${failed.map(({ name }) => oneLine(name)).join(", ")})`,
      list(failed.map(({ run }) => run))
    ]
  }
  const { review } = answers
  return review._tag !== "ChangesRequested"
    ? ["fix: address the review", []]
    : [
      `fix: address the review (${review.findings.length} ${review.findings.length === 1 ? "finding" : "findings"})`,
      list(
        review.findings.map(({ comment, file, line }) =>
          `${file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `}${comment}`
        )
      )
    ]
}

export const roundMessage = (message: CommitMessage, answers: Answers): string => {
  const [subject, found] = words(answers)
  return `${Plan.subject(subject)}\n\n${found.length === 0 ? "" : `${found.join("\n")}\n\n`}${trailers(message)}`
}
