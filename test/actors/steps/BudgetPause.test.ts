/** A turn that a budget stops, on the real actors: what is left running, what goes on, and what a restart changes. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { UnreadableAnswer } from "../../../src/services/model/LanguageModel.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { by, create, history, tags, ticking, until, untilFact, withServer, World } from "../../support/TestApp.ts"

const call = (costUsd: number) => ({
  model: "gpt-5",
  usage: { inputTokens: 100, outputTokens: 10, costUsd },
  estimated: false
})

/** An agent that the gateway refuses as soon as it has spent this. */
const spends = (world: World, costUsd: number) => {
  world.gateway.callsAtWork = [call(costUsd)]
  world.engine.script = () => ({ lines: ["HTTP 402"], exitCode: 3 })
}
const works = (world: World) => {
  world.gateway.callsAtWork = []
  world.engine.script = () => ({ lines: ["done"], exitCode: 0, answer: "done", commits: true })
}

const stopped = Effect.fnUntraced(function*(world: World) {
  spends(world, 2)
  const id = yield* create({ budgetUsd: 1 })
  yield* untilFact(id, "BudgetReached")
  return id
})

const addBudget = (id: Effect.Effect.Success<ReturnType<typeof create>>, addUsd: number) =>
  Effect.flatMap(Sessions, (sessions) => sessions.addBudget(id, { addUsd, by }))

describe("a turn whose agent has spent the budget", () => {
  it.effect("waits, without a sandbox and with its workspace", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* stopped(world)
        const session = yield* (yield* Sessions).get(id)
        assert.deepStrictEqual([session.status, session.phase, session.budgetUsd], ["waiting", "budget", 1])
        assert.strictEqual(world.engine.runs.size, 0)
        assert.isTrue(world.engine.workspaces.has(id))
      })
    ))

  it.effect("goes on in the same round and workspace when somebody adds enough", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* stopped(world)
        works(world)
        assert.strictEqual((yield* addBudget(id, 0.5)).phase, "budget")
        const session = yield* addBudget(id, 5)
        assert.notStrictEqual(session.status, "waiting")
        assert.strictEqual(session.budgetUsd, 6.5)
        const events = yield* history(id)
        assert.strictEqual(events.at(-1)?.type, "done")
        assert.deepStrictEqual(world.engine.specs.map(({ run }) => [run.turn, run.round]), [[1, 1], [1, 1]])
        assert.closeTo(world.gateway.opened.at(-1)?.remainingUsd ?? 0, 6.5 - 2.01, 1e-9)
        assert.strictEqual(tags(events).filter((tag) => tag === "TurnEnded").length, 1)
      })
    ))

  it.effect("can be stopped, and is cancelled then", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* stopped(world)
        const session = yield* ticking(Effect.flatMap(Sessions, (sessions) => sessions.stop(id, by)))
        assert.strictEqual(session.status, "cancelled")
      })
    ))

  it.effect("fails for its own reason where it was out of memory, whatever the budget", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.gateway.callsAtWork = [call(2)]
        world.engine.script = () => ({ lines: [], overLimit: "the sandbox used more than its memory limit" })
        const events = yield* history(yield* create({ budgetUsd: 1 }))
        assert.match(events.at(-1)?.data ?? "", /^the sandbox used more than its memory limit/)
      })
    ))

  it.effect("is finished where the agent had done its work all the same", () =>
    withServer((world) =>
      Effect.gen(function*() {
        works(world)
        world.gateway.callsAtWork = [call(2)]
        const events = yield* untilFact(yield* create({ budgetUsd: 1 }), "BudgetReached")
        assert.include(tags(events), "ChangesCollected")
        assert.notInclude(tags(events), "ReviewHeld")
      })
    ))
})

