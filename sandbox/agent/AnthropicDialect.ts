import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
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

interface Message {
  readonly role: "user" | "assistant"
  readonly content: ReadonlyArray<unknown>
}

const text = (text: string) => ({ type: "text", text })

const message = (turn: Turn): Message =>
  Turn.$match(turn, {
    User: ({ instructions, text: said }): Message => ({
      role: "user",
      content: [text(said), ...(instructions === undefined ? [] : [text(instructions)])]
    }),
    Model: ({ reply: { raw } }): Message => ({ role: "assistant", content: Array.isArray(raw) ? raw : [] }),
    Tools: ({ results }): Message => ({
      role: "user",
      content: results.map(({ callId, failed, text }) => ({
        type: "tool_result",
        tool_use_id: callId,
        content: text,
        is_error: failed
      }))
    })
  })

/** Marks the last block of the conversation. */
const marked = ({ content, role }: Message): Message => ({
  role,
  content: content.map((block, at) =>
    at === content.length - 1 && Predicate.isRecord(block) ? { ...block, ...cached } : block
  )
})

/** Alternating roles, as the API wants them: what one side says in turn is one message, and nobody says nothing. */
const messages = (transcript: Transcript): ReadonlyArray<Message> => {
  const all: Array<Message> = []
  for (const turn of transcript) {
    const next = message(turn)
    const last = all.at(-1)
    if (next.content.length === 0) continue
    if (last?.role === next.role) all[all.length - 1] = { ...last, content: [...last.content, ...next.content] }
    else all.push(next)
  }
  return all.map((message, index) => index === all.length - 1 ? marked(message) : message)
}

/** The Messages API, version 2023-06-01. Input tokens include those read from and written to its prompt cache. */
export const anthropicDialect: Dialect = {
  name: "anthropic",
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
  raw: (said, calls) => [
    ...(said.trim() === "" ? [] : [text(said)]),
    ...calls.map(({ id, input, name }) => ({
      type: "tool_use",
      id,
      name,
      input: Predicate.isRecord(input) ? input : { input }
    }))
  ],
  decode
}
