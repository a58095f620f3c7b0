/** What the gateway has seen last, for agents that end their turn as if an error of the model had not happened. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { LastAnswer, ofBody, ofEvent } from "../../../src/services/gateway/LastAnswer.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { itScoped, post, setUp, tokens, user } from "./GatewayKit.ts"

/** A call of an agent at work: with a tool. */
const atWork = (model: string) =>
  post("/anthropic/v1/messages", {
    model,
    max_tokens: 16,
    messages: user,
    stream: true,
    tools: [{ name: "bash", input_schema: { type: "object" } }]
  })

const answered = (reply: ModelStandIn.ModelReply, remainingUsd?: number) =>
  Effect.gen(function*() {
    const replies = [reply, ModelStandIn.text("Fine.", { usage: tokens })]
    const { lastFailure, send } = yield* setUp(() => Effect.sync(() => replies.shift() ?? ModelStandIn.text("More.")), {
      model: "claude-sonnet-4-5",
      ...(remainingUsd === undefined ? {} : { remainingUsd })
    })
    /** Sends, and reads the answer as far as it comes. */
    const ask = (model: string) =>
      Effect.ignore(Effect.scoped(Effect.flatMap(send(atWork(model)), (response) => response.text)))
    return { ask, lastFailure: Effect.map(lastFailure, Option.getOrElse(() => "none")) }
  })

const work = (failure: string | undefined, model = "gpt-5") => ({ model, hasTools: true, failure })

describe("the last answer", () => {
  it("is the last one of the agent's work", () => {
    const answers = new LastAnswer("gpt-5")
    assert.isUndefined(answers.failure)
    answers.note(work("lab 400"))
    assert.strictEqual(answers.failure, "lab 400")
    answers.note(work(undefined))
    assert.isUndefined(answers.failure)
  })

  it("is not that of a question beside: without tools, or to another model", () => {
    const answers = new LastAnswer("gpt-5")
    answers.note(work("lab 400"))
    answers.note({ model: "gpt-5", hasTools: false, failure: undefined })
    answers.note(work(undefined, "gpt-5-small"))
    assert.strictEqual(answers.failure, "lab 400")
  })

  it("is one beside where there was no other, and any with tools where the model is not known", () => {
    const beside = new LastAnswer("gpt-5")
    beside.note(work("lab 401", "other"))
    assert.strictEqual(beside.failure, "lab 401")
    const unknown = new LastAnswer(undefined)
    unknown.note(work("lab 402", "other"))
    unknown.note({ model: "x", hasTools: false, failure: undefined })
    assert.strictEqual(unknown.failure, "lab 402")
  })
})

describe("what an error says", () => {
  it("is its message with the status, in each provider's form", () => {
    assert.strictEqual(
      ofBody(400, JSON.stringify({ type: "error", error: { type: "x", message: "bad" } })),
      "bad (status 400)"
    )
    assert.strictEqual(ofBody(401, JSON.stringify({ error: { message: "no key", code: null } })), "no key (status 401)")
    assert.strictEqual(ofBody(500, JSON.stringify({ error: "broken" })), "broken (status 500)")
    assert.strictEqual(ofBody(502, "<html>"), "status 502")
  })

  it("in a stream is its message, and null is none", () => {
    assert.strictEqual(ofEvent(JSON.stringify({ type: "overloaded_error", message: "busy" })), "busy")
    assert.strictEqual(ofEvent("{}"), "an error without a message")
    assert.isUndefined(ofEvent("null"))
  })
})

describe("the gateway", () => {
  const ours = "claude-sonnet-4-5"

  itScoped("has seen an error of the provider until a call succeeds", () =>
    Effect.gen(function*() {
      const { ask, lastFailure } = yield* answered(ModelStandIn.refuse(400, { message: "the lab refuses" }))
      assert.strictEqual(yield* lastFailure, "none")
      yield* ask(ours)
      assert.strictEqual(yield* lastFailure, "the lab refuses (status 400)")
      yield* ask(ours)
      assert.strictEqual(yield* lastFailure, "none")
    }))

  itScoped("has seen an error in the middle of a stream, and an answer that broke off", () =>
    Effect.gen(function*() {
      const overloaded = yield* answered(ModelStandIn.text("Half of it", { ending: "overloaded" }))
      yield* overloaded.ask(ours)
      assert.notStrictEqual(yield* overloaded.lastFailure, "none")
      const cut = yield* answered(ModelStandIn.text("Half of it", { ending: "cut" }))
      yield* cut.ask(ours)
      assert.include(yield* cut.lastFailure, "broke off")
    }))

  itScoped("does not count what it refuses to another model that is asked beside", () =>
    Effect.gen(function*() {
      const { ask, lastFailure } = yield* answered(ModelStandIn.text("Fine.", { usage: tokens }), 100)
      yield* ask(ours)
      yield* ask("a-model-without-a-price")
      assert.strictEqual(yield* lastFailure, "none")
    }))
})
