/** What people do to a session, on the real actors, store and log; the world outside is faked. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { approve, plan } from "../../fakes/FakeModel.ts"
import {
  by,
  create,
  createWorking,
  endings,
  history,
  tags,
  tells,
  ticking,
  until,
  untilFact,
  withServer,
  World
} from "../../support/TestApp.ts"

describe("a plan that waits for approval", () => {
  it.effect("runs nothing before it is approved, and takes an edited plan", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* create({ approvePlan: true })
        yield* untilFact(id, "ApprovalRequested")
        assert.strictEqual((yield* sessions.get(id)).status, "waiting")
        assert.deepStrictEqual([...world.engine.started, ...world.engine.prepared], [])
        yield* sessions.approve(id, { plan: "Do it my way", by })
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.strictEqual((yield* sessions.get(id)).plan, "Do it my way")
      })
    ))

  it.effect("is made again with the reason when it is rejected", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.model.answer = (purpose, n) => Effect.succeed(purpose === "plan" ? plan(`Plan ${n}`) : approve)
        const id = yield* create({ approvePlan: true })
        yield* untilFact(id, "ApprovalRequested")
        yield* sessions.reject(id, { reason: "too big", by })
        yield* sessions.events(id, 0).pipe(
          Stream.filter(tells("ApprovalRequested")),
          Stream.take(2),
          Stream.runDrain,
          ticking
        )
        assert.include(world.model.asked[1]?.prompt ?? "", "too big")
        const error = yield* Effect.flip(Effect.zipRight(sessions.stop(id, by), sessions.approve(id, { by })))
        assert.strictEqual(error._tag, "NothingToApprove")
      })
    ))
})

describe("stop", () => {
  it.effect("during planning: no sandbox is ever started, and there is one ending event", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const asked = yield* Deferred.make<void>()
        world.model.answer = () => Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)
        const id = yield* create()
        yield* Deferred.await(asked)
        const session = yield* sessions.stop(id, by)
        assert.strictEqual(session.status, "cancelled")
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["cancelled"])
        assert.deepStrictEqual(world.engine.started, [])
      })
    ))

  it.effect("during the agent's run: the sandbox is gone when it answers; a second stop is refused", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* createWorking(world)
        const [first, second] = yield* Effect.all([sessions.stop(id, by), sessions.stop(id, by)], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual([first.status, second.status], ["cancelled", "cancelled"])
        assert.strictEqual(world.engine.runs.size, 0)
        assert.strictEqual((yield* Effect.flip(sessions.stop(id, by)))._tag, "SessionEnded")
        assert.deepStrictEqual(endings(yield* history(id)), ["cancelled"])
      })
    ))

  it.effect("of a turn that is over leaves the next one at work", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.engine.script = (run) => run.turn === 1 ? { exitCode: 0, answer: "42" } : { lines: ["working"] }
        const id = yield* create()
        yield* history(id)
        yield* sessions.message(id, "and the docs", by)
        yield* untilFact(id, "OutputWritten")
        const error = yield* Effect.flip(sessions.stop(id, by, 1))
        assert.strictEqual(error._tag, "TurnOver")
        const { status, turn } = yield* sessions.get(id)
        assert.deepStrictEqual([status, turn, world.engine.runs.size], ["running", 2, 1])
        const both = yield* Effect.all([sessions.stop(id, by, 2), sessions.stop(id, by, 2)], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(both.map((session) => session.status), ["cancelled", "cancelled"])
      })
    ))

  it.effect("of a session that waits in the queue, without waiting for its place", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.engine.script = () => ({ lines: ["working"] })
        const first = yield* create()
        yield* untilFact(first, "OutputWritten")
        const second = yield* create()
        const third = yield* create()
        yield* Effect.yieldNow()
        assert.strictEqual((yield* sessions.get(third)).queuePosition, 2)
        assert.strictEqual((yield* sessions.stop(second, by)).status, "cancelled")
        assert.strictEqual((yield* sessions.get(third)).queuePosition, 1)
        yield* sessions.stop(first, by)
        yield* untilFact(third, "OutputWritten")
        assert.strictEqual((yield* sessions.get(third)).status, "running")
      }), { maxSessions: 1 }))
})

describe("a message", () => {
  it.effect("to an ended session opens the next turn on the same branch and pull request", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* create()
        yield* history(id)
        yield* sessions.message(id, "and the docs", by)
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["complete", "complete"])
        assert.deepStrictEqual(world.remote.pushes.map((push) => push.branch), [`opentl/${id}`, `opentl/${id}`])
        assert.include(tags(events), "PullRequestUpdated")
        assert.strictEqual(world.engine.started[1], `opentl-${id}-2-1`)
      })
    ))

  it.effect("to a busy session waits, and is taken with the others when the turn is over", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.engine.script = (run) =>
          run.turn === 1 ? { lines: ["working"] } : { exitCode: 0, commits: true, answer: "ok" }
        const id = yield* create()
        yield* untilFact(id, "OutputWritten")
        yield* sessions.message(id, "one", by, "m1")
        yield* sessions.message(id, "one", by, "m1")
        yield* sessions.message(id, "two", by)
        const run = world.engine.runs.get(`opentl-${id}-1-1`)
        assert.isDefined(run)
        if (run !== undefined) yield* world.engine.finish(run, 0)
        const events = yield* history(id)
        const prompts = events.flatMap(({ fact }) =>
          Option.isSome(fact) && fact.value._tag === "TurnStarted" ? [fact.value.prompt] : []
        )
        assert.deepStrictEqual(prompts, ["Fix the bug", "one\n\ntwo"])
      })
    ))
})

describe("a server that goes away", () => {
  const server = Effect.fnUntraced(function*(world: World, database: Context.Context<SqlClient.SqlClient>) {
    const scope = yield* Scope.make()
    const layer = Layer.fresh(world.layer(Layer.succeedContext(database)))
    return { context: yield* Layer.buildWithScope(layer, scope), shutdown: Scope.close(scope, Exit.void) }
  })

  it.scoped("cancels nothing; the next one follows the same run on, and stores its output once", () =>
    Effect.gen(function*() {
      const world = new World()
      world.engine.script = () => ({ lines: ["one", "two"] })
      const database = yield* Layer.build(Database.layerMemory)
      const first = yield* server(world, database)
      const id = yield* create().pipe(Effect.provide(first.context))
      yield* until(id, (event) => event.data === "two").pipe(Effect.provide(first.context))
      yield* first.shutdown
      assert.strictEqual(world.engine.runs.size, 1)

      const second = yield* server(world, database)
      const run = world.engine.runs.get(`opentl-${id}-1-1`)
      assert.isDefined(run)
      if (run !== undefined) {
        yield* world.engine.print(run, "three")
        yield* world.engine.finish(run, 0)
      }
      const events = yield* history(id).pipe(Effect.provide(second.context))
      assert.deepStrictEqual(
        events.filter((event) => event.type === "output").map((event) => event.data),
        ["one", "two", "three"]
      )
      assert.deepStrictEqual(world.engine.started, [`opentl-${id}-1-1`])
      assert.deepStrictEqual(endings(events), ["complete"])
      yield* second.shutdown
    }))
})
