/** What every agent does: it edits, goes on with its conversation, is told its model's errors, is stopped, and outlives us. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import * as Program from "../../support/Program.ts"
import { calls, ends, follow, isDone, isWork, itAgent, key, run, until, world } from "./ConformanceKit.ts"

/** Gemini's own way to load a session destroys it: it is told what was done. */
const goesOn = (agent: string) =>
  agent === "gemini" ? "begins a new conversation and is told what was done" : "continues its conversation"

itAgent(
  "edits, is asked for more, and follows up, in one conversation and without a key",
  (agent) =>
    Effect.gen(function*() {
      const { agents, create, model, serve, show } = yield* world(agent, (call) =>
        isDone(call)
          ? ModelStandIn.text("The work is done.")
          : run(call, "echo made >> made.txt; { env; cat /proc/*/environ; cat ~/.*/*; } > env.txt 2>/dev/null; true"))
      const server = yield* serve
      const id = yield* create(server, "MAGIC-41 TWICE")
      const events = yield* follow(server, id)
      assert.deepStrictEqual(ends(events), ["complete"])
      assert.strictEqual(yield* show(id, "made.txt"), "made\nmade")
      assert.notInclude(yield* show(id, "env.txt"), key)
      assert.isTrue(events.some(({ data }) => data.startsWith(`${agent} ${goesOn(agent)}`)))

      yield* server.post(`/api/sessions/${id}/messages`, { text: "And again." })
      const more = yield* follow(server, id, events.length)
      assert.deepStrictEqual(ends(more), ["complete"])
      assert.strictEqual(yield* show(id, "made.txt"), "made\nmade\nmade")
      const last = (yield* agents).at(-1)
      assert.include(JSON.stringify(last?.body), "MAGIC-41")
      assert.include(JSON.stringify(last?.body), "The work is done.")
      assert.isFalse(yield* Effect.map(model.calls, (all) => all.some(({ text }) => text.includes(key))))
    })
)

itAgent(
  "is given a message while it is at work, in the same round and conversation",
  (agent) =>
    Effect.gen(function*() {
      const { agents, create, serve, show } = yield* world(
        agent,
        (call) =>
          isDone(call) ? ModelStandIn.text("Done.") : run(call, "timeout 6 tail -f /dev/null; echo made >> made.txt")
      )
      const server = yield* serve
      const id = yield* create(server, "MAGIC-41")
      yield* until(server, id, calls)
      yield* server.post(`/api/sessions/${id}/messages`, { text: "MAGIC-42, too." })
      const events = yield* follow(server, id)
      assert.deepStrictEqual(ends(events), ["complete"])
      assert.strictEqual(events.filter(({ detail }) => detail?.["delivered"] === "running").length, 1)
      assert.strictEqual(events.filter(({ detail }) => detail?.["_tag"] === "TurnStarted").length, 1)
      assert.strictEqual(yield* show(id, "made.txt"), "made\nmade")
      const last = JSON.stringify((yield* agents).at(-1)?.body)
      assert.include(last, "MAGIC-41")
      assert.include(last, "MAGIC-42")
    })
)

itAgent("fails the session with the model's error", (agent) =>
  Effect.gen(function*() {
    const { create, serve } = yield* world(agent, (call) =>
      isWork(call)
        ? ModelStandIn.refuse(400, { message: "the lab refuses this" })
        : ModelStandIn.text("A title"))
    const server = yield* serve
    const events = yield* follow(server, yield* create(server, "Do it"))
    assert.deepStrictEqual(ends(events), ["error"])
    assert.include(events.at(-1)?.data ?? "", "the lab refuses this")
  }))

itAgent("is stopped, and nothing of it is left", (agent) =>
  Effect.gen(function*() {
    const { create, environment, serve } = yield* world(
      agent,
      (call) => isDone(call) ? ModelStandIn.text("Done.") : run(call, "timeout 300 tail -f /dev/null")
    )
    const server = yield* serve
    const id = yield* create(server, "Do it")
    yield* until(server, id, calls)
    assert.strictEqual((yield* server.post(`/api/sessions/${id}/stop`)).status, 200)
    assert.deepStrictEqual(ends(yield* follow(server, id)), ["cancelled"])
    yield* server.kill("SIGTERM")
    const left = yield* Program.run({ ...environment }, "list", "--status", "running", "--json")
    assert.strictEqual(left.out.trim(), "[]")
  }))

itAgent("loses and doubles nothing where the server is killed in mid-turn", (agent) =>
  Effect.gen(function*() {
    const { create, serve, show } = yield* world(
      agent,
      (call) =>
        isDone(call) ? ModelStandIn.text("Done.") : run(call, "timeout 6 tail -f /dev/null; echo once >> made.txt")
    )
    const first = yield* serve
    const id = yield* create(first, "Do it")
    yield* until(first, id, calls)
    yield* first.kill("SIGKILL")
    yield* first.ended
    const events = yield* follow(yield* serve, id)
    assert.deepStrictEqual(ends(events), ["complete"])
    assert.deepStrictEqual(events.map((event) => event.id), events.map((_, index) => index + 1))
    assert.strictEqual(events.filter(calls).length, 1)
    assert.strictEqual(yield* show(id, "made.txt"), "once")
  }))
