// A model that follows a script, behind the Anthropic Messages API: it plans, makes one edit as the built-in agent's model,
// and approves in the review, or in each second one. Counts how long it took itself.

import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"

const plan = {
  title: "Change the second line",
  summary: "The second line of notes.txt becomes TWO.",
  steps: ["Replace the line in notes.txt"],
  verification: ["Look at the file"],
  risks: []
}

const approval = { verdict: "approve", summary: "Does what was asked.", findings: [] }

const objection = {
  verdict: "request_changes",
  summary: "One more line, please.",
  findings: [{ file: "notes.txt", line: 4, comment: "A line is missing after this one." }]
}

const edit = { action: "replace", path: "notes.txt", old: "two\n", new: "TWO\n" }

/** The file's content after the scripted edit. */
export const edited = "one\nTWO\nthree\n"

const isOfAgent = ({ tools = [] }) => tools.some(({ name }) => name === "edit")

const isOfReview = (request, text) => !isOfAgent(request) && text.includes("diff --git")

/** The content blocks that a request is answered with. */
const answer = (request, text, review) => {
  if (isOfAgent(request)) {
    const hasEdited = request.messages.some(({ role }) => role === "assistant")
    return hasEdited
      ? [{ type: "text", text: "The second line is TWO now." }]
      : [{ type: "tool_use", id: "toolu_1", name: "edit", input: edit }]
  }
  const value = isOfReview(request, text) ? review : plan
  const tool = request.tools?.[0]
  return tool === undefined
    ? [{ type: "text", text: JSON.stringify(value) }]
    : [{ type: "tool_use", id: "toolu_1", name: tool.name, input: value }]
}

const deltaOf = (block) =>
  block.type === "text"
    ? { type: "text_delta", text: block.text }
    : { type: "input_json_delta", partial_json: JSON.stringify(block.input) }

const emptied = (block) => block.type === "text" ? { ...block, text: "" } : { ...block, input: {} }

const streamed = (message) => {
  const { content, stop_reason, usage } = message
  return [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    ...content.flatMap((block, index) => [
      { type: "content_block_start", index, content_block: emptied(block) },
      { type: "content_block_delta", index, delta: deltaOf(block) },
      { type: "content_block_stop", index }
    ]),
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
    { type: "message_stop" }
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
}

const respond = (request, text, index, review) => {
  const content = answer(request, text, review)
  return {
    id: `msg_${index}`,
    type: "message",
    role: "assistant",
    model: request.model,
    content,
    stop_reason: content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: { input_tokens: Math.ceil(text.length / 4), output_tokens: 50 }
  }
}

/**
 * Starts the model. `settings` is what the program needs to use it. With `objects`, it approves only each second review; a review
 * takes it so many milliseconds.
 */
export const startModel = async ({ objects = false, reviewMillis = 0 } = {}) => {
  const spent = { millis: 0, calls: 0 }
  let reviews = 0
  const server = createServer((request, response) => {
    const chunks = []
    request.on("data", (chunk) => chunks.push(chunk))
    request.on("end", async () => {
      const startedAt = performance.now()
      const text = Buffer.concat(chunks).toString("utf8")
      const body = JSON.parse(text)
      const isReview = isOfReview(body, text)
      if (isReview) reviews += 1
      const message = respond(body, text, ++spent.calls, objects && reviews % 2 === 1 ? objection : approval)
      if (isReview && reviewMillis > 0) await sleep(reviewMillis)
      response.on("finish", () => (spent.millis += performance.now() - startedAt))
      response.writeHead(200, { "content-type": body.stream === true ? "text/event-stream" : "application/json" })
      response.end(body.stream === true ? streamed(message) : JSON.stringify(message))
    })
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    spent,
    settings: {
      ANTHROPIC_API_KEY: "bench-key",
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${server.address().port}`
    },
    stop: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
