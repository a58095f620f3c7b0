import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Span from "../../../src/services/support/Span.ts"

const names = Effect.option(Effect.currentSpan).pipe(
  Effect.map(Option.map(({ name, parent }) => [name, Option.isSome(parent)] as const))
)

describe("a span within a request", () => {
  it.effect("has its name, inside the span around it", () =>
    Effect.gen(function*() {
      const found = yield* Effect.withSpan(Span.within("Sessions.create")(names), "http")
      assert.deepStrictEqual(found, Option.some(["Sessions.create", true] as const))
    }))

  it.effect("is not made where tracing is off", () =>
    Effect.gen(function*() {
      const found = yield* Effect.withTracerEnabled(Span.within("Sessions.create")(names), false)
      assert.deepStrictEqual(found, Option.none())
    }))
})
