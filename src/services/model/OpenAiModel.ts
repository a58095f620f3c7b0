/** `LanguageModel` on OpenAI's Chat Completions API, which local servers and other providers also offer. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import OpenAI from "openai"
import { AppConfig } from "../config/AppConfig.ts"
import { LanguageModel, type LanguageModelError, type ModelQuestion } from "./LanguageModel.ts"
import * as ModelAnswers from "./ModelAnswers.ts"
import * as ModelCalls from "./ModelCalls.ts"
import { ModelPrices } from "./ModelPrices.ts"
import { defaultMaxOutput } from "./TokenEstimate.ts"

const Count = Schema.optionalWith(Schema.NonNegativeInt, { nullable: true, default: () => 0 })
const Text = Schema.optionalWith(Schema.String, { nullable: true, default: () => "" })

/** Some servers respond with a tool call anyway; its arguments then contain the answer as JSON text. */
const ToolCall = Schema.Struct({ function: Schema.optional(Schema.Struct({ arguments: Text })) })

const Chat = Schema.Struct({
  choices: Schema.NonEmptyArray(Schema.Struct({
    message: Schema.Struct({
      content: Text,
      refusal: Text,
      tool_calls: Schema.optionalWith(Schema.Array(ToolCall), { nullable: true, default: () => [] })
    }),
    finish_reason: Schema.optional(Schema.NullOr(Schema.String))
  })),
  usage: Schema.optional(Schema.NullOr(Schema.Struct({
    prompt_tokens: Count,
    completion_tokens: Count,
    prompt_tokens_details: Schema.optional(
      Schema.NullOr(Schema.Struct({ cached_tokens: Count, cache_write_tokens: Count }))
    )
  })))
})

/** One choice was requested. If a server sends more, they are joined, and the result is invalid. */
const completion = ({ choices, usage }: typeof Chat.Type): ModelCalls.Completion => {
  const messages = choices.map(({ message }) => message)
  const refusals = messages.map(({ refusal }) => refusal).filter((text) => text !== "")
  const ends = choices.map(({ finish_reason }) => finish_reason)
  const cacheRead = usage?.prompt_tokens_details?.cached_tokens ?? 0
  const cacheWrite = usage?.prompt_tokens_details?.cache_write_tokens ?? 0
  return {
    calls: messages.flatMap(({ tool_calls }) => tool_calls.map((call) => call.function?.arguments)),
    text: [...messages.map(({ content }) => content), ...refusals].filter((text) => text !== "").join("\n"),
    end: refusals.length > 0 || ends.includes("content_filter")
      ? "refused"
      : ends.includes("length")
      ? "cut"
      : "complete",
    tokens: {
      input: Math.max(0, (usage?.prompt_tokens ?? 0) - cacheRead - cacheWrite),
      output: usage?.completion_tokens ?? 0,
      cacheRead,
      cacheWrite
    }
  }
}

/** Whether the server rejected a feature: servers that implement only a part of the API reject the rest. */
const lacksStructuredOutput = (error: LanguageModelError): boolean =>
  (error.status === 400 || error.status === 422) && /response_format|json_schema/i.test(error.reason)

/** Answers with this model. */
export const make = ({ apiKey, model }: { readonly apiKey: Redacted.Redacted; readonly model: string }) =>
  Effect.gen(function*() {
    const config = yield* AppConfig
    const prices = yield* ModelPrices
    const caller: ModelCalls.Caller = {
      provider: "openai",
      baseUrl: config.openai.baseUrl,
      apiKey,
      timeout: config.llmTimeout
    }
    const sdk = new OpenAI({ apiKey: Redacted.value(apiKey), baseURL: caller.baseUrl, ...ModelCalls.sdkOptions })
    const use = <A>(operation: string, f: (sdk: OpenAI, signal: AbortSignal) => Promise<A>) =>
      ModelCalls.call(caller, operation, (signal) => f(sdk, signal))
    const decode = ModelCalls.decodeResponse(caller, "chat", Chat)

    // not as a tool, because reasoning models reject function tools on this API; and not strict, because few schemas
    // satisfy that
    const create = <A, I>({ prompt, purpose, system, ...question }: ModelQuestion<A, I>, isStructured: boolean) => {
      const schema = ModelAnswers.jsonSchema({ prompt, purpose, system, ...question })
      const form = `Answer with one JSON object that fits this JSON Schema, and nothing else:\n${
        JSON.stringify(schema)
      }`
      return use("chat", (sdk, signal) =>
        sdk.chat.completions.create({
          model,
          messages: [{ role: "system", content: `${system}\n\n${form}` }, { role: "user", content: prompt }],
          ...(isStructured
            ? { response_format: { type: "json_schema", json_schema: { name: purpose, schema, strict: false } } }
            : {})
        }, { signal }))
    }

    const complete = <A, I>(
      question: ModelQuestion<A, I>
    ): Effect.Effect<ModelCalls.Completion, LanguageModelError> =>
      create(question, true).pipe(
        Effect.catchIf(lacksStructuredOutput, () => create(question, false)),
        Effect.flatMap(decode),
        Effect.map(completion)
      )

    return LanguageModel.of({
      provider: "openai",
      ask: ModelCalls.ask({ provider: "openai", model, prices, maxOutput: defaultMaxOutput, complete })
    })
  })
