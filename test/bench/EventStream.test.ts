/** The benchmark's reader sees every fault of a stream, however the stream is cut into chunks. */
import { assert, describe, it } from "@effect/vitest"
import { idCounter } from "../../bench/support/eventStream.mjs"

const frame = (id: number) => `id: ${id}\nevent: output\ndata: {"id":${id},"data":"a line with id: 7 in it"}\n\n`

const stream = (...ids: ReadonlyArray<number>) => `: opentl\n\n${ids.map(frame).join(": opentl\n\n")}`

const seen = (text: string, { after = 0, size = text.length }: { after?: number; size?: number } = {}) => {
  const { push, state } = idCounter(after)
  for (let at = 0; at < text.length; at += size) push(Buffer.from(text.slice(at, at + size)))
  return state
}

describe("the benchmark's reader of event streams", () => {
  it("counts events and bytes, in chunks of any size", () => {
    const text = stream(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
    for (let size = 1; size <= text.length; size++) {
      assert.deepStrictEqual(seen(text, { size }), { events: 11, last: 11, bytes: text.length, fault: undefined })
    }
  })

  it("goes on from the event that was seen last", () =>
    assert.deepInclude(seen(stream(41, 42), { after: 40 }), { events: 2, last: 42, fault: undefined }))

  it("reads a stream that begins with an event", () =>
    assert.deepInclude(seen(frame(1) + frame(2)), { events: 2, last: 2, fault: undefined }))

  it("names a gap, a repeat and a wrong beginning", () => {
    assert.strictEqual(seen(stream(1, 2, 4)).fault, "after event 2 came event 4")
    assert.strictEqual(seen(stream(1, 2, 2)).fault, "after event 2 came event 2")
    assert.strictEqual(seen(stream(2)).fault, "after event 0 came event 2")
  })
})
