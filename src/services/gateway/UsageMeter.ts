/**
 * Counts the tokens of a model's reply while it passes through: JSON or server-sent events, in three dialects, split
 * into chunks anywhere. Only the usage data is kept, so a reply of any size takes the same memory.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Tokens } from "../model/ModelPrice.ts"
import * as Json from "../support/Json.ts"
import { type Interest, type Options, options } from "./JsonInterest.ts"
import { JsonScanner } from "./JsonScanner.ts"

export type Dialect = "anthropic" | "openai-chat" | "openai-responses"

/** The usage data of a reply, or a part of one. Later parts override earlier ones. */
export interface Said {
  readonly model?: string | undefined
  /** Either all kinds of input or none. */
  readonly input?: Omit<Tokens, "output"> | undefined
  readonly output?: number | undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// What the dialects say
// ---------------------------------------------------------------------------------------------------------------------

const model: Interest = { keep: "model" }
const usage: Interest = { keep: "usage" }
const error: Interest = { keep: "error" }

/** The text that a model writes into a stream: text, thinking and tool arguments, without the names around them. */
const written: Interest = { text: true, fields: { id: { text: false }, role: { text: false }, type: { text: false } } }

/** Where a stream's events have their model, usage and text. */
const inEvents: Readonly<Record<Dialect, Options>> = {
  // `message_start` carries the message with a first count; `message_delta` the final counts
  anthropic: options({
    fields: { model, usage, error, delta: written, message: { fields: { model, usage: { keep: "firstUsage" } } } }
  }),
  "openai-chat": options({ fields: { model, usage, error, choices: { items: { fields: { delta: written } } } } }),
  "openai-responses": options({ fields: { error, delta: written, response: { fields: { model, usage, error } } } })
}

/** In a complete reply every string counts as text; that is only needed if it does not report its usage. */
const inDocument = options({ text: true, fields: { model, usage } })

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

const reading = <A, I>(schema: Schema.Schema<A, I>, said: (usage: A) => Said) => {
  const decode = Schema.decodeEither(Json.parse(schema))
  return (json: string): Said => Either.match(decode(json), { onLeft: () => ({}), onRight: said })
}

const readers: Readonly<Record<Dialect, (usage: string) => Said>> = {
  anthropic: reading(AnthropicUsage, anthropic),
  "openai-chat": reading(
    ChatUsage,
    (usage) => openAi(usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details)
  ),
  "openai-responses": reading(
    ResponsesUsage,
    (usage) => openAi(usage.input_tokens, usage.output_tokens, usage.input_tokens_details)
  )
}

const merge = (before: Said, now: Said): Said => ({
  model: now.model ?? before.model,
  input: now.input ?? before.input,
  output: now.output ?? before.output
})

const decodeName = Schema.decodeEither(Schema.parseJson(Schema.String))

const saidBy = (dialect: Dialect, scan: JsonScanner): Said => {
  const read = (name: string): Said => [...scan.kept.values.get(name) ?? []].map(readers[dialect]).reduce(merge, {})
  const names = [...scan.kept.values.get("model") ?? []].flatMap((raw) =>
    Either.match(decodeName(raw), { onLeft: () => [], onRight: (name) => [name] })
  )
  // the first output count is only its start
  return merge({ ...read("firstUsage"), output: undefined }, { ...read("usage"), model: names.at(-1) })
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------

const lineFeed = 0x0a
const dataField = new TextEncoder().encode("data:")

/** Reads a reply. Stateful, like a TextDecoder. */
export class UsageMeter {
  /** The usage data so far, and the number of bytes of text. */
  said: Said = {}
  textBytes = 0
  /** The last error that the stream told, as raw JSON. */
  error: string | undefined
  readonly #dialect: Dialect
  readonly #isEvents: boolean
  #scan: JsonScanner
  /** How much of `data:` the current line has; undefined for other lines. */
  #field: number | undefined = 0

  constructor(dialect: Dialect, contentType: string | undefined) {
    this.#dialect = dialect
    this.#isEvents = contentType?.toLowerCase().startsWith("text/event-stream") === true
    this.#scan = this.#newScan()
  }

  #newScan(): JsonScanner {
    return new JsonScanner(this.#isEvents ? inEvents[this.#dialect] : inDocument)
  }

  /** Reads the next bytes. */
  feed(bytes: Uint8Array): this {
    if (!this.#isEvents) {
      this.#scan.feed(bytes)
      this.textBytes = this.#scan.textBytes
      return this
    }
    let at = 0
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, at)) {
      this.#inLine(bytes.subarray(at, end))
      this.#endLine()
      at = end + 1
    }
    this.#inLine(bytes.subarray(at))
    return this
  }

  /** Ends the reply, complete or not: reads the last line or the document. */
  end(): this {
    this.#endLine()
    return this
  }

  /** Reads inside a line: the APIs write an event's data as one line. */
  #inLine(bytes: Uint8Array) {
    let at = 0
    while (this.#field !== undefined && this.#field < dataField.length && at < bytes.length) {
      this.#field = bytes[at] === dataField[this.#field] ? this.#field + 1 : undefined
      at++
    }
    if (this.#field === dataField.length) this.#scan.feed(bytes.subarray(at))
  }

  /** Ends a line. If it was cut off, what arrived completely still counts. */
  #endLine() {
    const scan = this.#scan.end()
    this.textBytes = this.#isEvents ? this.textBytes + scan.textBytes : scan.textBytes
    this.said = merge(this.said, saidBy(this.#dialect, scan))
    if (this.#isEvents) this.error = [...scan.kept.values.get("error") ?? []].at(-1) ?? this.error
    this.#scan = this.#newScan()
    this.#field = 0
  }
}
