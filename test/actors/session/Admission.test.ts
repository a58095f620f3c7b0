import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Admission } from "../../../src/actors/session/Admission.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const session = (n: number) => SessionId.make(`session-${n}`)
const [a, b, c, d] = [session(1), session(2), session(3), session(4)]
const withLimit = (maxSessions: number) =>
  Effect.provide(Layer.fresh(Admission.layer).pipe(Layer.provide(layerConfig({ maxSessions }))))

/** What was granted by now. */
const granted = Effect.flatMap(Admission, (admission) =>
  Effect.iterate({ ids: new Array<SessionId>(), more: true }, {
    while: ({ more }) => more,
    body: ({ ids }) =>
      Effect.map(
        Effect.raceFirst(Effect.asSome(admission.granted), Effect.as(Effect.yieldNow(), Option.none<SessionId>())),
        Option.match({
          onNone: () => ({ ids, more: false }),
          onSome: (id) => ({ ids: [...ids, id], more: true })
        })
      )
  }).pipe(Effect.map(({ ids }) => ids)))

describe("admission", () => {
  it.effect("is granted up to the limit, then in the order of asking", () =>
    Effect.gen(function*() {
      const admission = yield* Admission
      assert.deepStrictEqual(yield* Effect.forEach([a, b, c, d], admission.request), [true, true, false, false])
      assert.deepStrictEqual(yield* Effect.forEach([a, c, d], admission.position), [undefined, 1, 2])
      yield* admission.release(a)
      assert.deepStrictEqual(yield* granted, [c])
      assert.strictEqual(yield* admission.position(d), 1)
    }).pipe(withLimit(2)))

  it.effect("is held: asking again changes nothing", () =>
    Effect.gen(function*() {
      const admission = yield* Admission
      assert.deepStrictEqual(yield* Effect.forEach([a, a, b, b], admission.request), [true, true, false, false])
      yield* admission.release(a)
      assert.deepStrictEqual(yield* granted, [b])
      assert.isTrue(yield* admission.request(b))
    }).pipe(withLimit(1)))

  it.effect("is not for who comes while others wait", () =>
    Effect.gen(function*() {
      const admission = yield* Admission
      yield* Effect.forEach([a, b], admission.request)
      yield* admission.release(a)
      // b was granted it in that moment
      assert.isFalse(yield* admission.request(c))
    }).pipe(withLimit(1)))

  it.effect("of one that leaves the queue goes to nobody", () =>
    Effect.gen(function*() {
      const admission = yield* Admission
      yield* Effect.forEach([a, b, c], admission.request)
      yield* admission.release(b)
      assert.deepStrictEqual(yield* granted, [])
      assert.strictEqual(yield* admission.position(c), 1)
      yield* admission.release(a)
      assert.deepStrictEqual(yield* granted, [c])
    }).pipe(withLimit(1)))

  it.effect.prop(
    "never has more sessions running than the limit, and leaves none waiting while there is room",
    { limit: FastCheck.integer({ min: 1, max: 4 }), calls: FastCheck.array(FastCheck.nat(15), { maxLength: 60 }) },
    ({ calls, limit }) =>
      Effect.gen(function*() {
        const admission = yield* Admission
        const running = new Set<SessionId>()
        for (const call of calls) {
          const id = session(call % 8)
          if (call < 8) {
            if (yield* admission.request(id)) running.add(id)
          } else {
            yield* admission.release(id)
            running.delete(id)
          }
          for (const next of yield* granted) running.add(next)
          const waiting = yield* Effect.filter(
            Array.from({ length: 8 }, (_, n) => session(n)),
            (other) => Effect.map(admission.position(other), (position) => position !== undefined)
          )
          assert.isAtMost(running.size, limit)
          if (waiting.length > 0) assert.strictEqual(running.size, limit)
          assert.isTrue(waiting.every((other) => !running.has(other)))
        }
      }).pipe(withLimit(limit)),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("of a process that only records is never granted", () =>
    Effect.gen(function*() {
      const admission = yield* Admission
      assert.isFalse(yield* admission.request(a))
      assert.isUndefined(yield* admission.position(a))
    }).pipe(Effect.provide(Admission.layerClosed)))
})
