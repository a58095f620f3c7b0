/** A run's output is whole, whenever the engine ends those who follow its log. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { SessionId } from "../../../../src/domain/Ids.ts"
import { EngineNotFound } from "../../../../src/services/sandbox/docker/DockerErrors.ts"
import * as DockerOutput from "../../../../src/services/sandbox/docker/DockerOutput.ts"

const run = { sessionId: SessionId.make("0123456789ab"), turn: 1, round: 1 }
const whole = "one\ntwo\nthree\nfour\n"
const bytesOf = (text: string) => new TextEncoder().encode(text)

/** What a reader is given of an engine whose log is read in these ways, one after the other; then all of it. */
const outputOf = Effect.fnUntraced(function*(reads: ReadonlyArray<ReturnType<typeof given> | typeof fails>) {
  const left = [...reads]
  const output = DockerOutput.make({
    containers: { inspect: () => Effect.succeedNone, wasSeen: () => Effect.succeed(false) },
    engine: { logs: (_, follow) => follow ? left.shift() ?? given(whole) : given(whole) },
    limits: { endForOutput: () => Effect.dieMessage("it is within its limit"), limitOutput: (_, output) => output },
    runEnd: { follow: () => Effect.succeed(Effect.void) }
  })
  return { text: yield* Stream.mkString(Stream.decodeText(output.output(run))), left: left.length }
})

const given = (text: string) => Stream.fromIterable(text.split(/(?<=\n)/).map(bytesOf))
const fails = Stream.fail(new EngineNotFound({ operation: "read the log", reason: "no such container" }))

describe("a run's output", () => {
  it.effect("is read on where the engine ended the follower before it was sent everything", () =>
    Effect.gen(function*() {
      for (const sent of ["", "one\n", "one\ntwo\nthr", whole]) {
        assert.deepStrictEqual(yield* outputOf([given(sent)]), { text: whole, left: 0 })
      }
      assert.deepStrictEqual(yield* outputOf([given("one\n"), given("one\ntwo\n")]), { text: whole, left: 0 })
      assert.deepStrictEqual(yield* outputOf([given(""), given("")]), { text: "", left: 0 })
    }))

  it.effect("is not read again where its last line tells that it is whole", () =>
    Effect.gen(function*() {
      const done = `${whole}###OPENTL_DONE### opentl/0123456789ab\n`
      assert.deepStrictEqual(yield* outputOf([given(done), fails]), { text: done, left: 1 })
      const cut = done.slice(0, -1)
      assert.deepStrictEqual(yield* outputOf([given(cut), given(done), fails]), { text: done, left: 1 })
    }))

  it.effect("is what was sent, where the container is gone by then", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* outputOf([given("one\n"), fails]), { text: "one\n", left: 0 })
      const error = yield* Effect.flip(outputOf([fails]))
      assert.strictEqual(error._tag, "EngineNotFound")
    }))
})
