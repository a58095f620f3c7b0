/** Where each dialect of the models' APIs says the model, the usage and the text of a reply. Pure. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Tokens } from "../model/ModelPrice.ts"
import * as Json from "../support/Json.ts"
import { type Interest, type Options, options } from "./JsonInterest.ts"

export type Dialect = "anthropic" | "openai-chat" | "openai-responses" | "gemini"

/** The usage data of a reply, or a part of one. Later parts override earlier ones. */
export interface Said {
  readonly model?: string | undefined
  /** Either all kinds of input or none. */
  readonly input?: Omit<Tokens, "output"> | undefined
  readonly output?: number | undefined
}

const model: Interest = { keep: "model" }
const usage: Interest = { keep: "usage" }
const error: Interest = { keep: "error" }

/**
 * Gemini says the usage so far again and again; a stream is events, or one array of the same objects. Of the text, a
 * signature of a thought is not written.
 */
const gemini: Readonly<Record<string, Interest>> = {
  modelversion: { keep: "model", isLast: true },
  usagemetadata: { keep: "usage", isLast: true },
  error
}

/** The text that a model writes into a stream: text, thinking and tool arguments, without the names around them. */
const written: Interest = { text: true, fields: { id: { text: false }, role: { text: false }, type: { text: false } } }

/** Where a stream's events have their model, usage and text. */
export const inEvents: Readonly<Record<Dialect, Options>> = {
  // `message_start` carries the message with a first count; `message_delta` the final counts
  anthropic: options({
    fields: { model, usage, error, delta: written, message: { fields: { model, usage: { keep: "firstUsage" } } } }
  }),
  "openai-chat": options({ fields: { model, usage, error, choices: { items: { fields: { delta: written } } } } }),
  "openai-responses": options({ fields: { error, delta: written, response: { fields: { model, usage, error } } } }),
  gemini: options({
    fields: {
      ...gemini,
      candidates: {
        items: {
          fields: {
            content: { fields: { parts: { text: true, items: { fields: { thoughtsignature: { text: false } } } } } }
          }
        }
      }
    }
  })
}

/** In a complete reply every string counts as text; that is only needed if it does not report its usage. */
const ofOthers = options({ text: true, fields: { model, usage } })
export const inDocument: Readonly<Record<Dialect, Options>> = {
  anthropic: ofOthers,
  "openai-chat": ofOthers,
  "openai-responses": ofOthers,
  gemini: options({ text: true, fields: gemini, items: { text: true, fields: gemini } })
}

const Count = Schema.optional(Schema.NullOr(Schema.NonNegativeInt))
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const AnthropicUsage = Schema.Struct({
  input_tokens: Count,
  output_tokens: Count,
  cache_read_input_tokens: Count,
  cache_creation_input_tokens: Count,
  cache_creation: maybe(Schema.Struct({ ephemeral_1h_input_tokens: Count }))
})

const Details = Schema.Struct({ cached_tokens: Count, cache_write_tokens: Count })
const ChatUsage = Schema.Struct({
  prompt_tokens: Count,
  completion_tokens: Count,
  prompt_tokens_details: maybe(Details)
})
const ResponsesUsage = Schema.Struct({
  input_tokens: Count,
  output_tokens: Count,
  input_tokens_details: maybe(Details)
})

const GeminiUsage = Schema.Struct({
  promptTokenCount: Count,
  cachedContentTokenCount: Count,
  toolUsePromptTokenCount: Count,
  candidatesTokenCount: Count,
  thoughtsTokenCount: Count
})

const anthropic = (usage: typeof AnthropicUsage.Type): Said => {
  const hour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0
  return {
    input: usage.input_tokens == null ? undefined : {
      input: usage.input_tokens,
      cacheRead: usage.cache_read_input_tokens ?? 0,
      cacheWrite: Math.max(0, (usage.cache_creation_input_tokens ?? 0) - hour),
      cacheWriteHour: hour
    },
    output: usage.output_tokens ?? undefined
  }
}

/** OpenAI counts cached input as input, too. */
const openAi = (
  input: number | null | undefined,
  output: number | null | undefined,
  details: typeof Details.Type | null | undefined
): Said => {
  const cacheRead = details?.cached_tokens ?? 0
  const cacheWrite = details?.cache_write_tokens ?? 0
  return {
    input: input == null
      ? undefined
      : { input: Math.max(0, input - cacheRead - cacheWrite), cacheRead, cacheWrite, cacheWriteHour: 0 },
    output: output ?? undefined
  }
}

/** Gemini counts cached input as input, too, and thoughts apart from the answer. What is not there is none. */
const ofGemini = (usage: typeof GeminiUsage.Type): Said => {
  const cacheRead = usage.cachedContentTokenCount ?? 0
  const { candidatesTokenCount: written, promptTokenCount: prompt, thoughtsTokenCount: thought } = usage
  return {
    input: prompt == null ? undefined : {
      input: Math.max(0, prompt - cacheRead) + (usage.toolUsePromptTokenCount ?? 0),
      cacheRead,
      cacheWrite: 0,
      cacheWriteHour: 0
    },
    output: written == null && thought == null ? undefined : (written ?? 0) + (thought ?? 0)
  }
}

const reading = <A, I>(schema: Schema.Schema<A, I>, said: (usage: A) => Said) => {
  const decode = Schema.decodeEither(Json.parse(schema))
  return (json: string): Said => Either.match(decode(json), { onLeft: () => ({}), onRight: said })
}

export const readers: Readonly<Record<Dialect, (usage: string) => Said>> = {
  anthropic: reading(AnthropicUsage, anthropic),
  "openai-chat": reading(
    ChatUsage,
    (usage) => openAi(usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details)
  ),
  "openai-responses": reading(
    ResponsesUsage,
    (usage) => openAi(usage.input_tokens, usage.output_tokens, usage.input_tokens_details)
  ),
  gemini: reading(GeminiUsage, ofGemini)
}
