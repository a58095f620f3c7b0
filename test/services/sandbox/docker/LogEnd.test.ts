/** The last line of a log tells that all of it was read, however it arrives. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as LogEnd from "../../../../src/services/sandbox/docker/LogEnd.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const read = (text: string) => LogEnd.push(LogEnd.nothing, bytesOf(text))

describe("the end of a log", () => {
  it("is the line of the entrypoint that is printed last, and complete", () => {
    const done = "###OPENTL_DONE### opentl/0123456789ab\n"
    assert.isTrue(LogEnd.isWhole(read(done)))
    assert.isTrue(LogEnd.isWhole(read(`a line\n${done}`)))
    for (
      const other of [
        "",
        "\n",
        "a line\n",
        done.slice(0, -1),
        `${done}one more\n`,
        `${done}begun`,
        `${done}\n`,
        `\\${done}`,
        ` ${done}`,
        "###OPENTL_STATUS### Running agent\n"
      ]
    ) {
      assert.isFalse(LogEnd.isWhole(read(other)), JSON.stringify(other))
    }
  })

  it.prop(
    "does not depend on how the bytes arrive",
    [
      FastCheck.array(FastCheck.constantFrom("x".repeat(700), "###OPENTL_DONE### b", "ä", "\n"), { maxLength: 12 }),
      FastCheck.array(FastCheck.nat(900), { maxLength: 12 })
    ],
    ([parts, lengths]) => {
      const bytes = bytesOf(parts.join(""))
      let at = 0
      let end = LogEnd.nothing
      for (const length of [...lengths, bytes.length]) {
        end = LogEnd.push(end, bytes.subarray(at, at + length))
        at += length
      }
      const whole = LogEnd.push(LogEnd.nothing, bytes)
      assert.deepStrictEqual(end.count, whole.count)
      assert.strictEqual(LogEnd.isWhole(end), LogEnd.isWhole(whole))
    }
  )
})
