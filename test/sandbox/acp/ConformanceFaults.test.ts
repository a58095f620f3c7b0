/** What becomes of the faults of an agent's model: ridden out and told once, or the session's error names them. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { ends, follow, isDone, isWork, itAgent, run, world } from "./ConformanceKit.ts"

const answer = "The work is done, and this is the one sentence that says so from its beginning to its end."

/** An agent may ask a model to go on behind what it had said before it broke off, in place of asking once more. */
const hasResult = (call: ModelStandIn.ModelRequest) => call.messages.some(({ toolResults }) => toolResults.length > 0)

/** The agent's work: one command and an answer. Of its calls the first that `isIt` gets the fault. */
const work = (fault: ModelStandIn.ModelReply, isIt: (call: ModelStandIn.ModelRequest) => boolean) => {
  let isFaulty = true
  return (call: ModelStandIn.ModelRequest): ModelStandIn.ModelReply => {
    if (isFaulty && isWork(call) && isIt(call)) {
      isFaulty = false
      return fault
    }
    return hasResult(call) && isWork(call) ? ModelStandIn.text(answer) : run(call, "echo made >> made.txt")
  }
}

const outcome = (agent: string, answers: (call: ModelStandIn.ModelRequest) => ModelStandIn.ModelReply) =>
  Effect.gen(function*() {
    const { create, serve, show } = yield* world(agent, answers)
    const server = yield* serve
    const id = yield* create(server, "Do it")
    const events = yield* follow(server, id)
    return {
      ends: ends(events),
      last: events.at(-1)?.data ?? "",
      told: events.filter(({ data, type }) => type === "output" && data.includes(answer.slice(0, 17))).length,
      made: Effect.orElseSucceed(show(id, "made.txt"), () => "")
    }
  })

const busy = [
  ["429", ModelStandIn.rateLimited(1)],
  ["529", ModelStandIn.refuse(529, { message: "the lab is overloaded" })]
] as const
for (const [name, fault] of busy) {
  itAgent(`rides a ${name} out`, (agent) =>
    Effect.gen(function*() {
      const { ends, last, made } = yield* outcome(agent, work(fault, () => true))
      assert.deepStrictEqual(ends, ["complete"], last)
      assert.strictEqual(yield* made, "made")
    }))
}

const broken = [
  ["an answer that breaks off", "cut"],
  ["an error in the middle of an answer", "overloaded"]
] as const
for (const [name, ending] of broken) {
  itAgent(`after ${name}, tells the answer once, or the session's error names it`, (agent) =>
    Effect.gen(function*() {
      const fault = ModelStandIn.text(answer, { ending })
      const { ends, last, made, told } = yield* outcome(agent, work(fault, isDone))
      if (ends[0] === "complete") {
        assert.strictEqual(told, 1)
        assert.strictEqual(yield* made, "made")
      } else {
        assert.deepStrictEqual(ends, ["error"])
        assert.include(last, ending === "cut" ? "broke off" : "verloaded")
      }
    }))
}

itAgent("a key that is refused is the session's error", (agent) =>
  Effect.gen(function*() {
    const refusal = ModelStandIn.refuse(401, { message: "the lab does not know this key" })
    const { ends, last } = yield* outcome(
      agent,
      (call) => isWork(call) ? refusal : ModelStandIn.text("A title")
    )
    assert.deepStrictEqual(ends, ["error"])
    assert.include(last, "the lab does not know this key")
  }))
