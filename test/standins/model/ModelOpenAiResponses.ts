/** OpenAI's Responses API: what it refuses and what it reads. How it answers is in `ModelOpenAiResponsesAnswer`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { authenticate, invalid, misfit, overloaded, overloadedError, readArguments, refuse } from "./ModelOpenAi.ts"
import { responsesAnswer, responsesCalls, responsesId } from "./ModelOpenAiResponsesAnswer.ts"
import type { ModelAnswer, ModelMessage, ModelPrompt, ModelRefusal, ModelRequest } from "./ModelScript.ts"
import { contentText } from "./ModelScript.ts"
import type { ModelWire } from "./ModelWire.ts"
import { decodeBody, frame } from "./ModelWire.ts"

const Content = Schema.Union(
  Schema.String,
  Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }))
)

const Message = Schema.Struct({
  type: Schema.optional(Schema.Literal("message")),
  role: Schema.Literal("user", "assistant", "system", "developer"),
  content: Content
})

const Call = Schema.Struct({
  type: Schema.Literal("function_call"),
  call_id: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  arguments: Schema.String
})

const CallOutput = Schema.Struct({
  type: Schema.Literal("function_call_output"),
  call_id: Schema.NonEmptyString,
  output: Content
})

/** What else may stand in an input: admitted, not looked at. */
const OtherItem = Schema.Struct({
  type: Schema.Literal(
    "reasoning",
    "item_reference",
    "compaction",
    "web_search_call",
    "custom_tool_call",
    "custom_tool_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "tool_search_call",
    "tool_search_output",
    "mcp_list_tools",
    "mcp_call"
  )
})

const Item = Schema.Union(Message, Call, CallOutput, OtherItem)

const Tool = Schema.Union(
  Schema.Struct({
    type: Schema.Literal("function"),
    name: Schema.String.pipe(Schema.pattern(/^[a-zA-Z0-9_-]{1,64}$/)),
    description: Schema.optional(Schema.NullOr(Schema.String)),
    parameters: Schema.optional(Schema.Unknown)
  }),
  Schema.Struct({
    type: Schema.String.pipe(Schema.filter((type) => type !== "function")),
    name: Schema.optional(Schema.String)
  })
)

const Body = Schema.Struct({
  model: Schema.NonEmptyString,
  input: Schema.Union(Schema.String, Schema.NonEmptyArray(Item)),
  instructions: Schema.optional(Schema.NullOr(Schema.String)),
  tools: Schema.optional(Schema.Array(Tool)),
  stream: Schema.optional(Schema.NullOr(Schema.Boolean)),
  store: Schema.optional(Schema.NullOr(Schema.Boolean)),
  previous_response_id: Schema.optional(Schema.NullOr(Schema.String)),
  max_output_tokens: Schema.optional(Schema.NullOr(Schema.Number.pipe(Schema.int(), Schema.positive()))),
  temperature: Schema.optional(Schema.NullOr(Schema.Number.pipe(Schema.between(0, 2))))
})

const decode = decodeBody(Body, [
  ..."background client_metadata context_management conversation include metadata moderation prompt user".split(" "),
  ..."parallel_tool_calls prompt_cache_key prompt_cache_options prompt_cache_retention reasoning text".split(" "),
  ..."safety_identifier service_tier stream_options tool_choice top_logprobs top_p truncation".split(" ")
])

const quiet = { text: "", toolCalls: [], toolResults: [] }

const readItem = (item: typeof Item.Type): ReadonlyArray<ModelMessage> => {
  if ("role" in item) {
    const role = item.role === "developer" ? "system" : item.role
    return [{ ...quiet, role, text: contentText(item.content) }]
  }
  switch (item.type) {
    case "function_call":
      return [{
        ...quiet,
        role: "assistant",
        toolCalls: [{ id: item.call_id, name: item.name, input: readArguments(item.arguments) }]
      }]
    case "function_call_output":
      return [{
        ...quiet,
        role: "tool",
        toolResults: [{ callId: item.call_id, text: contentText(item.output), isError: false }]
      }]
    default:
      return []
  }
}

/** Here, unlike elsewhere, calls and their outputs may stand anywhere, so long as the call is first. */
const callFault = (messages: ReadonlyArray<ModelMessage>): string | undefined => {
  const open = new Set<string>()
  for (const message of messages) {
    message.toolCalls.forEach((call) => open.add(call.id))
    const uncalled = message.toolResults.find((result) => !open.delete(result.callId))
    if (uncalled !== undefined) {
      return `No tool call found for function call output with call_id ${uncalled.callId}.`
    }
  }
  const [unanswered] = open
  return unanswered === undefined ? undefined : `No tool output found for function call ${unanswered}.`
}

const prompt = (
  body: typeof Body.Type,
  earlier: ReadonlyArray<ModelMessage>
): Either.Either<ModelPrompt, ModelRefusal> => {
  const input = typeof body.input === "string"
    ? readItem({ role: "user", content: body.input })
    : body.input.flatMap(readItem)
  const messages = [...earlier, ...input]
  const wrong = callFault(messages)
  return wrong !== undefined ? Either.left(invalid(wrong, "input")) : Either.right({
    model: body.model,
    system: body.instructions ?? "",
    messages,
    tools: (body.tools ?? []).map((tool) => ({
      name: tool.name ?? tool.type,
      description: "description" in tool ? tool.description ?? "" : "",
      schema: "parameters" in tool ? tool.parameters : {}
    })),
    stream: body.stream === true,
    streamUsage: true
  })
}

const said = (request: ModelRequest, answer: ModelAnswer): ModelMessage => ({
  role: "assistant",
  text: answer.text,
  toolCalls: responsesCalls(request, answer),
  toolResults: []
})

/** A service of its own memory: a response is kept for `previous_response_id`, unless the request forbade it. */
export const makeOpenAiResponses: Effect.Effect<ModelWire> = Effect.map(
  Ref.make(HashMap.empty<string, ReadonlyArray<ModelMessage>>()),
  (stored) => {
    const earlier = (id: string | null | undefined) =>
      id === undefined || id === null
        ? Effect.succeed([])
        : Effect.flatMap(Ref.get(stored), (conversations) =>
          Option.match(HashMap.get(conversations, id), {
            onNone: () =>
              invalid(
                `Previous response with id '${id}' not found.`,
                "previous_response_id",
                "previous_response_not_found"
              ),
            onSome: Effect.succeed
          }))
    return {
      dialect: "openai-responses",
      authenticate,
      admit: Effect.fnUntraced(function*(body) {
        const decoded = yield* Either.mapLeft(decode(body), misfit)
        return yield* prompt(decoded, yield* earlier(decoded.previous_response_id))
      }),
      answer: Effect.fnUntraced(function*(request, answer) {
        if (!Predicate.hasProperty(request.body, "store") || request.body.store !== false) {
          const conversation = [...request.messages, said(request, answer)]
          yield* Ref.update(stored, (all) => HashMap.set(all, responsesId(request), conversation))
        }
        return responsesAnswer(request, answer, Math.floor((yield* Clock.currentTimeMillis) / 1000))
      }),
      refuse,
      overloaded: {
        refusal: overloaded,
        frame: frame({ ...overloadedError.error, type: "error", sequence_number: 0 }, "error")
      }
    }
  }
)
