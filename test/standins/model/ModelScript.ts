/**
 * What a model stand-in is asked and what it is told to answer, in words that hold for every dialect of the wire.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

export type ModelDialect = "anthropic" | "openai-chat" | "openai-responses" | "gemini"

/** A call of a tool that a message of the conversation carries. */
export interface ModelToolCall {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** The result of a tool call, as it came back. */
export interface ModelToolResult {
  readonly callId: string
  readonly text: string
  readonly isError: boolean
}

export interface ModelMessage {
  readonly role: "system" | "user" | "assistant" | "tool"
  readonly text: string
  readonly toolCalls: ReadonlyArray<ModelToolCall>
  readonly toolResults: ReadonlyArray<ModelToolResult>
}

export interface ModelTool {
  readonly name: string
  readonly description: string
  readonly schema: unknown
}

/** What a dialect reads from a request body that it admits. */
export interface ModelPrompt {
  readonly model: string
  readonly system: string
  readonly messages: ReadonlyArray<ModelMessage>
  readonly tools: ReadonlyArray<ModelTool>
  readonly stream: boolean
  /** Whether a stream has to say the usage: OpenAI's chat does so only when asked. */
  readonly streamUsage: boolean
}

/** An admitted request: what a script decides upon. */
export interface ModelRequest extends ModelPrompt {
  readonly dialect: ModelDialect
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Counts the admitted requests of this stand-in from 0. */
  readonly index: number
  /** System prompt, messages and tool results, joined by line feeds. */
  readonly text: string
  /** The body as it was sent, parsed. */
  readonly body: unknown
}

/** Tokens of one answer. `input` is without what came from or went to the cache. */
export interface ModelUsage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
}

/** An error of the service, in the envelope of the dialect that was spoken. `retryAfter` is in seconds. */
export class ModelRefusal extends Schema.TaggedError<ModelRefusal>()("ModelRefusal", {
  status: Schema.Number,
  message: Schema.String,
  /** Anthropic's or OpenAI's error type; by default the one that goes with the status. */
  type: Schema.optional(Schema.String),
  code: Schema.optional(Schema.String),
  param: Schema.optional(Schema.String),
  retryAfter: Schema.optional(Schema.Number),
  /** Sent as it is in place of the envelope. */
  body: Schema.optional(Schema.String)
}) {}

/** A tool call to answer with; without an id it gets the next one. */
export interface ModelToolUse {
  readonly name: string
  readonly input: unknown
  readonly id?: string
}

/**
 * How an answer ends. Without streaming, the halves are halves of the JSON text.
 *
 * - `complete`: as it should
 * - `cut`: the connection closes after the first half
 * - `closed`: the first half, then a proper end of the body
 * - `malformed`: the first half, then something that is no JSON
 * - `overloaded`: the first half, then an error event (HTTP 529 or 503 without streaming)
 */
export type ModelEnding = "complete" | "cut" | "closed" | "malformed" | "overloaded"

export type ModelReply = Data.TaggedEnum<{
  Answer: {
    readonly text: string
    readonly toolCalls: ReadonlyArray<ModelToolUse>
    readonly usage: Partial<ModelUsage>
    readonly stop: "natural" | "length"
    /** Runs between the first and the second half of a stream, or before the whole of a JSON answer. */
    readonly midway: Effect.Effect<void>
    readonly ending: ModelEnding
  }
  Refuse: { readonly refusal: ModelRefusal }
  Reset: {}
}>

export type ModelAnswer = Data.TaggedEnum.Value<ModelReply, "Answer">

export const ModelReply = Data.taggedEnum<ModelReply>()

/** What may be said of an answer beside its content. */
export interface AnswerOptions extends Partial<Omit<ModelAnswer, "_tag" | "toolCalls">> {}

/** Answers with tool calls, after the text if there is one. */
export const tools = (toolCalls: ReadonlyArray<ModelToolUse>, options: AnswerOptions = {}): ModelReply =>
  ModelReply.Answer({
    text: "",
    usage: {},
    stop: "natural",
    midway: Effect.void,
    ending: "complete",
    ...options,
    toolCalls
  })

/** Answers with text. */
export const text = (text: string, options: Omit<AnswerOptions, "text"> = {}): ModelReply =>
  tools([], { ...options, text })

/** Answers with a value as JSON text: what a model asked for structured output says. */
export const json = (value: unknown, options: Omit<AnswerOptions, "text"> = {}): ModelReply =>
  text(JSON.stringify(value), options)

/** Answers with an error status. */
export const refuse = (
  status: number,
  options: Partial<Omit<ConstructorParameters<typeof ModelRefusal>[0], "status">> = {}
): ModelReply =>
  ModelReply.Refuse({ refusal: new ModelRefusal({ message: `The script answers ${status}.`, ...options, status }) })

/** Answers 429, to be asked again after so many seconds. */
export const rateLimited = (retryAfter: number): ModelReply =>
  refuse(429, { message: "This request would exceed the rate limit.", retryAfter })

/** Resets the connection in place of an answer. */
export const reset: ModelReply = ModelReply.Reset()

/** Decides on the answer to a request. It may wait for what it likes: a clock, a `Deferred`, for ever. */
export type ModelScript = (request: ModelRequest) => Effect.Effect<ModelReply>

/**
 * Gives the replies one after another; a request beyond the last is refused with a sentence that says so.
 *
 * @example
 * ModelScript.replies([
 *   ModelScript.tools([{ name: "bash", input: { command: "ls" } }]),
 *   Effect.as(Deferred.await(gate), ModelScript.text("Done."))
 * ])
 */
export const replies = (script: ReadonlyArray<ModelReply | Effect.Effect<ModelReply>>): ModelScript => (request) => {
  const reply = script[request.index]
  if (reply === undefined) {
    return Effect.succeed(refuse(400, { message: `The script has no reply to request ${request.index + 1}.` }))
  }
  return Effect.isEffect(reply) ? reply : Effect.succeed(reply)
}

/** All text of a prompt, joined by line feeds. */
export const promptText = (prompt: ModelPrompt): string =>
  [prompt.system, ...prompt.messages.flatMap((message) => [message.text, ...message.toolResults.map((_) => _.text)])]
    .filter((text) => text !== "")
    .join("\n")

/** A rough count, deterministic: four characters are a token. */
export const countTokens = (text: string): number => Math.max(1, Math.ceil(text.length / 4))

/** The usage of an answer; what the script left open is counted. */
export const usageOf = (request: ModelRequest, answer: ModelAnswer): ModelUsage => ({
  input: countTokens(request.text),
  output: countTokens(answer.text + answer.toolCalls.map((call) => call.name + JSON.stringify(call.input)).join("")),
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  ...answer.usage
})

/** Text in the pieces in which a stream brings it; no piece breaks a code point. */
export const pieces = (text: string): ReadonlyArray<string> => text.match(/[\s\S]{1,24}/gu) ?? []

/** The text of a content field: a string, or parts of which some have a `text`. */
export const contentText = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
    ? content.flatMap((part) => Predicate.hasProperty(part, "text") && typeof part.text === "string" ? [part.text] : [])
      .join("\n")
    : ""
