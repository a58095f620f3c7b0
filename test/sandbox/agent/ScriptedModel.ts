import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"
import type { ListenOptions } from "node:net"

export type DialectName = "anthropic" | "openai"

export interface ScriptedCall {
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** What the API does with one request: a reply of the model, a refusal, or a connection that breaks. */
export type Scripted =
  | { readonly text?: string; readonly calls?: ReadonlyArray<ScriptedCall>; readonly cut?: boolean }
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | "disconnect"

const Request = Schema.Struct({
  messages: Schema.Array(Schema.Unknown),
  tool_choice: Schema.Unknown
})

/** A request as the API saw it. */
export interface Recorded {
  readonly url: string
  readonly headers: Record<string, string | undefined>
  readonly body: typeof Request.Type
}

type ModelReply = Exclude<Scripted, "disconnect" | { readonly status: number }>

const anthropicReply = ({ calls = [], cut = false, text }: ModelReply) => ({
  type: "message",
  role: "assistant",
  content: [
    { type: "from_the_future", payload: 7 },
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...calls.map((call) => ({ type: "tool_use", ...call }))
  ],
  stop_reason: cut ? "max_tokens" : calls.length > 0 ? "tool_use" : "end_turn",
  usage: { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: null, output_tokens: 5 }
})

const openAiReply = ({ calls = [], cut = false, text }: ModelReply) => ({
  object: "chat.completion",
  choices: [{
    index: 0,
    message: {
      role: "assistant",
      content: text ?? null,
      from_the_future: 7,
      ...(calls.length === 0 ? {} : {
        tool_calls: calls.map(({ id, input, name }) => ({
          id,
          type: "function",
          function: { name, arguments: typeof input === "string" ? input : JSON.stringify(input) }
        }))
      })
    },
    finish_reason: cut ? "length" : calls.length > 0 ? "tool_calls" : "stop"
  }],
  usage: { prompt_tokens: 100, completion_tokens: 5 }
})

const replies = { anthropic: anthropicReply, openai: openAiReply }

/**
 * Serves one of the model APIs from a script, a line of it for each request, until the scope closes. A request beyond
 * the script is refused.
 */
export const serve = Effect.fn("ScriptedModel.serve")(function*(
  dialect: DialectName,
  script: ReadonlyArray<Scripted>,
  listen: ListenOptions = { port: 0, host: "127.0.0.1" }
) {
  const recorded = yield* Ref.make<ReadonlyArray<Recorded>>([])

  const app = Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* HttpServerRequest.schemaBodyJson(Request)
    const before = yield* Ref.getAndUpdate(
      recorded,
      (all) => [...all, { url: request.url, headers: request.headers, body }]
    )
    const scripted = script[before.length] ?? { status: 404, body: { error: { message: "the script is over" } } }
    if (scripted === "disconnect") {
      NodeHttpServerRequest.toIncomingMessage(request).socket.destroy()
      return yield* Effect.never
    }
    return "status" in scripted
      ? yield* HttpServerResponse.json(scripted.body, { status: scripted.status, headers: scripted.headers })
      : yield* HttpServerResponse.json(replies[dialect](scripted))
  })

  const server = yield* NodeHttpServer.make(() => createServer(), listen)
  yield* HttpServer.serveEffect(app).pipe(Effect.provideService(HttpServer.HttpServer, server))
  const baseUrl = server.address._tag === "TcpAddress" ? `http://127.0.0.1:${server.address.port}` : ""
  return { baseUrl, requests: Ref.get(recorded) }
})
