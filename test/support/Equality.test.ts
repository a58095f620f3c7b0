import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

describe("deep equality in tests", () => {
  const values = [
    Option.none(),
    Option.some(1),
    Option.some(2),
    Option.some(Option.none()),
    Option.some(Option.some(1)),
    Either.right(1),
    Either.left(1),
    Either.left(2),
    Exit.succeed(1),
    Exit.succeed(2),
    Exit.fail(1),
    Exit.die(1),
    Effect.never,
    { _tag: "None" },
    undefined
  ]

  it("holds between a value and itself, and no two of these", () => {
    values.forEach((one, i) =>
      values.forEach((other, j) =>
        i === j
          ? assert.deepStrictEqual({ value: [one] }, { value: [other] })
          : assert.notDeepEqual({ value: [one] }, { value: [other] }, `${i} and ${j}`)
      )
    )
  })

  it("holds between values that were made apart", () => {
    assert.deepStrictEqual(Option.some({ a: [1] }), Option.some({ a: [1] }))
    assert.deepStrictEqual(Exit.fail({ a: [1] }), Exit.fail({ a: [1] }))
    assert.deepStrictEqual(Either.right(Option.some(1)), Either.right(Option.some(1)))
  })
})
