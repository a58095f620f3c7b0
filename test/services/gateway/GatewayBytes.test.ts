/** What goes through the gateway is what comes out of it, byte for byte, however it is cut. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { cut } from "./Cutting.ts"
import { answer, itScoped, realKey, setUp } from "./GatewayKit.ts"

/** An API that keeps the bytes of its last request, and answers with the parts that it is given. */
const api = Effect.gen(function*() {
  const seen: { body: Buffer; parts: ReadonlyArray<Uint8Array>; type: string } = {
    body: Buffer.alloc(0),
    parts: [],
    type: ""
  }
  const server = yield* Effect.acquireRelease(
    Effect.async<Http.Server>((resume) => {
      const server = Http.createServer((request, response) => {
        const came: Array<Buffer> = []
        request.on("data", (part: Buffer) => came.push(part)).on("end", () => {
          seen.body = Buffer.concat(came)
          response.writeHead(200, { "content-type": seen.type })
          const next = (index: number): void => {
            const part = seen.parts[index]
            if (part === undefined) response.end()
            else response.write(part, () => setImmediate(next, index + 1))
          }
          next(0)
        })
      }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  return { seen, url: `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}` }
})

const paths = [
  "/anthropic/v1/messages",
  "/openai/v1/chat/completions",
  "/openai/v1/responses",
  "/google/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
  "/google/v1beta/models/gemini-2.5-pro:countTokens"
]

const world = (remainingUsd?: number) =>
  Effect.gen(function*() {
    const { seen, url } = yield* api
    const provider = { apiKey: Option.some(Redacted.make(realKey)), baseUrl: url }
    const { send } = yield* setUp(answer, {
      ...(remainingUsd === undefined ? {} : { remainingUsd }),
      config: { anthropic: provider, openai: provider, google: provider }
    })
    /** Sends the parts, and gives what arrived at the API and at the client. */
    const exchange = (path: string, parts: ReadonlyArray<Uint8Array>, reply: typeof seen.parts, type: string) =>
      Effect.scoped(Effect.gen(function*() {
        seen.parts = reply
        seen.type = type
        const request = HttpClientRequest.bodyStream(HttpClientRequest.post(path), Stream.fromIterable(parts), {
          contentType: "application/json"
        })
        const response = yield* send(request)
        const back = Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(response.stream)))
        return { status: response.status, there: seen.body, back }
      }))
    return { exchange, seen }
  })

const same = (bytes: Buffer, parts: ReadonlyArray<Uint8Array>, what: string) =>
  assert.isTrue(bytes.equals(Buffer.concat(parts)), what)

/** JSON in the spellings that a parser and a printer would not keep. */
const spelled = FastCheck.tuple(FastCheck.string({ unit: "binary" }), FastCheck.nat(3)).map(([text, spaces]) =>
  ` {"stream" :true,${" ".repeat(spaces)}"n":1.0e0, "stream_options": { "include_usage":true , "x":"\\u0041" },` +
  `"model":"gpt-5","generationConfig":{"maxOutputTokens":1.50e1},"max_tokens":16,"x":${JSON.stringify(text)}}\r\n`
)
const bytes = FastCheck.oneof(
  FastCheck.uint8Array({ maxLength: 2_000 }),
  FastCheck.string({ unit: "binary" }).map((text) => Buffer.from(`data: {"usage":${JSON.stringify(text)}}\r\n\r\n`)),
  spelled.map((text) => Buffer.from(text)),
  FastCheck.constant(Buffer.from("{\"model\":\"gpt-5\",\"stream\":true,\"messages\":[]}"))
)
const cuts = FastCheck.array(FastCheck.nat(2_000), { maxLength: 12 })
const samples = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.sample(arbitrary, { numRuns: 40, seed: 9 })

describe("what passes the gateway", () => {
  itScoped("is the same on both sides, whatever it is, however it is cut", () =>
    Effect.gen(function*() {
      const { exchange } = yield* world()
      const type = FastCheck.constantFrom("text/event-stream", "application/json", "text/event-stream; charset=utf-8")
      const all = samples(
        FastCheck.record({ sent: bytes, back: bytes, cuts, type, path: FastCheck.constantFrom(...paths) })
      )
      for (const { back, cuts, path, sent, type } of all) {
        const request = cut(sent, cuts)
        const reply = cut(back, cuts)
        const came = yield* exchange(path, request, reply, type)
        assert.strictEqual(came.status, 200)
        same(came.there, request, `to ${path}`)
        same(came.back, reply, `from ${path}`)
      }
    }))

  itScoped("is the same where it is large", () =>
    Effect.gen(function*() {
      const { exchange } = yield* world()
      const block = Uint8Array.from({ length: 64 * 1024 + 1 }, (_, n) => (n * 31) % 256)
      const large = Array.from({ length: 48 }, () => block)
      for (const path of paths) {
        const came = yield* exchange(path, large, large, "text/event-stream")
        same(came.there, large, `to ${path}`)
        same(came.back, large, `from ${path}`)
      }
    }))

  itScoped("under a budget is the same, too, where a chat asks for its usage itself", () =>
    Effect.gen(function*() {
      const { exchange } = yield* world(1e6)
      const all = samples(FastCheck.record({ sent: spelled, cuts, path: FastCheck.constantFrom(...paths) }))
      for (const { cuts, path, sent } of all) {
        const request = cut(Buffer.from(sent), cuts)
        const came = yield* exchange(path, request, [], "text/event-stream")
        assert.strictEqual(came.status, 200, came.back.toString())
        same(came.there, request, `to ${path}`)
      }
    }))
})
