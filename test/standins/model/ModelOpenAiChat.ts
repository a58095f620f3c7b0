/** OpenAI's Chat Completions API: what it refuses, what it reads, and how it answers. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { authenticate, invalid, misfit, overloaded, overloadedError, readArguments, refuse } from "./ModelOpenAi.ts"
import type { ModelAnswer, ModelMessage, ModelPrompt, ModelRefusal, ModelRequest } from "./ModelScript.ts"
import { contentText, pieces, usageOf } from "./ModelScript.ts"
import { turnFault } from "./ModelTurns.ts"
import type { ModelWire, Rendered } from "./ModelWire.ts"
import { decodeBody, frame } from "./ModelWire.ts"

const Content = Schema.Union(
  Schema.String,
  Schema.NonEmptyArray(Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }))
)

const ToolCall = Schema.Struct({
  id: Schema.NonEmptyString,
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: Schema.NonEmptyString, arguments: Schema.String })
})

const Message = Schema.Union(
  Schema.Struct({ role: Schema.Literal("system", "developer", "user"), content: Content }),
  Schema.Struct({
    role: Schema.Literal("assistant"),
    content: Schema.optional(Schema.NullOr(Content)),
    tool_calls: Schema.optional(Schema.NonEmptyArray(ToolCall))
  }),
  Schema.Struct({ role: Schema.Literal("tool"), tool_call_id: Schema.NonEmptyString, content: Content })
)

const Tool = Schema.Struct({
  type: Schema.Literal("function"),
  function: Schema.Struct({
    name: Schema.String.pipe(Schema.pattern(/^[a-zA-Z0-9_-]{1,64}$/)),
    description: Schema.optional(Schema.String),
    parameters: Schema.optional(Schema.Unknown)
  })
})

const Count = Schema.optional(Schema.NullOr(Schema.Number.pipe(Schema.int(), Schema.positive())))

const Body = Schema.Struct({
  model: Schema.NonEmptyString,
  messages: Schema.NonEmptyArray(Message),
  tools: Schema.optional(Schema.NonEmptyArray(Tool)),
  tool_choice: Schema.optional(Schema.Unknown),
  stream: Schema.optional(Schema.NullOr(Schema.Boolean)),
  stream_options: Schema.optional(Schema.NullOr(Schema.Struct({ include_usage: Schema.optional(Schema.Boolean) }))),
  max_tokens: Count,
  max_completion_tokens: Count,
  n: Schema.optional(Schema.NullOr(Schema.Literal(1))),
  temperature: Schema.optional(Schema.NullOr(Schema.Number.pipe(Schema.between(0, 2))))
})

const decode = decodeBody(Body, [
  ..."audio frequency_penalty function_call functions logit_bias logprobs metadata modalities moderation".split(" "),
  ..."parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options verbosity user".split(" "),
  ..."prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop".split(" "),
  ..."store top_logprobs top_p web_search_options".split(" ")
])

const readMessage = (message: typeof Message.Type): ModelMessage => {
  const text = contentText(message.content)
  switch (message.role) {
    case "tool":
      return {
        role: "tool",
        text: "",
        toolCalls: [],
        toolResults: [{ callId: message.tool_call_id, text, isError: false }]
      }
    case "assistant":
      return {
        role: "assistant",
        text,
        toolCalls: (message.tool_calls ?? []).map((call) => ({
          id: call.id,
          name: call.function.name,
          input: readArguments(call.function.arguments)
        })),
        toolResults: []
      }
    default:
      return { role: message.role === "user" ? "user" : "system", text, toolCalls: [], toolResults: [] }
  }
}

const breaches = {
  uncalled: "a message with role 'tool' must answer a call in the 'tool_calls' of the message before",
  twice: "a tool call takes one message with role 'tool' only",
  unanswered: "an assistant message with 'tool_calls' must be followed by a tool message for each of them"
}

const prompt = (body: typeof Body.Type): Either.Either<ModelPrompt, ModelRefusal> => {
  const messages = body.messages.map(readMessage)
  const breach = turnFault(messages)
  if (breach !== undefined) {
    return Either.left(
      invalid(`${breaches[breach.kind]} (${breach.ids.join(", ")})`, `messages.[${breach.index}].role`)
    )
  }
  if (body.stream_options && body.stream !== true) {
    return Either.left(invalid("'stream_options' goes with 'stream' only.", "stream_options"))
  }
  if (body.tool_choice !== undefined && body.tools === undefined) {
    return Either.left(invalid("'tool_choice' goes with 'tools' only.", "tool_choice"))
  }
  return Either.right({
    model: body.model,
    system: messages.filter((message) => message.role === "system").map((message) => message.text).join("\n"),
    messages: messages.filter((message) => message.role !== "system"),
    tools: (body.tools ?? []).map(({ function: { description, name, parameters } }) => ({
      name,
      description: description ?? "",
      schema: parameters ?? {}
    })),
    stream: body.stream === true,
    streamUsage: body.stream_options?.include_usage === true
  })
}

const usage = (request: ModelRequest, answer: ModelAnswer) => {
  const tokens = usageOf(request, answer)
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite
  return {
    prompt_tokens: input,
    completion_tokens: tokens.output,
    total_tokens: input + tokens.output,
    prompt_tokens_details: { cached_tokens: tokens.cacheRead, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: tokens.reasoning, audio_tokens: 0 }
  }
}

const render = (request: ModelRequest, answer: ModelAnswer, created: number): Rendered => {
  const calls = answer.toolCalls.map((call, index) => ({
    id: call.id ?? `call_standin_${request.index + 1}_${index + 1}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.input) }
  }))
  const reason = answer.stop === "length" ? "length" : calls.length > 0 ? "tool_calls" : "stop"
  const head = { id: `chatcmpl-standin${request.index + 1}`, created, model: request.model, service_tier: "default" }
  const chunk = (choices: ReadonlyArray<unknown>, usage: unknown = null) =>
    frame({ ...head, object: "chat.completion.chunk", choices, ...(request.streamUsage ? { usage } : {}) })
  const delta = (delta: unknown, finish: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }])
  return {
    json: JSON.stringify({
      ...head,
      object: "chat.completion",
      choices: [{
        index: 0,
        message: {
          role: "assistant",
          content: answer.text === "" && calls.length > 0 ? null : answer.text,
          refusal: null,
          annotations: [],
          ...(calls.length > 0 ? { tool_calls: calls } : {})
        },
        logprobs: null,
        finish_reason: reason
      }],
      usage: usage(request, answer)
    }),
    frames: [
      delta({ role: "assistant", content: calls.length > 0 && answer.text === "" ? null : "", refusal: null }),
      ...pieces(answer.text).map((content) => delta({ content })),
      ...calls.flatMap((call, index) => [
        delta({ tool_calls: [{ ...call, index, function: { name: call.function.name, arguments: "" } }] }),
        ...pieces(call.function.arguments).map((piece) =>
          delta({ tool_calls: [{ index, function: { arguments: piece } }] })
        )
      ]),
      delta({}, reason),
      ...(request.streamUsage ? [chunk([], usage(request, answer))] : []),
      frame("[DONE]")
    ]
  }
}

export const openAiChat: ModelWire = {
  dialect: "openai-chat",
  authenticate,
  admit: (body) => Effect.suspend(() => decode(body).pipe(Either.mapLeft(misfit), Either.flatMap(prompt))),
  answer: (request, answer) =>
    Effect.map(Clock.currentTimeMillis, (now) => render(request, answer, Math.floor(now / 1000))),
  refuse,
  overloaded: { refusal: overloaded, frame: frame(overloadedError) }
}
