/** Messages that come while an agent is at work: its host asks for them when the agent has ended its turn. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import type { SessionId } from "../../../src/domain/Ids.ts"
import { approve, plan, requestChanges } from "../../fakes/FakeModel.ts"
import { by, createWorking, endings, history, tags, ticking, withServer, type World } from "../../support/TestApp.ts"

/** What the host of the session's agent gets when it asks. */
const asks = (world: World, after?: string) =>
  ticking(world.gateway.opened.at(-1)?.giveMessages?.(after) ?? Effect.succeed([]))

const send = (id: SessionId, text: string) =>
  Effect.flatMap(Sessions, (sessions) => Effect.map(sessions.message(id, text, by), ({ messageId }) => messageId))

/** The agent of that session comes to its end. */
const finish = (world: World) =>
  Effect.forEach(world.engine.runs.values(), (run) => {
    run.commits = true
    return world.engine.finish(run, 0)
  }, { discard: true })

const agent = Option.some(Agent.Acp({ line: "my-agent --acp" }))

describe("a message to an agent at work", () => {
  it.effect("is given to it once, in the order of arrival, and opens no turn of its own", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* createWorking(world)
        assert.deepStrictEqual(yield* asks(world), [])
        const first = yield* send(id, "use tabs")
        const second = yield* send(id, "and no semicolons")
        const given = [{ id: first, text: "use tabs" }, { id: second, text: "and no semicolons" }]
        assert.deepStrictEqual(yield* asks(world), given)
        // the answer may have been lost, or not
        assert.deepStrictEqual(yield* asks(world), given)
        assert.deepStrictEqual(yield* asks(world, first), given.slice(1))
        assert.deepStrictEqual(yield* asks(world, second), [])
        yield* finish(world)
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["complete"])
        const delivered = events.filter(({ detail }) => detail?.["delivered"] === "running")
        assert.deepStrictEqual(
          delivered.map(({ data, detail, type }) => [type, data, detail?.["message_id"]]),
          [["message", "use tabs", first], ["message", "and no semicolons", second]]
        )
      }), { agent }))

  it.effect("is given to nobody in a command's sandbox: it opens the next turn", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* createWorking(world)
        yield* send(id, "use tabs")
        assert.deepStrictEqual(yield* asks(world), [])
        world.engine.script = () => ({ lines: ["again"], exitCode: 0 })
        yield* finish(world)
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["complete", "complete"])
        assert.isFalse(events.some(({ detail }) => detail?.["delivered"] === "running"))
      }), { agent: Option.some(Agent.Command({ line: "./fix.sh" })) }))

  it.effect("that it did not ask for any more opens the next turn", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* createWorking(world)
        assert.deepStrictEqual(yield* asks(world), [])
        yield* send(id, "too late")
        world.engine.script = () => ({ lines: ["again"], exitCode: 0 })
        yield* finish(world)
        const events = yield* history(id)
        assert.deepStrictEqual(endings(events), ["complete", "complete"])
        assert.notInclude(tags(events), "MessageDelivered")
      }), { agent }))

  it.effect("is part of what the reviewer and a revision are told, and what was given is not given again", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose, n) =>
          Effect.succeed(purpose === "plan" ? plan("Fix it") : n === 1 ? requestChanges("no") : approve)
        const id = yield* createWorking(world)
        world.engine.script = () => ({ exitCode: 0, commits: true })
        const message = yield* send(id, "use tabs")
        yield* asks(world)
        yield* finish(world)
        yield* history(id)
        const review = world.model.asked.find(({ purpose }) => purpose === "review")
        assert.include(review?.prompt ?? "", "use tabs")
        const revision = world.engine.specs.at(-1)
        assert.strictEqual(revision?.environment["OPENTL_LAST_MESSAGE"], message)
        const prompt = revision?.inputs.find(({ path }) => path === "in/prompt.md")?.content
        assert.include(prompt?._tag === "Text" ? prompt.text : "", "use tabs")
      }), { agent }))

  it.effect("is not given once the session is being stopped, and waits for a retry", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* createWorking(world)
        yield* send(id, "too late")
        yield* ticking(sessions.stop(id, by))
        assert.deepStrictEqual(yield* asks(world), [])
        assert.notInclude(tags(yield* history(id)), "MessageDelivered")
      }), { agent }))
})
