import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as OutputLimit from "../../../src/services/sandbox/OutputLimit.ts"

/** Output in which lines are frequent, as it arrives. */
const parts = FastCheck.array(
  FastCheck.stringOf(FastCheck.constantFrom("\n", "a", "b"), { maxLength: 40 }),
  { maxLength: 8 }
)

/** The count by its definition, a byte at a time. */
const costOf = (text: string): number =>
  [...text].reduce((sum, character) => sum + (character === "\n" ? 1 + OutputLimit.lineCost : 1), 0)

const read = (output: Stream.Stream<string>, limit: number) =>
  Effect.gen(function*() {
    const over = yield* Ref.make(0)
    const limited = OutputLimit.limited(Stream.encodeText(output), limit, Ref.update(over, (n) => n + 1))
    return { passed: yield* Stream.mkString(Stream.decodeText(limited)), over: yield* Ref.get(over) }
  })

describe("OutputLimit", () => {
  it.effect.prop(
    "passes on the longest beginning that is within the limit, however the output arrives",
    [parts, FastCheck.nat(1_500)],
    ([parts, limit]) =>
      Effect.gen(function*() {
        const whole = parts.join("")
        const { over, passed } = yield* read(Stream.fromIterable(parts), limit)
        assert.strictEqual(passed, whole.slice(0, passed.length))
        assert.isAtMost(costOf(passed), limit)
        if (passed !== whole) assert.isAbove(costOf(whole.slice(0, passed.length + 1)), limit)
        assert.strictEqual(over, passed === whole ? 0 : 1)
        assert.deepStrictEqual(yield* read(Stream.make(whole), limit), { over, passed })
      })
  )

  it.effect("millions of empty lines are not free", () =>
    Effect.gen(function*() {
      const { over, passed } = yield* read(Stream.make("\n".repeat(1_000)), 6_500)
      assert.strictEqual(passed, "\n".repeat(100))
      assert.strictEqual(over, 1)
    }))

  it.effect("what is exactly the limit is within it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* read(Stream.make("four\n"), costOf("four\n")), { passed: "four\n", over: 0 })
      assert.deepStrictEqual(yield* read(Stream.make("four\n"), costOf("four\n") - 1), { passed: "four", over: 1 })
    }))

  it.effect("nothing more is read of an endless output once it is over", () =>
    Effect.gen(function*() {
      const { passed } = yield* read(Stream.forever(Stream.make("x".repeat(100))), 10_050)
      assert.strictEqual(passed.length, 10_050)
    }))
})
