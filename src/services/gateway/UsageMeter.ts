/**
 * Counts the tokens of a model's reply while it passes: JSON or server-sent events, in three dialects, cut into chunks
 * anywhere. Pure; what it keeps of a stream is the line it is in.
 */
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Tokens } from "../model/ModelPrices.ts"

export type Dialect = "anthropic" | "openai-chat" | "openai-responses"

/** What a reply, or a part of one, says of itself. A later part replaces what an earlier one said. */
interface Said {
  readonly model?: string | undefined
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
}

export interface Meter {
  readonly dialect: Dialect
  readonly format: "json" | "events"
  /** The bytes that are not read yet: of the whole document, or of the line. */
  readonly pending: Chunk.Chunk<Uint8Array>
  readonly pendingSize: number
  readonly said: Said
}

/** Of a JSON reply, or of one line of a stream. What is larger is passed on and not counted. */
const largest = 32 * 1024 * 1024

/** A meter for a reply of that content type. */
export const start = (dialect: Dialect, contentType: string | undefined): Meter => ({
  dialect,
  format: contentType?.toLowerCase().startsWith("text/event-stream") === true ? "events" : "json",
  pending: Chunk.empty(),
  pendingSize: 0,
  said: {}
})

// ---------------------------------------------------------------------------------------------------------------------
// What the dialects say
// ---------------------------------------------------------------------------------------------------------------------

const Count = Schema.optional(Schema.NullOr(Schema.NonNegativeInt))
const Name = Schema.optional(Schema.NullOr(Schema.String))
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const AnthropicMessage = Schema.Struct({
  model: Name,
  usage: maybe(Schema.Struct({
    input_tokens: Count,
    output_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count
  }))
})

/** `message_start` carries the message; `message_delta` the running totals, of output always, of input sometimes. */
const AnthropicReply = Schema.Struct({ ...AnthropicMessage.fields, message: maybe(AnthropicMessage) })

const ChatReply = Schema.Struct({
  model: Name,
  usage: maybe(Schema.Struct({
    prompt_tokens: Count,
    completion_tokens: Count,
    prompt_tokens_details: maybe(Schema.Struct({ cached_tokens: Count, cache_write_tokens: Count }))
  }))
})

const Response = Schema.Struct({
  model: Name,
  usage: maybe(Schema.Struct({
    input_tokens: Count,
    output_tokens: Count,
    input_tokens_details: maybe(Schema.Struct({ cached_tokens: Count, cache_write_tokens: Count }))
  }))
})

/** Events carry the response; its usage comes with the last one. */
const ResponsesReply = Schema.Struct({ ...Response.fields, response: maybe(Response) })

const anthropic = ({ message, model, usage = message?.usage }: typeof AnthropicReply.Type): Said => ({
  model: message?.model ?? model ?? undefined,
  input: usage?.input_tokens ?? undefined,
  output: usage?.output_tokens ?? undefined,
  cacheRead: usage?.cache_read_input_tokens ?? undefined,
  cacheWrite: usage?.cache_creation_input_tokens ?? undefined
})

/** OpenAI counts what came from the cache as input, too. */
const openAi = (
  model: string | null | undefined,
  input: number | null | undefined,
  output: number | null | undefined,
  details: {
    readonly cached_tokens?: number | null | undefined
    readonly cache_write_tokens?: number | null | undefined
  }
): Said => {
  const cacheRead = details.cached_tokens ?? 0
  const cacheWrite = details.cache_write_tokens ?? 0
  return {
    model: model ?? undefined,
    ...(input == null ? {} : { input: Math.max(0, input - cacheRead - cacheWrite), cacheRead, cacheWrite }),
    output: output ?? undefined
  }
}

const chat = ({ model, usage }: typeof ChatReply.Type): Said =>
  openAi(model, usage?.prompt_tokens, usage?.completion_tokens, usage?.prompt_tokens_details ?? {})

const responses = ({ response, model = response?.model, usage = response?.usage }: typeof ResponsesReply.Type): Said =>
  openAi(model, usage?.input_tokens, usage?.output_tokens, usage?.input_tokens_details ?? {})

const reading = <A, I>(schema: Schema.Schema<A, I>, said: (reply: A) => Said) => {
  const decode = Schema.decodeEither(Schema.parseJson(schema))
  return (json: string): Said => Either.match(decode(json), { onLeft: () => ({}), onRight: said })
}

const readers: Readonly<Record<Dialect, (json: string) => Said>> = {
  anthropic: reading(AnthropicReply, anthropic),
  "openai-chat": reading(ChatReply, chat),
  "openai-responses": reading(ResponsesReply, responses)
}

const merge = (before: Said, now: Said): Said => ({
  model: now.model ?? before.model,
  input: now.input ?? before.input,
  output: now.output ?? before.output,
  cacheRead: now.cacheRead ?? before.cacheRead,
  cacheWrite: now.cacheWrite ?? before.cacheWrite
})

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------

const lineFeed = 0x0a

const textOf = (parts: Chunk.Chunk<Uint8Array>): string => {
  const decoder = new TextDecoder()
  return Chunk.join(Chunk.map(parts, (part) => decoder.decode(part, { stream: true })), "") + decoder.decode()
}

/** The three APIs write an event's data as one line. Most events hold neither usage nor a model, and are not parsed. */
const readLine = (meter: Meter, line: string): Meter => {
  const isTelling = line.startsWith("data:") && (line.includes("\"usage\"") || line.includes("\"model\""))
  return isTelling ? { ...meter, said: merge(meter.said, readers[meter.dialect](line.slice("data:".length))) } : meter
}

const keep = (meter: Meter, bytes: Uint8Array): Meter => {
  const pendingSize = meter.pendingSize + bytes.length
  return bytes.length === 0 ? meter : {
    ...meter,
    pendingSize,
    pending: pendingSize > largest ? Chunk.empty() : Chunk.append(meter.pending, bytes)
  }
}

const endLine = (meter: Meter): Meter =>
  readLine({ ...meter, pending: Chunk.empty(), pendingSize: 0 }, textOf(meter.pending))

/** The meter after the next bytes of the reply. */
export const feed = (before: Meter, bytes: Uint8Array): Meter => {
  if (before.format === "json") return keep(before, bytes)
  let meter = before
  let at = 0
  for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, at)) {
    meter = endLine(keep(meter, bytes.subarray(at, end)))
    at = end + 1
  }
  return keep(meter, bytes.subarray(at))
}

/** The whole reply's model and tokens; what it did not say is "unknown" and 0. */
export const finish = (meter: Meter): { readonly model: string; readonly tokens: Tokens } => {
  const { said } = meter.format === "events"
    ? endLine(meter)
    : { said: merge(meter.said, readers[meter.dialect](textOf(meter.pending))) }
  return {
    model: said.model ?? "unknown",
    tokens: {
      input: said.input ?? 0,
      output: said.output ?? 0,
      cacheRead: said.cacheRead ?? 0,
      cacheWrite: said.cacheWrite ?? 0
    }
  }
}
