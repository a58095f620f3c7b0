import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ParseError } from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Dialect } from "./Dialect.ts"
import { type Reply, type ToolCall, Turn } from "./Transcript.ts"

const FunctionCall = Schema.Struct({
  id: Schema.String,
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})

const Message = Schema.Struct({
  content: Schema.optionalWith(Schema.String, { nullable: true, default: () => "" }),
  refusal: Schema.optionalWith(Schema.String, { nullable: true, default: () => "" }),
  tool_calls: Schema.optionalWith(Schema.Array(Schema.Unknown), { nullable: true, default: () => [] })
})

const Tokens = Schema.optionalWith(Schema.Number, { nullable: true, default: () => 0 })

const Completion = Schema.parseJson(Schema.Struct({
  choices: Schema.NonEmptyArray(Schema.Struct({
    message: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    finish_reason: Schema.optionalWith(Schema.String, { nullable: true })
  })),
  usage: Schema.optionalWith(Schema.Struct({ prompt_tokens: Tokens, completion_tokens: Tokens }), { nullable: true })
}))

const decodeCompletion = Schema.decode(Completion)
const decodeMessage = Schema.decodeUnknown(Message)
const functionCallOf = Schema.decodeUnknownOption(FunctionCall)
const decodeArguments = Schema.decodeEither(Schema.parseJson())

/** Arguments are a string of JSON. If the model wrote something else, the tool gets the string and rejects it. */
const toolCall = ({ function: { arguments: json, name }, id }: typeof FunctionCall.Type): ToolCall => ({
  id,
  name,
  input: Either.getOrElse(decodeArguments(json), () => json)
})

const decode = (body: string): Effect.Effect<Reply, ParseError> =>
  Effect.gen(function*() {
    const { choices: [choice], usage } = yield* decodeCompletion(body)
    const message = yield* decodeMessage(choice.message)
    return {
      raw: { role: "assistant", ...choice.message },
      text: message.content === "" ? message.refusal : message.content,
      calls: Arr.filterMap(message.tool_calls, (call) => functionCallOf(call)).map(toolCall),
      stop: choice.finish_reason === "length" ? "length" : "end",
      usage: { inputTokens: usage?.prompt_tokens ?? 0, outputTokens: usage?.completion_tokens ?? 0 }
    }
  })

/** The API refuses a message of the model that neither says nor calls anything. */
const isSaying = (raw: unknown): boolean =>
  Predicate.hasProperty(raw, "tool_calls") && Array.isArray(raw.tool_calls) && raw.tool_calls.length > 0 ||
  Predicate.hasProperty(raw, "content") && raw.content != null && raw.content !== ""

const messages = Turn.$match({
  User: ({ instructions, text }): ReadonlyArray<unknown> => [
    { role: "user", content: instructions === undefined ? text : `${text}\n\n${instructions}` }
  ],
  Model: ({ reply: { raw } }) => isSaying(raw) ? [raw] : [],
  Tools: ({ results }) => results.map(({ callId, text }) => ({ role: "tool", tool_call_id: callId, content: text }))
})

/** The Chat Completions API, as provided by OpenAI and many others. */
export const openAiDialect: Dialect = {
  name: "openai",
  path: "/chat/completions",
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  encode: (model, request) => ({
    model,
    messages: [{ role: "system", content: request.system }, ...request.transcript.flatMap(messages)],
    tools: request.tools.map((tool) => ({ type: "function", function: tool })),
    tool_choice: request.toolUse
  }),
  raw: (text, calls) => ({
    role: "assistant",
    content: text === "" ? null : text,
    ...(calls.length === 0 ? {} : {
      tool_calls: calls.map(({ id, input, name }) => ({
        id,
        type: "function",
        function: { name, arguments: Predicate.isString(input) ? input : JSON.stringify(input ?? {}) }
      }))
    })
  }),
  decode
}
