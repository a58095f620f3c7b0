/** How the Anthropic Messages API answers: a message in one piece, or the events it is streamed in. */
import type { ModelAnswer, ModelRequest } from "./ModelScript.ts"
import { pieces, usageOf } from "./ModelScript.ts"
import type { Rendered } from "./ModelWire.ts"
import { frame } from "./ModelWire.ts"

const block = (index: number, empty: unknown, deltas: ReadonlyArray<unknown>) => [
  { type: "content_block_start", index, content_block: empty },
  ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
  { type: "content_block_stop", index }
]

/** Renders an answer. Ids are made of the request's index, so that they are the same in every run. */
export const anthropicAnswer = (request: ModelRequest, answer: ModelAnswer): Rendered => {
  const tokens = usageOf(request, answer)
  const usage = {
    input_tokens: tokens.input,
    cache_creation_input_tokens: tokens.cacheWrite,
    cache_read_input_tokens: tokens.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: tokens.cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: tokens.output,
    service_tier: "standard"
  }
  const texts = answer.text === "" ? [] : [answer.text]
  const calls = answer.toolCalls.map((call, index) => ({
    type: "tool_use",
    id: call.id ?? `toolu_standin_${request.index + 1}_${index + 1}`,
    name: call.name,
    input: call.input
  }))
  const stop = {
    stop_reason: answer.stop === "length" ? "max_tokens" : calls.length > 0 ? "tool_use" : "end_turn",
    stop_sequence: null
  }
  const message = {
    id: `msg_standin_${request.index + 1}`,
    type: "message",
    role: "assistant",
    model: request.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 }
  }
  const events = [
    { type: "message_start", message },
    { type: "ping" },
    ...texts.flatMap((text, index) =>
      block(index, { type: "text", text: "" }, pieces(text).map((text) => ({ type: "text_delta", text })))
    ),
    ...calls.flatMap((call, index) =>
      block(
        texts.length + index,
        { ...call, input: {} },
        ["", ...pieces(JSON.stringify(call.input))].map((json) => ({ type: "input_json_delta", partial_json: json }))
      )
    ),
    { type: "message_delta", delta: stop, usage },
    { type: "message_stop" }
  ]
  return {
    json: JSON.stringify({
      ...message,
      ...stop,
      content: [...texts.map((text) => ({ type: "text", text })), ...calls],
      usage
    }),
    frames: events.map((event) => frame(event, event.type))
  }
}
