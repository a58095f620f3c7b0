/** What an agent had done when its turn came to no good end can be looked at. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { by, create, createWorking, history, tags, ticking, until, withServer } from "../../support/TestApp.ts"

const isOutput = (event: { readonly type: string }) => event.type === "output"

describe("the work of a turn", () => {
  it.effect("that was stopped is the session's diff, and nothing is pushed; the next turn goes on", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.engine.leavesWork = true
        world.engine.script = (run) =>
          run.turn === 1 ? { lines: ["working"] } : { exitCode: 0, commits: true, answer: "done" }
        const id = yield* create()
        yield* until(id, isOutput)
        yield* sessions.stop(id, by)
        assert.deepStrictEqual(tags(yield* history(id)).slice(-3), ["StopRequested", "ChangesCollected", "TurnEnded"])
        assert.include(yield* sessions.diff(id), "diff --git")
        assert.deepStrictEqual(world.remote.pushes, [])
        assert.strictEqual(world.engine.runs.size, 0)
        yield* sessions.message(id, "go on", by)
        assert.strictEqual(tags(yield* history(id)).filter((tag) => tag === "BranchPushed").length, 1)
      })
    ))

  it.effect("of an agent that failed is the session's diff, too", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.engine.leavesWork = true
        world.engine.script = () => ({ lines: ["oh"], exitCode: 3, answer: "broke" })
        const id = yield* create()
        const events = yield* history(id)
        assert.deepStrictEqual(tags(events).slice(-3), ["AgentFinished", "ChangesCollected", "TurnEnded"])
        assert.include(yield* sessions.diff(id), "diff --git")
        assert.strictEqual((yield* sessions.get(id)).status, "error")
      })
    ))

  it.effect("that changed nothing leaves no diff, and a workspace that cannot be packed keeps nobody from the end", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* createWorking(world)
        yield* sessions.stop(id, by)
        assert.strictEqual(yield* sessions.diff(id), "")
        world.engine.packingHangs = true
        const other = yield* create()
        yield* until(other, isOutput)
        const stopped = yield* ticking(sessions.stop(other, by))
        assert.strictEqual(stopped.status, "cancelled")
        assert.strictEqual(world.engine.runs.size, 0)
      })
    ))
})
