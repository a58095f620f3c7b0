/** A plan: the answer that the model gives, and the markdown that people read, edit and approve. */
import * as Schema from "effect/Schema"

export const Plan = Schema.Struct({
  /** One line, suitable as a commit subject and a pull request's title. */
  title: Schema.String,
  /** The whole plan, as people see it. */
  markdown: Schema.String
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
export const fromAnswer = (answer: PlanAnswer): Plan => ({
  title: subject(answer.title),
  markdown: `${answer.summary}\n\n### Steps\n\n${answer.steps.map((step, i) => `${i + 1}. ${step}`).join("\n")}` +
    section("Verification", answer.verification) +
    section("Risks", answer.risks)
})

/** An edited plan replaces the proposed one and keeps its title. */
export const edited = (plan: Plan, markdown: string): Plan => ({ ...plan, markdown })

/** The first line of a text, truncated to a commit subject's length without splitting a code point. */
export const subject = (text: string, length = 72): string => {
  const line = text.split("\n").map((part) => part.trim()).find((part) => part !== "") ?? "Change"
  const points = Array.from(line)
  return points.length <= length ? line : `${points.slice(0, length - 1).join("").trimEnd()}…`
}
