/**
 * Makes chai's deep equality tell Effect's values apart. An `Option`, an `Either` and an `Exit` can be iterated over (that
 * is how `yield*` takes them), and chai compares what can be iterated over by what comes out: a `some` equalled a `none`.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { chai } from "vitest"

const isEffectValue = (value: unknown): value is object =>
  Option.isOption(value) || Either.isEither(value) || Effect.isEffect(value)

/** Its tag, and what it holds. */
const contents = (value: object): ReadonlyArray<unknown> => [
  Reflect.get(value, "_tag"),
  Object.entries(value).filter(([key]) => key !== "_tag")
]

/** As chai asks: `null` leaves a pair to chai. */
const comparator = (one: unknown, other: unknown): boolean | null =>
  isEffectValue(one) || isEffectValue(other)
    ? isEffectValue(one) && isEffectValue(other) && isEqual(contents(one), contents(other))
    : null

const isEqual = (one: unknown, other: unknown): boolean => chai.util.eql(one, other, { comparator })

chai.config.deepEqual = isEqual
