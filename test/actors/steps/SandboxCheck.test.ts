/** A missing sandbox is reported before a model is paid or a person is asked. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { SandboxUnavailable } from "../../../src/services/sandbox/Sandbox.ts"
import { by, create, history, tags, withServer } from "../../support/TestApp.ts"

const missing = new SandboxUnavailable({
  reason: "the sandbox image opentl-sandbox is missing",
  mend: "run `opentl sandbox build`",
  missingImage: "opentl-sandbox"
})
const dead = new SandboxUnavailable({ reason: "Docker is not reachable", mend: "start Docker" })

describe("a session without a sandbox", () => {
  it.effect("ends with the sentence and its mend, and no model was asked", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.check = missing
        const events = yield* history(yield* create())
        assert.deepStrictEqual(tags(events), ["SessionCreated", "TurnStarted", "TurnEnded"])
        assert.strictEqual(
          events.at(-1)?.data,
          "the sandbox image opentl-sandbox is missing (run `opentl sandbox build`)"
        )
        assert.deepStrictEqual(world.model.asked, [])
      })
    ))

  it.effect("puts no plan before a person, in a later turn either", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create()
        yield* history(id)
        const asked = world.model.asked.length
        world.engine.check = dead
        yield* Effect.flatMap(Sessions, (sessions) => sessions.message(id, "and more", by))
        const events = yield* history(id)
        assert.strictEqual(events.at(-1)?.data, "Docker is not reachable (start Docker)")
        assert.strictEqual(world.model.asked.length, asked)

        const waiting = yield* history(yield* create({ approvePlan: true }))
        assert.notInclude(tags(waiting), "ApprovalRequested")
      })
    ))

  it.effect("plans none the less where only a plan is wanted", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.check = dead
        const events = yield* history(yield* create({ planOnly: true }))
        assert.include(tags(events), "PlanProduced")
        assert.strictEqual(events.at(-1)?.type, "done")
      })
    ))

  it.effect("is not one whose engine was busy for a moment", () =>
    withServer((world) =>
      Effect.gen(function*() {
        let tries = 0
        world.engine.check = Effect.suspend(() => ++tries < 4 ? dead : Effect.void)
        const events = yield* history(yield* create())
        assert.strictEqual(events.at(-1)?.type, "done")
        assert.isAbove(tries, 3)
      })
    ))
})
