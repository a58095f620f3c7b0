/** What becomes of checks when servers end, sandboxes are lost, and people stop sessions. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { by, create, endings, history, tags, ticking, untilFact, withServer, World } from "../../support/TestApp.ts"
import { reportOf, scriptChecks, scripts, test } from "./VerifyKit.ts"

/** The commands of `scripts`. */
const both = ["npm run lint", test]

describe("checks", () => {
  it.effect("go on in their sandbox when the server ends; the next one reads their report, and none is run twice", () =>
    Effect.scoped(Effect.gen(function*() {
      const world = new World()
      world.remote.files = scripts
      const agents = world.engine.script
      world.engine.script = (run) => run.checks === undefined ? agents(run) : { report: reportOf(both, {}) }
      const database = yield* Layer.build(Database.layerMemory)
      const server = Layer.fresh(world.layer(Layer.succeedContext(database)))
      const id = yield* Effect.scoped(Effect.gen(function*() {
        const first = yield* Layer.build(server)
        return yield* create().pipe(
          Effect.tap((id) => untilFact(id, "GateHeld")),
          Effect.tap((id) =>
            ticking(Effect.repeat(Effect.yieldNow(), { until: () => world.engine.runs.has(`opentl-${id}-1-1-verify`) }))
          ),
          Effect.provide(first)
        )
      }))
      const run = world.engine.runs.get(`opentl-${id}-1-1-verify`)
      assert.isDefined(run)
      if (run !== undefined) yield* world.engine.finish(run, 0)
      const second = yield* Layer.build(server)
      const events = yield* Effect.provide(history(id), second)
      assert.deepStrictEqual(endings(events), ["complete"])
      assert.strictEqual(tags(events).filter((tag) => tag === "VerifyHeld").length, 1)
      assert.strictEqual(world.engine.started.filter((name) => name.endsWith("-verify")).length, 1)
    })))

  it.effect("whose sandbox is killed are run once more", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        const script = world.engine.script
        let lost = 0
        world.engine.script = (run) => run.checks === "head" && lost++ === 0 ? { exitCode: 137 } : script(run)
        const events = yield* history(yield* create())
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.strictEqual(lost, 2)
      })
    ))

  it.effect("whose sandbox is lost again are the turn's failure: nothing is pushed that was not verified", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        const script = world.engine.script
        world.engine.script = (run) =>
          run.checks === undefined
            ? script(run)
            : { exitCode: 70, lines: ["###OPENTL_ERROR### The repository could not be cloned"] }
        const events = yield* history(yield* create())
        assert.deepStrictEqual(endings(events), ["error"])
        assert.strictEqual(
          events.at(-1)?.data,
          "sandbox verification failed: The repository could not be cloned"
        )
        assert.deepStrictEqual(world.remote.pushes, [])
      })
    ))

  it.effect("whose report cannot be read count as lost, and never as passed", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        const script = world.engine.script
        const reports = ["{}", reportOf([test], {})]
        world.engine.script = (run) =>
          run.checks === undefined ? script(run) : { exitCode: 0, report: reports.shift() ?? "" }
        const events = yield* history(yield* create())
        assert.deepStrictEqual(endings(events), ["error"])
        assert.include(events.at(-1)?.data, "its report is of other commands")
      })
    ))

  it.effect("that fill the disk hold the change back, with the limit as what they printed", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        const script = world.engine.script
        world.engine.script = (run) =>
          run.checks === "head" ? { overLimit: "the session used more than 10 GiB of disk" } : script(run)
        const events = yield* history(yield* create())
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.isTrue(world.remote.proposals[0]?.draft)
        assert.include(world.remote.proposals[0]?.body, "more than 10 GiB of disk")
      }), { rounds: 1 }))

  it.effect("are ended with the session", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.files = scripts
        const agents = world.engine.script
        world.engine.script = (run) => run.checks === undefined ? agents(run) : {}
        const id = yield* create()
        yield* untilFact(id, "GateHeld")
        const sessions = yield* Sessions
        const session = yield* ticking(sessions.stop(id, by))
        assert.strictEqual(session.status, "cancelled")
        assert.strictEqual(world.engine.runs.size, 0)
      })
    ))
})
