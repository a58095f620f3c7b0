/** `LanguageModel` on Anthropic's Messages API. */
import Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AppConfig } from "../config/AppConfig.ts"
import { LanguageModel, type LanguageModelError, type ModelQuestion } from "./LanguageModel.ts"
import * as ModelAnswers from "./ModelAnswers.ts"
import * as ModelCalls from "./ModelCalls.ts"
import { ModelPrices } from "./ModelPrices.ts"

const toolName = "answer"

/** Thinking counts as output, so this leaves room for it. */
const maxTokens = 32_000

const Count = Schema.optionalWith(Schema.NonNegativeInt, { nullable: true, default: () => 0 })

/** Other blocks, such as thinking, are ignored. */
const Block = Schema.Struct({
  type: Schema.String,
  text: Schema.optional(Schema.String),
  name: Schema.optional(Schema.String),
  input: Schema.optional(Schema.Unknown)
})

const Message = Schema.Struct({
  content: Schema.Array(Block),
  stop_reason: Schema.optional(Schema.NullOr(Schema.String)),
  usage: Schema.optionalWith(
    Schema.Struct({
      input_tokens: Count,
      output_tokens: Count,
      cache_read_input_tokens: Count,
      cache_creation_input_tokens: Count
    }),
    {
      default: () => ({
        input_tokens: 0,
        output_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation_input_tokens: 0
      })
    }
  )
})

const completion = ({ content, stop_reason, usage }: typeof Message.Type): ModelCalls.Completion => ({
  calls: content.flatMap((block) =>
    block.type === "tool_use" ? [block.name === toolName ? block.input : undefined] : []
  ),
  text: content.flatMap((block) => block.type === "text" && block.text !== undefined ? [block.text] : []).join("\n"),
  end: stop_reason === "refusal"
    ? "refused"
    : stop_reason === "max_tokens" || stop_reason === "model_context_window_exceeded"
    ? "cut"
    : "complete",
  tokens: {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: usage.cache_creation_input_tokens
  }
})

/** Answers with this model. */
export const make = ({ apiKey, model }: { readonly apiKey: Redacted.Redacted; readonly model: string }) =>
  Effect.gen(function*() {
    const config = yield* AppConfig
    const prices = yield* ModelPrices
    const caller: ModelCalls.Caller = {
      provider: "anthropic",
      baseUrl: config.anthropic.baseUrl,
      apiKey,
      timeout: config.llmTimeout
    }
    const sdk = new Anthropic({
      apiKey: Redacted.value(apiKey),
      authToken: null,
      baseURL: caller.baseUrl,
      ...ModelCalls.sdkOptions
    })
    const use = <A>(operation: string, f: (sdk: Anthropic, signal: AbortSignal) => Promise<A>) =>
      ModelCalls.call(caller, operation, (signal) => f(sdk, signal))
    const decode = ModelCalls.decodeResponse(caller, "messages", Message)

    // models that always think reject a forced tool, so it is optional, and the instructions ask for it
    const complete = <A, I>(
      question: ModelQuestion<A, I>
    ): Effect.Effect<ModelCalls.Completion, LanguageModelError> =>
      use("messages", (sdk, signal) =>
        sdk.messages.create({
          model,
          max_tokens: maxTokens,
          system:
            `${question.system}\n\nGive your answer by calling the tool \`${toolName}\` once, and say nothing beside it.`,
          messages: [{ role: "user", content: question.prompt }],
          tools: [{
            name: toolName,
            description: `Takes your ${question.purpose}.`,
            input_schema: { ...ModelAnswers.jsonSchema(question), type: "object" }
          }],
          tool_choice: { type: "auto", disable_parallel_tool_use: true }
        }, { signal })).pipe(Effect.flatMap(decode), Effect.map(completion))

    return LanguageModel.of({
      provider: "anthropic",
      ask: ModelCalls.ask({ provider: "anthropic", model, prices, maxOutput: maxTokens, complete })
    })
  })
