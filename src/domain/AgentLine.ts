/**
 * A line that an agent wrote through the Agent Client Protocol: what it is, beside its text. The host program in the
 * sandbox prints one as `###OPENTL_ACP### <json>`. It comes from the sandbox, so it is shown and never relied upon.
 */
import * as Schema from "effect/Schema"
import { optional } from "./Wire.ts"

export const AgentLineKind = Schema.Literal("message", "thought", "tool_call", "plan", "diff")
export type AgentLineKind = typeof AgentLineKind.Type

/** The longest title and location, in characters. */
export const longestTitle = 300
/** The most locations of a line. */
export const mostLocations = 20

const Short = Schema.String.pipe(Schema.maxLength(longestTitle))

const fields = {
  kind: AgentLineKind,
  /** Of a tool call: what it does. Of a diff: the file's path. */
  title: optional(Short),
  /** Of a tool call: `pending`, `in_progress`, `completed` or `failed`. */
  status: optional(Short),
  /** The paths that it is about. */
  locations: optional(Schema.Array(Short).pipe(Schema.maxItems(mostLocations)))
}

/** An event's `detail.acp`. */
export const AgentLineDetail = Schema.Struct(fields)
export type AgentLineDetail = typeof AgentLineDetail.Type

/** As it is printed. */
export const AgentLine = Schema.Struct({ ...fields, text: Schema.String })
export type AgentLine = typeof AgentLine.Type

export const AgentLineJson = Schema.parseJson(AgentLine)
