/** A planner that asks, on a real terminal: the built program, keys as a person types them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { keys } from "../support/Terminal.ts"
import * as World from "./World.ts"

const { ctrlD, enter } = keys
const question = "Your answer"

/** `run`, up to the planner's question. */
const asked = Effect.gen(function*() {
  const world = yield* World.make({ questions: ["Which file?"] })
  const terminal = yield* world.terminal(["run", "Add a file", "--repo", world.repo])
  yield* terminal.sees("1. Which file?")
  yield* terminal.sees(question)
  const id = Effect.map(terminal.output, (output) => /session ([0-9a-f]{12}) on/.exec(output)?.[1] ?? "none")
  return { ...world, id, terminal }
})

describe("the planner's questions on a terminal", () => {
  it.scopedLive("are answered there; nothing is no answer", () =>
    Effect.gen(function*() {
      const { terminal } = yield* asked
      yield* terminal.keys(enter)
      yield* terminal.sees(question)
      yield* terminal.types("b.txt")
      yield* terminal.keys(enter)
      yield* terminal.sees("Plan 1")
      assert.strictEqual(yield* terminal.ended, 0)
      assert.match(yield* terminal.lastLine, /^opentl\/[0-9a-f]{12}$/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("wait on where the person leaves, who is told how to answer them", () =>
    Effect.gen(function*() {
      const { id, run, terminal } = yield* asked
      yield* terminal.keys(ctrlD)
      yield* terminal.sees(
        `detached: the planner waits for an answer: opentl answer ${yield* id} "<text>"; add --follow`
      )
      assert.strictEqual(yield* terminal.ended, 130)
      const { code, err, out } = yield* run("answer", yield* id, "b.txt", "--follow")
      assert.strictEqual(code, 0, err)
      assert.match(out, /\nopentl\/[0-9a-f]{12}\n$/)
    }).pipe(Effect.provide(World.live)))
})
