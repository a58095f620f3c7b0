import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import * as DockerLogs from "../../../../src/services/sandbox/docker/DockerLogs.ts"

const concat = (parts: Iterable<Uint8Array>): Uint8Array => Uint8Array.from([...parts].flatMap((part) => [...part]))

const frame = (stream: number, payload: Uint8Array): Uint8Array => {
  const header = new Uint8Array(8)
  header[0] = stream
  new DataView(header.buffer).setUint32(4, payload.length)
  return concat([header, payload])
}

/** Frames of both streams, empty ones too, and where the connection cuts them. */
const cutFrames = FastCheck.record({
  frames: FastCheck.array(
    FastCheck.tuple(FastCheck.constantFrom(1, 2), FastCheck.uint8Array({ maxLength: 300 })),
    { maxLength: 20 }
  ),
  cuts: FastCheck.array(FastCheck.nat(4_000), { maxLength: 40 })
})

const cut = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const places = [0, ...cuts.map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

describe("DockerLogs", () => {
  it.effect.prop(
    "gives the payloads in order, however the stream is cut",
    [cutFrames],
    ([{ cuts, frames }]) =>
      Effect.gen(function*() {
        const stream = concat(frames.map(([kind, payload]) => frame(kind, payload)))
        const read = yield* Stream.runCollect(DockerLogs.payloads(Stream.fromIterable(cut(stream, cuts))))
        assert.deepStrictEqual(concat(read), concat(frames.map(([, payload]) => payload)))
      })
  )

  it.effect("reads a payload longer than 2^31 by its unsigned length", () =>
    Effect.sync(() => {
      const header = Uint8Array.of(1, 0, 0, 0, 0x80, 0, 0, 1)
      const [state] = DockerLogs.decode(DockerLogs.initial, header)
      assert.strictEqual(state.remaining, 2 ** 31 + 1)
    }))

  it.effect.prop(
    "drops the first bytes and nothing else",
    [FastCheck.array(FastCheck.uint8Array({ maxLength: 20 })), FastCheck.nat(200)],
    ([parts, count]) =>
      Effect.gen(function*() {
        const read = yield* Stream.runCollect(DockerLogs.drop(Stream.fromIterable(parts), count))
        assert.deepStrictEqual(concat(read), concat(parts).subarray(count).slice())
        assert.isTrue(Chunk.every(read, (part) => part.length > 0))
      })
  )
})
