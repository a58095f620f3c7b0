/** The Anthropic Messages API: what it refuses, and what it reads. How it answers is in `ModelAnthropicAnswer`. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { anthropicAnswer } from "./ModelAnthropicAnswer.ts"
import type { CountedBody } from "./ModelAnthropicRequest.ts"
import { decodeCount, decodeMessage } from "./ModelAnthropicRequest.ts"
import type { ModelMessage, ModelPrompt, ModelTool } from "./ModelScript.ts"
import { contentText, countTokens, ModelRefusal, promptText } from "./ModelScript.ts"
import { turnFault } from "./ModelTurns.ts"
import type { Headers, Misfit, ModelWire } from "./ModelWire.ts"
import { frame } from "./ModelWire.ts"

const newest = "2026-10-21"

const versions = ["2023-01-01", "2023-06-01", newest]

const invalid = (message: string) => new ModelRefusal({ status: 400, message })

const misfit = ({ detail, kind, path }: Misfit): ModelRefusal =>
  invalid(
    `${path.map(String).join(".")}: ${
      kind === "missing" ? "Field required" : kind === "unknown" ? "Extra inputs are not permitted" : detail
    }`
  )

const readMessage = ({ content, role }: CountedBody["messages"][number]): ModelMessage => {
  const blocks = typeof content === "string" ? [] : content
  return {
    role,
    text: contentText(content),
    toolCalls: blocks.flatMap((block) => block.type === "tool_use" ? [block] : []),
    toolResults: blocks.flatMap((block) =>
      block.type === "tool_result"
        ? [{ callId: block.tool_use_id, text: contentText(block.content), isError: block.is_error === true }]
        : []
    )
  }
}

const readTool = (tool: NonNullable<CountedBody["tools"]>[number]): ModelTool => ({
  name: tool.name ?? "",
  description: "description" in tool ? tool.description ?? "" : "",
  schema: "input_schema" in tool ? tool.input_schema : {}
})

const duplicate = (names: ReadonlyArray<string>) => names.find((name, index) => names.indexOf(name) !== index)

/** What is wrong with a body whose fields are all right each by itself. */
const fault = (body: CountedBody, messages: ReadonlyArray<ModelMessage>, tools: ReadonlyArray<ModelTool>) => {
  if (messages[0]?.role !== "user") {
    return "messages: the first message must have the \"user\" role"
  }
  if (messages.at(-1)?.role === "assistant") {
    return "messages: this model takes no prefilled answer; the conversation must end with a user message"
  }
  if (duplicate(tools.map((tool) => tool.name)) !== undefined) {
    return "tools: Tool names must be unique."
  }
  if (body.tool_choice !== undefined && tools.length === 0) {
    return "tool_choice: may only be given together with tools"
  }
  if (tools.length === 0 && messages.some((message) => message.toolCalls.length + message.toolResults.length > 0)) {
    return "tools: a conversation with tool_use or tool_result blocks must define its tools"
  }
  const breach = turnFault(messages)
  return breach === undefined
    ? undefined
    : `messages.${breach.index}: ${breach.ids.join(", ")}: ${breaches[breach.kind]}`
}

const breaches = {
  uncalled: "a `tool_result` block must answer a `tool_use` block of the previous message",
  twice: "a `tool_use` block takes one `tool_result` block only",
  unanswered: "a `tool_use` block must be answered by a `tool_result` block in the next message"
}

/** What a later version of the API took out. */
const outdated = (body: CountedBody, version: string | undefined): string | undefined => {
  if (version !== newest) {
    return undefined
  }
  const sampling = ["temperature", "top_p", "top_k"].find((name) => name in body)
  if (sampling !== undefined) {
    return `${sampling}: Extra inputs are not permitted`
  }
  const document = body.messages.findIndex(({ content, role }) =>
    role === "assistant" && typeof content !== "string" && content.some((block) => block.type === "document")
  )
  return document < 0 ? undefined : `messages.${document}: a document block goes in a user message only`
}

const prompt = (
  body: CountedBody,
  headers: Headers,
  stream: boolean
): Either.Either<ModelPrompt, ModelRefusal> => {
  const messages = body.messages.map(readMessage)
  const tools = (body.tools ?? []).map(readTool)
  const wrong = outdated(body, headers["anthropic-version"]) ?? fault(body, messages, tools)
  return wrong === undefined
    ? Either.right({ model: body.model, system: contentText(body.system), messages, tools, stream, streamUsage: true })
    : Either.left(invalid(wrong))
}

const errorTypes: Record<number, string> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error"
}

const envelope = ({ message, status, type }: ModelRefusal) => ({
  type: "error",
  error: { type: type ?? errorTypes[status] ?? (status >= 500 ? "api_error" : "invalid_request_error"), message },
  request_id: "req_standin"
})

const overloaded = new ModelRefusal({ status: 529, message: "Overloaded" })

export const anthropic: ModelWire = {
  dialect: "anthropic",
  authenticate: (headers, expectedKey) => {
    const keys = [headers["x-api-key"], /^Bearer\s+(\S+)$/i.exec(headers["authorization"] ?? "")?.[1]]
      .filter((key) => key !== undefined && key !== "")
    if (keys.length === 0) {
      return Either.left(new ModelRefusal({ status: 401, message: "authorization or x-api-key header is required" }))
    }
    if (expectedKey !== undefined && keys.some((key) => key !== expectedKey)) {
      return Either.left(new ModelRefusal({ status: 401, message: "invalid x-api-key" }))
    }
    const version = headers["anthropic-version"]
    return version === undefined
      ? Either.left(invalid("anthropic-version: header is required"))
      : versions.includes(version)
      ? Either.void
      : Either.left(invalid(`anthropic-version: "${version}" is not a valid version`))
  },
  admit: (body, headers) =>
    Effect.suspend(() =>
      decodeMessage(body).pipe(
        Either.mapLeft(misfit),
        Either.flatMap((decoded) => prompt(decoded, headers, decoded.stream === true))
      )
    ),
  answer: (request, answer) => Effect.sync(() => anthropicAnswer(request, answer)),
  refuse: (refusal) => ({ headers: { "request-id": "req_standin" }, body: JSON.stringify(envelope(refusal)) }),
  overloaded: { refusal: overloaded, frame: frame(envelope(overloaded), "error") }
}

/** Answers `POST /v1/messages/count_tokens`. */
export const anthropicTokens = (
  body: unknown,
  headers: Headers
): Either.Either<{ readonly input_tokens: number }, ModelRefusal> =>
  decodeCount(body).pipe(
    Either.mapLeft(misfit),
    Either.flatMap((decoded) => prompt(decoded, headers, false)),
    Either.map((prompt) => ({ input_tokens: countTokens(promptText(prompt)) }))
  )
