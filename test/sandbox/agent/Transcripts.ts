/** Conversations of any shape, and what the APIs demand of the messages that are made of them. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { anthropicDialect } from "../../../sandbox/agent/AnthropicDialect.ts"
import type { Dialect } from "../../../sandbox/agent/Dialect.ts"
import { openAiDialect } from "../../../sandbox/agent/OpenAiDialect.ts"
import { type Reply, type Transcript, Turn } from "../../../sandbox/agent/Transcript.ts"

export const dialects: ReadonlyArray<Dialect> = [anthropicDialect, openAiDialect]

const words = FastCheck.integer({ min: 0, max: 3_000 }).map((length) => "x".repeat(length))

/** A reply as the API of the dialect would have sent it. */
export const replyOf = (dialect: Dialect, text: string, ids: ReadonlyArray<string>): Reply => {
  const calls = ids.map((id) => ({ id, name: "shell", input: { command: "true" } }))
  return { raw: dialect.raw(text, calls), text, calls, stop: "end", usage: { inputTokens: 0, outputTokens: 0 } }
}

/** A step: a reply with its results, or one without calls and the next prompt. Ids are the same in every step, as some APIs have them. */
const step = (dialect: Dialect) =>
  FastCheck.tuple(words, FastCheck.array(words, { maxLength: 3 }), FastCheck.boolean()).map(
    ([text, outputs, isPrompt]): Transcript => {
      const results = outputs.map((output, index) => ({ callId: `call-${index}`, text: output, failed: false }))
      return [
        Turn.Model({ reply: replyOf(dialect, text, results.map(({ callId }) => callId)) }),
        results.length === 0
          ? Turn.User({ text: "go on", ...(isPrompt ? { isPrompt } : {}) })
          : Turn.Tools({ results })
      ]
    }
  )

/** A conversation in which every call has a result. */
export const settledOf = (dialect: Dialect) =>
  FastCheck.array(step(dialect), { maxLength: 30 }).map((steps): Transcript => [
    Turn.User({ text: "the task", isPrompt: true }),
    ...steps.flat()
  ])

/** Turns in any order, some of them missing: what a crash, or anybody, may have made of a file. */
export const anyOf = (dialect: Dialect) =>
  FastCheck.tuple(settledOf(dialect), FastCheck.array(FastCheck.nat(100), { maxLength: 8 })).map(
    ([transcript, gone]): Transcript => transcript.filter((_, index) => !gone.includes(index))
  )

export const limits = FastCheck.tuple(
  FastCheck.integer({ min: 0, max: 60_000 }),
  FastCheck.integer({ min: 0, max: 60_000 })
).map(([a, b]) => ({ limit: Math.max(a, b), target: Math.min(a, b) }))

const Block = Schema.Struct({
  type: Schema.String,
  id: Schema.optional(Schema.String),
  tool_use_id: Schema.optional(Schema.String)
})
const Message = Schema.Struct({
  role: Schema.String,
  content: Schema.optional(Schema.NullOr(Schema.Union(Schema.String, Schema.Array(Block)))),
  tool_calls: Schema.optional(Schema.Array(Schema.Struct({ id: Schema.String }))),
  tool_call_id: Schema.optional(Schema.String)
})
const decode = Schema.decodeUnknownSync(Schema.Struct({ messages: Schema.Array(Message) }))

type Messages = Array<typeof Message.Type>

const blocksOf = (message: typeof Message.Type | undefined) =>
  Array.isArray(message?.content) ? [...message.content] : []

/** Roles alternate, nothing is empty, and the results of all calls come first in the message after them. */
const checkAnthropic = (messages: Messages) =>
  messages.forEach((message, index) => {
    assert.strictEqual(message.role, index % 2 === 0 ? "user" : "assistant")
    assert.isAbove(blocksOf(message).length, 0)
    const asked = blocksOf(messages[index - 1]).flatMap(({ id, type }) => type === "tool_use" ? [id] : [])
    const answered = blocksOf(message).flatMap(({ tool_use_id, type }) => type === "tool_result" ? [tool_use_id] : [])
    assert.deepStrictEqual(answered, asked)
    assert.isTrue(
      blocksOf(message).slice(0, answered.length).every(({ type }) => type === "tool_result") || asked.length === 0
    )
  })

/** The results of all calls follow them directly, and a message of the model says or calls something. */
const checkOpenAi = (messages: Messages) =>
  messages.forEach((message, index) => {
    const asked = message.tool_calls?.map(({ id }) => id) ?? []
    const answered = messages.slice(index + 1, index + 1 + asked.length).map(({ tool_call_id }) => tool_call_id)
    assert.deepStrictEqual(answered, asked)
    if (message.role === "tool") {
      const asker = messages.slice(0, index).findLast(({ role }) => role !== "tool")
      assert.include(asker?.tool_calls?.map(({ id }) => id) ?? [], message.tool_call_id)
    }
    if (message.role === "assistant" && asked.length === 0) assert.isAbove(String(message.content ?? "").length, 0)
  })

/** The conversation as a request that the API takes. */
export const checkValid = (dialect: Dialect, transcript: Transcript): void => {
  const request = dialect.encode("model-1", {
    system: "s",
    tools: [],
    transcript,
    toolUse: "auto",
    onRetry: () => Effect.void
  })
  const { messages } = decode(request)
  if (dialect.name === "anthropic") checkAnthropic([...messages])
  else checkOpenAi([...messages])
}
