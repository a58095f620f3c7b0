/** The bodies that the Anthropic Messages API takes. */
import * as Schema from "effect/Schema"
import { decodeBody } from "./ModelWire.ts"

const Text = Schema.Struct({ type: Schema.Literal("text"), text: Schema.NonEmptyString })

const ToolUse = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  input: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const ToolResult = Schema.Struct({
  type: Schema.Literal("tool_result"),
  tool_use_id: Schema.NonEmptyString,
  content: Schema.optional(Schema.Union(
    Schema.String,
    Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }))
  )),
  is_error: Schema.optional(Schema.Boolean)
})

/** Images, documents, thinking and what else a conversation may carry: admitted, not looked at. */
const OtherBlock = Schema.Struct({
  type: Schema.Literal(
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "container_upload",
    "compaction",
    "server_tool_use",
    "mcp_tool_use",
    "mcp_tool_result",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result"
  )
})

const Message = Schema.Struct({
  role: Schema.Literal("user", "assistant", "system"),
  content: Schema.Union(
    Schema.NonEmptyString,
    Schema.NonEmptyArray(Schema.Union(Text, ToolUse, ToolResult, OtherBlock))
  )
})

const CustomTool = Schema.Struct({
  type: Schema.optional(Schema.NullOr(Schema.Literal("custom"))),
  name: Schema.String.pipe(Schema.pattern(/^[a-zA-Z0-9_-]{1,128}$/)),
  description: Schema.optional(Schema.String),
  input_schema: Schema.Struct({ type: Schema.Literal("object") }, { key: Schema.String, value: Schema.Unknown })
})

const ServerTool = Schema.Struct({
  type: Schema.String.pipe(Schema.pattern(/_/)),
  name: Schema.optional(Schema.String)
})

const counted = {
  model: Schema.NonEmptyString,
  messages: Schema.NonEmptyArray(Message),
  system: Schema.optional(Schema.Union(Schema.String, Schema.Array(Text))),
  tools: Schema.optional(Schema.Array(Schema.Union(CustomTool, ServerTool))),
  tool_choice: Schema.optional(Schema.Struct({ type: Schema.Literal("auto", "any", "tool", "none") }))
}

/** What a count takes; a message takes that and more. */
export type CountedBody = Schema.Struct.Type<typeof counted>

const countedIgnored =
  "cache_control context_management mcp_servers output_config output_format speed thinking user_profile_id".split(" ")

const Probability = Schema.optional(Schema.Number.pipe(Schema.between(0, 1)))

/** Reads the body of `POST /v1/messages`. */
export const decodeMessage = decodeBody(
  Schema.Struct({
    ...counted,
    max_tokens: Schema.Number.pipe(Schema.int(), Schema.positive()),
    stream: Schema.optional(Schema.Boolean),
    temperature: Probability,
    top_p: Probability,
    top_k: Schema.optional(Schema.Number.pipe(Schema.int())),
    stop_sequences: Schema.optional(Schema.Array(Schema.String))
  }),
  [
    ...countedIgnored,
    ..."billing_policy compaction container diagnostics fallback_credit_token fallbacks".split(" "),
    ..."inference_geo metadata service_tier thread workspace_id".split(" ")
  ]
)

/** Reads the body of `POST /v1/messages/count_tokens`. */
export const decodeCount = decodeBody(Schema.Struct(counted), countedIgnored)