describe("a question that the budget keeps from an answer", () => {
  const unreadable = new UnreadableAnswer({
    reason: "the session's budget is spent, so it was not asked again",
    model: "m",
    usage: { inputTokens: 1, outputTokens: 1, costUsd: 2 }
  })

  it.effect("for a plan is asked again", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (_, n) => n === 1 ? Effect.fail(unreadable) : Effect.succeed(plan)
        const id = yield* create({ budgetUsd: 1, planOnly: true })
        assert.notInclude(tags(yield* untilFact(id, "BudgetReached")), "PlanSkipped")
        yield* addBudget(id, 5)
        assert.strictEqual((yield* history(id)).at(-1)?.type, "done")
      })
    ))

  it.effect("for a review is asked again, and nothing is pushed before", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose, n) =>
          purpose === "plan"
            ? Effect.succeed(plan)
            : n === 1
            ? Effect.fail(unreadable)
            : Effect.succeed({ verdict: "approve", summary: "good", findings: [] })
        const id = yield* create({ budgetUsd: 1 })
        assert.notInclude(tags(yield* untilFact(id, "BudgetReached")), "BranchPushed")
        yield* addBudget(id, 5)
        const events = yield* history(id)
        assert.strictEqual(tags(events).filter((tag) => tag === "ReviewHeld").length, 1)
        assert.strictEqual(events.at(-1)?.type, "done")
      })
    ))
})

const plan = { title: "Fix it", summary: "Fix it, as asked.", steps: ["do it"] }

describe("a restart", () => {
  it.scoped("changes nothing: the turn waits, and goes on with the next server", () =>
    Effect.gen(function*() {
      const world = new World()
      const database = yield* Layer.build(Database.layerMemory)
      const serve = <A, E>(test: Effect.Effect<A, E, Sessions>) =>
        Effect.provide(test, Layer.fresh(world.layer(Layer.succeedContext(database))))
      const id = yield* serve(stopped(world))
      works(world)
      yield* serve(Effect.gen(function*() {
        assert.strictEqual((yield* (yield* Sessions).get(id)).phase, "budget")
        yield* addBudget(id, 5)
        assert.strictEqual((yield* history(id)).at(-1)?.type, "done")
      }))
    }))
})

const lateInTheDay: typeof withServer = (test, config) =>
  Effect.zipRight(TestClock.setTime(Duration.toMillis(Duration.minutes(24 * 60 - 2))), withServer(test, config))

describe("all sessions together", () => {
  it.effect("wait when they have spent the day's budget, and go on by themselves on the next day", () =>
    lateInTheDay((world) =>
      Effect.gen(function*() {
        spends(world, 2)
        const id = yield* create({})
        const events = yield* untilFact(id, "DayBudgetReached")
        assert.include(events.at(-1)?.data ?? "", "OPENTL_BUDGET_DAY_USD")
        works(world)
        const asked = world.model.asked.length
        const other = yield* create({ planOnly: true })
        yield* untilFact(other, "DayBudgetReached")
        assert.strictEqual(world.model.asked.length, asked)
        const session = yield* (yield* Sessions).get(id)
        assert.strictEqual(String(session.waitsUntil), "DateTime.Utc(1970-01-02T00:00:00.000Z)")
        yield* Effect.fork(TestClock.adjust("3 minutes"))
        yield* until(id, ({ type }) => type === "done")
        yield* until(other, ({ type }) => type === "done")
      }), { budgetDayUsd: Option.some(1) }))

  it.effect("go on when somebody adds to the day's budget, all of them", () =>
    withServer((world) =>
      Effect.gen(function*() {
        spends(world, 2)
        const [id, other] = [yield* create({}), yield* create({})]
        yield* Effect.all([untilFact(id, "DayBudgetReached"), untilFact(other, "DayBudgetReached")], {
          concurrency: 2
        })
        works(world)
        yield* addBudget(id, 5)
        yield* until(id, ({ type }) => type === "done")
        yield* Effect.fork(TestClock.adjust("1 minute"))
        yield* until(other, ({ type }) => type === "done")
      }), { budgetDayUsd: Option.some(1) }))
})
