/** What ends an agent's round from outside: its budget, and the end of its container. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { workspace } from "../../../src/services/sandbox/docker/DockerContainer.ts"
import { DockerEngine } from "../../../src/services/sandbox/docker/DockerEngine.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { layerEngine } from "../../support/Docker.ts"
import { calls, ends, follow, isDone, isWork, itAgent, run, until, world } from "./ConformanceKit.ts"

itAgent(
  "a budget that is reached in the middle of a round lets it wait, and go on with more",
  (agent) =>
    Effect.gen(function*() {
      let isFirst = true
      const { agents, create, serve, show } = yield* world(agent, (call) => {
        if (isDone(call) || !isWork(call) || !isFirst) return ModelStandIn.text("Done.")
        isFirst = false
        const reply = run(call, "echo once >> made.txt")
        return reply._tag === "Answer" ? { ...reply, usage: { input: 100_000, output: 50_000 } } : reply
      }, { budget_usd: 0.5 })
      const server = yield* serve
      const id = yield* create(server, "MAGIC-42")
      yield* until(server, id, ({ detail }) => detail?.["_tag"] === "BudgetReached")
      const engine = yield* DockerEngine
      assert.isFalse(yield* engine.hasPath(`opentl-${id}-1-1`, workspace))
      yield* server.post(`/api/sessions/${id}/budget`, { add_usd: 100 })
      const events = yield* follow(server, id)
      assert.deepStrictEqual(ends(events), ["complete"])
      assert.strictEqual(yield* show(id, "made.txt"), "once")
      // it goes on in its conversation
      assert.include(JSON.stringify((yield* agents).at(-1)?.body), "echo once")
    }).pipe(Effect.provide(layerEngine))
)

itAgent("a container that is killed loses nothing: the next turn goes on", (agent) =>
  Effect.gen(function*() {
    let isFirst = true
    const { agents, create, serve, show } = yield* world(agent, (call) => {
      if (!isWork(call)) return ModelStandIn.text("A title")
      if (isFirst && !isDone(call)) {
        isFirst = false
        return run(call, "echo once >> made.txt; timeout 300 tail -f /dev/null")
      }
      return ModelStandIn.text("Done.")
    })
    const server = yield* serve
    const id = yield* create(server, "MAGIC-42")
    yield* until(server, id, calls)
    const engine = yield* DockerEngine
    const container = `opentl-${id}-1-1`
    // the line says that the command begins, not that it has written
    yield* Effect.repeat(
      Effect.zipLeft(engine.hasPath(container, `${workspace}/repo/made.txt`), Effect.sleep("50 millis")),
      { until: (isMade) => isMade }
    )
    yield* engine.killContainer(container)
    const events = yield* follow(server, id)
    assert.deepStrictEqual(ends(events), ["error"])
    yield* server.post(`/api/sessions/${id}/messages`, { text: "Go on." })
    const more = yield* follow(server, id, events.length)
    assert.deepStrictEqual(ends(more), ["complete"])
    assert.strictEqual(yield* show(id, "made.txt"), "once")
    assert.include(JSON.stringify((yield* agents).at(-1)?.body), "MAGIC-42")
  }).pipe(Effect.provide(layerEngine)))

itAgent(
  "asks its model nothing more with its tools once it has said its last words",
  (agent) =>
    Effect.gen(function*() {
      let isOver = false
      const { create, serve, show } = yield* world(agent, (call) => {
        if (!isWork(call)) return ModelStandIn.text("A title")
        if (isOver) return ModelStandIn.refuse(400, { message: "the lab is not to be asked any more" })
        if (!isDone(call)) return run(call, "echo once >> made.txt")
        isOver = true
        return ModelStandIn.text("The work is done.")
      })
      const server = yield* serve
      const id = yield* create(server, "Do it")
      assert.deepStrictEqual(ends(yield* follow(server, id)), ["complete"])
      assert.strictEqual(yield* show(id, "made.txt"), "once")
    })
)
