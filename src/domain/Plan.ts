/** A plan: the answer that the model gives, and the markdown that people read, edit and approve. */
import * as Schema from "effect/Schema"
import { maxPoints } from "./Acceptance.ts"
import { optional } from "./Wire.ts"

export const Plan = Schema.Struct({
  /** One line, suitable as a commit subject and a pull request's title. */
  title: Schema.String,
  /** The whole plan, as people see it. */
  markdown: Schema.String,
  /** Its steps. Absent in plans of earlier versions and in some that people edited, as is `acceptance`. */
  steps: optional(Schema.Array(Schema.String)),
  /** The points by which one sees that it is carried out. The reviewer ticks them. */
  acceptance: optional(Schema.Array(Schema.String))
})
export type Plan = typeof Plan.Type

/** The model's structured answer. The descriptions are part of the prompt. */
export const PlanAnswer = Schema.Struct({
  title: Schema.NonEmptyTrimmedString.annotations({
    description: "imperative, at most 72 characters, no trailing period"
  }),
  summary: Schema.NonEmptyTrimmedString.annotations({
    description: "what will be changed and why, two or three sentences"
  }),
  steps: Schema.NonEmptyArray(Schema.NonEmptyTrimmedString).annotations({
    description: "ordered steps, each naming the files or parts concerned"
  }),
  acceptance: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }).annotations({
    description:
      `at most ${maxPoints} points by which a reviewer of the diff sees that the task is done: each one thing, ` +
      "to be told from code or tests"
  }),
  verification: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }).annotations({
    description: "how the change is checked: commands to run, behaviour to look at"
  }),
  risks: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }).annotations({
    description: "what could go wrong or is left open; empty when nothing"
  })
})
export type PlanAnswer = typeof PlanAnswer.Type

const section = (heading: string, items: ReadonlyArray<string>) =>
  items.length === 0 ? "" : `\n\n### ${heading}\n\n${items.map((item) => `- ${item}`).join("\n")}`

/** Renders the model's answer as the plan that people see. */
export const fromAnswer = (answer: PlanAnswer): Plan => {
  const acceptance = answer.acceptance.filter((point) => point.trim() !== "").slice(0, maxPoints)
  return {
    title: subject(answer.title),
    markdown:
      `${answer.summary}\n\n### ${stepsHeading}\n\n${answer.steps.map((step, i) => `${i + 1}. ${step}`).join("\n")}` +
      section(acceptanceHeading, acceptance) +
      section("Verification", answer.verification) +
      section("Risks", answer.risks),
    ...lists(answer.steps, acceptance)
  }
}

const stepsHeading = "Steps"
const acceptanceHeading = "Done when"

const lists = (
  steps: ReadonlyArray<string>,
  acceptance: ReadonlyArray<string>
): Pick<Plan, "steps" | "acceptance"> => ({
  ...(steps.length === 0 ? {} : { steps: steps.slice(0, maxPoints) }),
  ...(acceptance.length === 0 ? {} : { acceptance: acceptance.slice(0, maxPoints) })
})

/** The items of the list under a heading of ours; none if the heading or the list is not there. */
const itemsUnder = (markdown: string, heading: string): ReadonlyArray<string> => {
  const lines = markdown.split("\n").map((line) => line.trim())
  const start = lines.findIndex((line) => /^#{1,6} /.test(line) && line.replace(/^#+/, "").trim() === heading)
  if (start < 0) return []
  const below = lines.slice(start + 1)
  const end = below.findIndex((line) => /^#{1,6} /.test(line))
  return below.slice(0, end < 0 ? undefined : end).flatMap((line) => {
    const item = /^(?:[-*+]|\d{1,3}[.)]) (.*)$/.exec(line)?.[1]?.trim() ?? ""
    return item === "" ? [] : [item]
  })
}

/** An edited plan replaces the proposed one and keeps its title. Its points are those of the lists that it still has. */
export const edited = ({ title }: Plan, markdown: string): Plan => ({
  title,
  markdown,
  ...lists(itemsUnder(markdown, stepsHeading), itemsUnder(markdown, acceptanceHeading))
})

/** The first line of a text, truncated to a commit subject's length without splitting a code point. */
export const subject = (text: string, length = 72): string => {
  const line = text.split("\n").map((part) => part.trim()).find((part) => part !== "") ?? "Change"
  const points = Array.from(line)
  return points.length <= length ? line : `${points.slice(0, length - 1).join("").trimEnd()}…`
}
