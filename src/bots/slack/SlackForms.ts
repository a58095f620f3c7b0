/**
 * The forms: editing a plan, and the reason for a rejection. Pure. A text field in Slack holds 3000 characters, so a
 * longer plan is spread over several.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import { PlanRef } from "../../domain/SessionCommand.ts"
import type { SlackView } from "../../services/slack/SlackClient.ts"
import { join, split } from "../../services/slack/SlackText.ts"
import { cut } from "../../services/support/RichText.ts"
import { plainText } from "./SlackBlocks.ts"

/** The most characters of the plan in each field, which leaves room for edits. */
const fieldLength = 2500
const maxFields = 40

/** The form's metadata; Slack accepts 3000 characters. */
const Metadata = Schema.parseJson(Schema.Struct({
  session: SessionId,
  /** The plan that the form is about. */
  answers: PlanRef,
  channel: Schema.String,
  joins: Schema.Array(Schema.Literal("", "\n"))
}))
export type FormTarget = typeof Metadata.Type
/** What a form is about. */
export type Target = Omit<FormTarget, "joins">
const readMetadata = Schema.decodeOption(Metadata)
const writeMetadata = Schema.encodeSync(Metadata)
export const readTarget: (metadata: string) => Option.Option<FormTarget> = readMetadata

const modal = (callback: string, target: FormTarget, title: string, submit: string) => ({
  type: "modal" as const,
  callback_id: callback,
  private_metadata: writeMetadata(target),
  title: plainText(title),
  submit: plainText(submit),
  close: plainText("Cancel")
})

/** The form to edit a plan; none if the plan is too long for one. */
export const edit = (target: Target, markdown: string): Option.Option<SlackView> => {
  const { joins, parts } = split(markdown, fieldLength)
  if (parts.length > maxFields) return Option.none()
  return Option.some({
    ...modal("edit", { ...target, joins }, "Edit the plan", "Approve"),
    blocks: parts.map((part, index) => ({
      type: "input",
      block_id: `plan-${index}`,
      optional: true,
      label: plainText(
        parts.length === 1 ? "Plan (markdown)" : `Plan (markdown), part ${index + 1} of ${parts.length}`
      ),
      element: {
        type: "plain_text_input",
        action_id: `plan-${index}`,
        multiline: true,
        max_length: 3000,
        initial_value: part
      }
    }))
  })
}

export const reject = (target: Target): SlackView => ({
  ...modal("reject", { ...target, joins: [] }, "Reject the plan", "Plan again"),
  blocks: [{
    type: "input",
    block_id: "reason",
    label: plainText("What should be different?"),
    element: { type: "plain_text_input", action_id: "reason", multiline: true, max_length: 3000 }
  }]
})

type Values = Readonly<Record<string, Readonly<Record<string, { readonly value?: string | null | undefined }>>>>

/** The entered text, with the fields joined again. */
export const textOf = (values: Values, name: "plan" | "reason", joins: ReadonlyArray<string>): string => {
  if (name === "reason") return values["reason"]?.["reason"]?.value ?? ""
  const parts = Array.from(
    { length: joins.length + 1 },
    (_, index) => values[`plan-${index}`]?.[`plan-${index}`]?.value ?? ""
  )
  return join(parts, joins)
}

/** The reply that shows an error next to a form's field. */
export const faults = (block: string, reason: string): Readonly<Record<string, unknown>> => ({
  response_action: "errors",
  errors: { [block]: cut(reason, 200) }
})
