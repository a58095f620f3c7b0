import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { escape, finish, initial } from "../../sandbox/MarkerEscape.ts"
import { parse, SandboxLine } from "../../src/domain/SandboxMarker.ts"

const encode = (text: string) => new TextEncoder().encode(text)

const escapeChunks = (chunks: ReadonlyArray<Uint8Array>): string => {
  const passed: Array<Uint8Array> = []
  const last = chunks.reduce((state, chunk) => {
    const step = escape(state, chunk)
    passed.push(...step.output)
    return step.state
  }, initial)
  return Buffer.concat([...passed, ...finish(last)]).toString("utf8")
}

const escapeText = (text: string) => escapeChunks([encode(text)])

/** Text in which markers, their beginnings and backslashes are frequent. */
const piece = FastCheck.constantFrom(
  "#",
  "##",
  "###OPENTL_",
  "###OPENTL",
  "DONE### x",
  "\\",
  "\\\\",
  "\n",
  "\r",
  "a",
  "é"
)
const text = FastCheck.array(piece, { maxLength: 40 }).map((parts) => parts.join(""))

/** The same text as chunks of bytes, cut anywhere. */
const chunked = FastCheck.tuple(text, FastCheck.array(FastCheck.integer({ min: 1, max: 12 }), { maxLength: 60 })).map(
  ([whole, sizes]) => {
    const bytes = encode(whole)
    const chunks: Array<Uint8Array> = []
    let at = 0
    for (const size of sizes) {
      chunks.push(bytes.subarray(at, at + size))
      at += size
    }
    return { whole, chunks: [...chunks, bytes.subarray(at)] }
  }
)

describe("MarkerEscape", () => {
  it("lets ordinary output pass as it is", () => {
    assert.strictEqual(escapeText("hello\n## heading\n#"), "hello\n## heading\n#\n")
    assert.strictEqual(escapeText("in a line ###OPENTL_DONE### x\n"), "in a line ###OPENTL_DONE### x\n")
    assert.strictEqual(escapeText(""), "")
  })

  it("puts one backslash in front of what looks like a marker", () => {
    assert.strictEqual(escapeText("###OPENTL_DONE### x\n"), "\\###OPENTL_DONE### x\n")
    assert.strictEqual(escapeText("a\n\\\\###OPENTL_\n"), "a\n\\\\\\###OPENTL_\n")
  })

  it("ends an open line", () => {
    assert.strictEqual(escapeText("a"), "a\n")
    assert.strictEqual(escapeText("\\"), "\\\n")
    assert.strictEqual(escapeText("a\n###OPENTL"), "a\n###OPENTL\n")
  })

  it("holds back no more than the beginning of a marker", () => {
    const step = escape(initial, encode(`${"\\".repeat(10_000)}###OP`))
    assert.strictEqual(Buffer.concat([...step.output]).length, 10_000)
    assert.deepStrictEqual(step.state, { line: "prefix", held: 5 })
  })

  it.prop("the server reads no marker in the output, but each line as it was printed", { text }, ({ text }) => {
    const printed = text === "" || text.endsWith("\n") ? text : `${text}\n`
    const read = escapeText(text).split("\n").map(parse)
    assert.deepStrictEqual(read, printed.split("\n").map((line) => SandboxLine.Output({ text: line })))
  })

  it.prop("how the bytes are cut makes no difference", { chunked }, ({ chunked }) => {
    assert.strictEqual(escapeChunks(chunked.chunks), escapeText(chunked.whole))
  })
})
