import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Dialect } from "./Dialect.ts"
import { type Reply, type Transcript, Turn } from "./Transcript.ts"

const maxTokens = 16_384

const TextBlock = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })

const ToolUseBlock = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.Unknown
})

const Tokens = Schema.optionalWith(Schema.Number, { nullable: true, default: () => 0 })

const Message = Schema.parseJson(Schema.Struct({
  content: Schema.Array(Schema.Unknown),
  stop_reason: Schema.optionalWith(Schema.String, { nullable: true }),
  usage: Schema.optionalWith(
    Schema.Struct({
      input_tokens: Tokens,
      cache_creation_input_tokens: Tokens,
      cache_read_input_tokens: Tokens,
      output_tokens: Tokens
    }),
    { nullable: true }
  )
}))

const decodeMessage = Schema.decode(Message)
const textOf = Schema.decodeUnknownOption(TextBlock)
const toolUseOf = Schema.decodeUnknownOption(ToolUseBlock)

const decode = (body: string): Effect.Effect<Reply, ParseError> =>
  Effect.map(decodeMessage(body), ({ content, stop_reason, usage }) => ({
    raw: content,
    text: Arr.filterMap(content, (block) => textOf(block)).map((block) => block.text).join("\n"),
    calls: Arr.filterMap(content, (block) => toolUseOf(block)).map(({ id, input, name }) => ({ id, name, input })),
    stop: stop_reason === "max_tokens" ? "length" : "end",
    usage: {
      inputTokens: (usage?.input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0) +
        (usage?.cache_read_input_tokens ?? 0),
      outputTokens: usage?.output_tokens ?? 0
    }
  }))

/** The API caches the prompt up to a marked block: the tools with the system prompt, and then the conversation. */
const cached = { cache_control: { type: "ephemeral" } } as const

const message = Turn.$match({
  User: ({ text }) => ({ role: "user", content: [{ type: "text", text }] }),
  Model: ({ reply }) => ({ role: "assistant", content: reply.raw }),
  Tools: ({ results }) => ({
    role: "user",
    content: results.map(({ callId, failed, text }) => ({
      type: "tool_result",
      tool_use_id: callId,
      content: text,
      is_error: failed
    }))
  })
})

const messages = (transcript: Transcript) =>
  transcript.map((turn, index) => {
    const { content, role } = message(turn)
    const isLast = index === transcript.length - 1
    return isLast && Array.isArray(content)
      ? { role, content: content.map((block, at) => at === content.length - 1 ? { ...block, ...cached } : block) }
      : { role, content }
  })

/** The Messages API, version 2023-06-01. Input tokens include those read from and written to its prompt cache. */
export const anthropicDialect: Dialect = {
  path: "/v1/messages",
  headers: (apiKey) => ({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" }),
  encode: (model, request) => ({
    model,
    max_tokens: maxTokens,
    system: [{ type: "text", text: request.system, ...cached }],
    tools: request.tools.map(({ description, name, parameters }) => ({ name, description, input_schema: parameters })),
    tool_choice: { type: request.toolUse },
    messages: messages(request.transcript)
  }),
  decode
}
