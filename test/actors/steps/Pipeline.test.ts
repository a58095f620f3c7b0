/** A task on its way through the steps, on the real actors, store and log; the world outside is faked. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { approve, plan, requestChanges } from "../../fakes/FakeModel.ts"
import { by, create, endings, history, tags, untilFact, withServer } from "../../support/TestApp.ts"

describe("a task", () => {
  it.effect("becomes a reviewed pull request", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create()
        const events = yield* history(id)
        assert.deepStrictEqual(tags(events).filter((tag) => tag !== "UsageRecorded"), [
          "SessionCreated",
          "TurnStarted",
          "RepositoryPrepared",
          "PlanProduced",
          "RoundStarted",
          "OutputWritten",
          "AgentFinished",
          "ChangesCollected",
          "GateHeld",
          "VerifyHeld",
          "ReviewHeld",
          "BranchPushed",
          "PullRequestOpened",
          "TurnEnded"
        ])
        assert.deepStrictEqual(events.map((event) => event.id), events.map((_, i) => i + 1))
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.strictEqual(events[events.length - 1]?.data, "https://forge.test/acme/app/pull/7")
        const session = yield* Effect.flatMap(Sessions, (sessions) => sessions.get(id))
        assert.strictEqual(session.status, "complete")
        assert.strictEqual(session.reviewRounds, 1)
        assert.isAbove(session.usage.inputTokens, 0)
        assert.deepStrictEqual(world.engine.removed, world.engine.started)
        assert.deepStrictEqual(world.engine.prepared, [`opentl-${id}-1-1 for command`], "while the plan was made")
        assert.include(world.model.asked.find((asked) => asked.purpose === "review")?.prompt ?? "", "diff 0000")
      })
    ))

  it.effect("is revised in the same workspace when the review asks for it", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose, n) =>
          Effect.succeed(purpose === "plan" ? plan("Fix it") : n === 1 ? requestChanges("add a test") : approve)
        const prompts: Array<string> = []
        const script = world.engine.script
        world.engine.script = (run) => {
          prompts.push(`${run.turn}-${run.round}`)
          return script(run)
        }
        const id = yield* create()
        const events = yield* history(id)
        assert.deepStrictEqual(prompts, ["1-1", "1-2"])
        assert.strictEqual(tags(events).filter((tag) => tag === "ReviewHeld").length, 2)
        assert.strictEqual(world.remote.proposals.length, 1)
        assert.isFalse(world.remote.proposals[0]?.draft)
      })
    ))

  it.effect("ends as a draft with the open findings when the last review asks for changes", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose) =>
          Effect.succeed(purpose === "plan" ? plan("Fix it") : requestChanges("add a test"))
        const id = yield* create()
        yield* history(id)
        assert.strictEqual(world.engine.started.length, 2)
        assert.isTrue(world.remote.proposals[0]?.draft)
        assert.include(world.remote.proposals[0]?.body ?? "", "add a test")
      })
    ))

  it.effect("is answered without a pull request when the agent changes nothing", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.script = () => ({ lines: ["thinking"], exitCode: 0, answer: "It is 42.", commits: false })
        const id = yield* create()
        const events = yield* history(id)
        assert.strictEqual(events[events.length - 1]?.data, "It is 42.")
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.deepStrictEqual(world.remote.pushes, [])
      })
    ))

  it.effect("whose pull request could not be opened is proposed by the next turn, even if that one changes nothing", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        world.remote.refusals = 1
        const id = yield* create()
        assert.deepStrictEqual(endings(yield* history(id)), ["error"])
        world.engine.script = () => ({ exitCode: 0, answer: "nothing to do", commits: false })
        yield* sessions.message(id, "try again", by)
        const events = yield* history(id)
        assert.strictEqual(events[events.length - 1]?.data, "https://forge.test/acme/app/pull/7")
        assert.strictEqual(world.remote.pushes.length, 1)
      })
    ))

  it.effect("whose budget is spent asks no model any more", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create({ budgetUsd: 0.01 })
        yield* untilFact(id, "BudgetReached")
        assert.deepStrictEqual(world.model.asked.map((asked) => asked.purpose), ["plan"])
        assert.deepStrictEqual(world.engine.started, [])
        assert.deepStrictEqual(world.remote.pushes, [])
      })
    ))

  it.effect("fails with the agent's last lines, and nothing is pushed", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.script = () => ({ lines: ["a", "it broke"], exitCode: 3, commits: true })
        const id = yield* create()
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["error"])
        assert.strictEqual(events[events.length - 1]?.type, "error")
        assert.include(events[events.length - 1]?.data ?? "", "it broke")
        assert.deepStrictEqual(world.remote.pushes, [])
        assert.strictEqual(world.engine.runs.size, 0)
        assert.isTrue(world.engine.workspaces.has(id))
      })
    ))

  it.effect("times out by its stored deadline, and its sandbox is gone", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.script = () => ({ lines: ["working"] })
        const id = yield* create({ timeoutSeconds: 60 })
        const done = yield* Effect.fork(history(id))
        yield* untilFact(id, "RoundStarted")
        yield* TestClock.adjust("61 seconds")
        const events = yield* Fiber.join(done)
        assert.deepStrictEqual(endings(events), ["error"])
        assert.include(events[events.length - 1]?.data ?? "", "timed out after 60 s")
        assert.strictEqual(world.engine.runs.size, 0)
      })
    ))
})
