/** A response that outlives its request's fiber, and one that does not because something else was answered. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import * as ResponseHandover from "../../src/http/ResponseHandover.ts"

const taken = Effect.sync(() => {
  const started = { times: 0 }
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  ResponseHandover.take(response, () => {
    started.times += 1
  })
  return { response, started }
})

describe("a response that was taken", () => {
  it.effect("goes on where it would have ended, and ends when it is told to again", () =>
    Effect.gen(function*() {
      const { response, started } = yield* taken
      response.writeHead(200).end()
      assert.deepStrictEqual([started.times, response.writableEnded], [1, false])
      response.end()
      assert.deepStrictEqual([started.times, response.writableEnded], [1, true])
    }))

  it.effect("ends with another answer, whole, where there is one", () =>
    Effect.gen(function*() {
      const { response, started } = yield* taken
      const body = "unavailable"
      response.writeHead(503, { "content-length": body.length }).end(body)
      assert.deepStrictEqual([started.times, response.writableEnded], [0, true])
      assert.isTrue(response.writableLength >= body.length)
    }))
})
