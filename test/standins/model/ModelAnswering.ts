/** Puts a rendered answer on the wire, whole or as a stream, and ends it well or ill as the script wants it. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { cut } from "../../support/Loopback.ts"
import type { ModelAnswer, ModelRefusal, ModelRequest } from "./ModelScript.ts"
import type { ModelWire, Rendered } from "./ModelWire.ts"

/** How the sending of an answer ended. */
export type Sent = "answered" | "failed" | "aborted"

/** Everything the sending of one answer needs. */
export interface Sending {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly wire: ModelWire
  readonly call: ModelRequest
  readonly answer: ModelAnswer
  /** Notes the end of the exchange. The first note counts. */
  readonly settle: (sent: Sent) => Effect.Effect<void>
}

const headersOf = (call: ModelRequest) => ({
  "request-id": `req_standin_${call.index + 1}`,
  "x-request-id": `req_standin_${call.index + 1}`
})

/** A frame whose data breaks off. */
const maim = (frame: string): string => `${frame.slice(0, Math.ceil(frame.length / 2))}\n\n`

/** The second half of a stream. */
const secondHalf = ({ answer, request, settle, wire }: Sending, frames: ReadonlyArray<string>) => {
  switch (answer.ending) {
    case "complete":
      return Stream.concat(Stream.fromIterable(frames), Stream.execute(settle("answered")))
    case "cut":
      return Stream.execute(Effect.zipRight(settle("failed"), cut(request)))
    case "closed":
      return Stream.execute(settle("failed"))
    case "malformed":
      return Stream.concat(Stream.fromIterable(frames.slice(0, 1).map(maim)), Stream.execute(settle("failed")))
    case "overloaded":
      return Stream.concat(Stream.make(wire.overloaded.frame), Stream.execute(settle("failed")))
  }
}

const streamed = (sending: Sending, { frames }: Rendered) => {
  const half = Math.ceil(frames.length / 2)
  const body = Stream.fromIterable(frames.slice(0, half)).pipe(
    Stream.concat(Stream.execute(sending.answer.midway)),
    Stream.concat(secondHalf(sending, frames.slice(half))),
    Stream.ensuring(sending.settle("aborted")),
    Stream.encodeText
  )
  return HttpServerResponse.stream(body, {
    contentType: "text/event-stream; charset=utf-8",
    headers: { ...headersOf(sending.call), "cache-control": "no-cache" }
  })
}

const whole = Effect.fnUntraced(function*(sending: Sending, { json }: Rendered) {
  const { answer, call, request, settle, wire } = sending
  const headers = headersOf(call)
  const half = json.slice(0, Math.ceil(json.length / 2))
  const contentType = "application/json"
  yield* answer.midway
  switch (answer.ending) {
    case "complete":
      yield* settle("answered")
      return HttpServerResponse.text(json, { contentType, headers })
    case "cut": {
      const ending = Stream.execute(Effect.zipRight(settle("failed"), cut(request)))
      return HttpServerResponse.stream(Stream.encodeText(Stream.concat(Stream.make(half), ending)), {
        contentType,
        contentLength: new TextEncoder().encode(json).length,
        headers
      })
    }
    case "closed":
    case "malformed":
      yield* settle("failed")
      return HttpServerResponse.text(half, { contentType, headers })
    case "overloaded":
      return yield* wire.overloaded.refusal
  }
})

/** The response for an answer. */
export const send = (
  sending: Sending
): Effect.Effect<HttpServerResponse.HttpServerResponse, ModelRefusal> =>
  Effect.flatMap(
    sending.wire.answer(sending.call, sending.answer),
    (rendered) => sending.call.stream ? Effect.succeed(streamed(sending, rendered)) : whole(sending, rendered)
  )
