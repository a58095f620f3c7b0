/** How OpenAI's Responses API answers: a response in one piece, or the events it is streamed in. */
import type { ModelAnswer, ModelRequest, ModelToolCall } from "./ModelScript.ts"
import { pieces, usageOf } from "./ModelScript.ts"
import type { Rendered } from "./ModelWire.ts"
import { frame } from "./ModelWire.ts"

/** The id of the response to a request. */
export const responsesId = (request: ModelRequest): string => `resp_standin${request.index + 1}`

/** The tool calls of an answer, each with its id. */
export const responsesCalls = (request: ModelRequest, answer: ModelAnswer): ReadonlyArray<ModelToolCall> =>
  answer.toolCalls.map((call, index) => ({
    id: call.id ?? `call_standin_${request.index + 1}_${index + 1}`,
    name: call.name,
    input: call.input
  }))

const usage = (request: ModelRequest, answer: ModelAnswer) => {
  const tokens = usageOf(request, answer)
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: tokens.cacheRead, cache_write_tokens: tokens.cacheWrite },
    output_tokens: tokens.output,
    output_tokens_details: { reasoning_tokens: tokens.reasoning },
    total_tokens: input + tokens.output
  }
}

/** An output item: as it is when done, and the events that bring it to its place in the output. */
interface Item {
  readonly finished: unknown
  readonly events: (outputIndex: number) => ReadonlyArray<{ readonly type: string; readonly [field: string]: unknown }>
}

const message = (id: string, text: string): Item => {
  const part = { type: "output_text", text: "", annotations: [], logprobs: [] }
  const item = { type: "message", id, role: "assistant", status: "in_progress", content: [] }
  const finished = { ...item, status: "completed", content: [{ ...part, text }] }
  const events = (output_index: number) => {
    const at = { item_id: id, output_index, content_index: 0 }
    return [
      { type: "response.output_item.added", output_index, item },
      { type: "response.content_part.added", ...at, part },
      ...pieces(text).map((delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [] })),
      { type: "response.output_text.done", ...at, text, logprobs: [] },
      { type: "response.content_part.done", ...at, part: { ...part, text } },
      { type: "response.output_item.done", output_index, item: finished }
    ]
  }
  return { finished, events }
}

const functionCall = (id: string, call: ModelToolCall): Item => {
  const text = JSON.stringify(call.input)
  const item = { type: "function_call", id, call_id: call.id, name: call.name, arguments: "", status: "in_progress" }
  const finished = { ...item, arguments: text, status: "completed" }
  const events = (output_index: number) => {
    const at = { item_id: id, output_index }
    return [
      { type: "response.output_item.added", output_index, item },
      ...pieces(text).map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
      { type: "response.function_call_arguments.done", ...at, name: call.name, arguments: text },
      { type: "response.output_item.done", output_index, item: finished }
    ]
  }
  return { finished, events }
}

/** Renders an answer. `created` is in seconds since 1970. */
export const responsesAnswer = (request: ModelRequest, answer: ModelAnswer, created: number): Rendered => {
  const turn = request.index + 1
  const items = [
    ...(answer.text === "" ? [] : [message(`msg_standin${turn}`, answer.text)]),
    ...responsesCalls(request, answer).map((call, index) => functionCall(`fc_standin_${turn}_${index + 1}`, call))
  ]
  const opened = {
    id: responsesId(request),
    object: "response",
    created_at: created,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: request.system === "" ? null : request.system,
    metadata: {},
    model: request.model,
    output: [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage: null
  }
  const short = answer.stop === "length"
  const finished = {
    ...opened,
    status: short ? "incomplete" : "completed",
    incomplete_details: short ? { reason: "max_output_tokens" } : null,
    output: items.map((item) => item.finished),
    usage: usage(request, answer)
  }
  const events = [
    { type: "response.created", response: opened },
    { type: "response.in_progress", response: opened },
    ...items.flatMap((item, index) => item.events(index)),
    { type: short ? "response.incomplete" : "response.completed", response: finished }
  ]
  return {
    json: JSON.stringify(finished),
    frames: events.map((event, index) => frame({ ...event, sequence_number: index }, event.type))
  }
}
