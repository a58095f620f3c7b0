import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as OutputLines from "../../src/domain/OutputLines.ts"

const encoder = new TextEncoder()

const read = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<OutputLines.OutputLine> => {
  let state = OutputLines.start
  const lines: Array<OutputLines.OutputLine> = []
  for (const chunk of chunks) {
    const [next, pieces] = OutputLines.push(state, chunk)
    state = next
    lines.push(...pieces)
  }
  return [...lines, ...OutputLines.finish(state)]
}

const cutAt = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const at = [0, ...cuts.map((cut) => bytes.length === 0 ? 0 : cut % bytes.length).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => bytes.slice(at[i], end))
}

/** Bytes with line ends, carriage returns, NULs, broken UTF-8 and runs that are longer than a piece. */
const output = FastCheck.array(
  FastCheck.oneof(
    FastCheck.uint8Array({ maxLength: 20 }),
    FastCheck.constantFrom("\n", "\r\n", "\r", "\0", "é", "😀", "plain text").map((text) => encoder.encode(text)),
    FastCheck.integer({ min: OutputLines.pieceLimit - 3, max: OutputLines.pieceLimit + 3 }).map((n) =>
      encoder.encode("x".repeat(n))
    )
  ),
  { maxLength: 12 }
).map((parts) => new Uint8Array(Buffer.concat(parts)))

describe("lines of output", () => {
  it("are the same for any chunking of the bytes", () =>
    FastCheck.assert(FastCheck.property(output, FastCheck.array(FastCheck.nat(), { maxLength: 8 }), (bytes, cuts) => {
      assert.deepStrictEqual(read(cutAt(bytes, cuts)), read([bytes]))
    })))

  it("give back every byte of valid text", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string({ unit: "grapheme" }), { maxLength: 10 }), (lines) => {
        const clean = lines.map((line) => line.replaceAll(/[\n\r\0]/g, ""))
        const pieces = read([encoder.encode(clean.map((line) => `${line}\n`).join(""))])
        assert.deepStrictEqual(pieces.map((piece) => piece.text), clean)
      })
    ))

  it("of any length: a megabyte comes in pieces of 64 KiB, all but the last marked as partial", () => {
    const pieces = read([encoder.encode(`${"é".repeat(512 * 1024)}\n`)])
    assert.strictEqual(pieces.map((piece) => piece.text).join(""), "é".repeat(512 * 1024))
    assert.deepStrictEqual(pieces.map((piece) => piece.partial), [...Array(15).fill(true), false])
    assert.isTrue(pieces.every((piece) => Buffer.byteLength(piece.text) <= OutputLines.pieceLimit))
  })

  it("end at LF, without the CR before it; a CR elsewhere stays", () => {
    assert.deepStrictEqual(read([encoder.encode("a\r\nb\rc\n")]).map((piece) => piece.text), ["a", "b\rc"])
  })

  it("show what is no text as U+FFFD", () => {
    assert.deepStrictEqual(read([new Uint8Array([97, 0, 255, 10])]).map((piece) => piece.text), ["a\uFFFD\uFFFD"])
  })

  it("include the last one, which no line feed ended", () => {
    assert.deepStrictEqual(read([encoder.encode("a\nb")]).map((piece) => piece.text), ["a", "b"])
  })
})
