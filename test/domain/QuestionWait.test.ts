/** A turn whose planner asks: it waits once, and goes on with an answer or without one. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { nextStep } from "../../src/domain/NextStep.ts"
import { PlanAlone, PlanOrQuestions } from "../../src/domain/Planned.ts"
import { mayAsk } from "../../src/domain/QuestionWait.ts"
import { summarize } from "../../src/domain/Session.ts"
import { decide, SessionCommand } from "../../src/domain/SessionCommand.ts"
import * as SessionFold from "../../src/domain/SessionFold.ts"
import type * as State from "../../src/domain/SessionState.ts"
import { by, id, walk } from "../support/Walk.ts"

const choices = FastCheck.array(FastCheck.nat(1000), { minLength: 10, maxLength: 40 })

/** The states of walks in which a turn waits for answers. */
const everyWait = (law: (state: State.SessionState, turn: State.Turn) => void) => {
  let seen = 0
  FastCheck.assert(
    FastCheck.property(choices, FastCheck.boolean(), (numbers, approvePlan) => {
      for (const state of walk(numbers, { questionMillis: 1000, approvePlan }).states) {
        if (state.phase._tag !== "Waiting" || state.phase.on._tag !== "Answers") continue
        seen++
        law(state, state.phase.turn)
      }
    }),
    { numRuns: 400 }
  )
  assert.isAbove(seen, 20)
}

const after = (state: State.SessionState, command: SessionCommand) => {
  const decision = decide(id, state, command)
  return decision._tag === "Accepted" ? SessionFold.evolveAll(state, decision.events) : assert.fail(decision._tag)
}
const answer = SessionCommand.Message({ messageId: "m-1", text: "Only the public ones", by })

const promptOf = ({ phase }: State.SessionState) =>
  phase._tag === "Resuming" ? phase.turn.prompt : assert.fail(phase._tag)

describe("a turn whose planner asks", () => {
  it("rests, and outsiders see what it waits for, and until when", () =>
    everyWait((state) => {
      assert.strictEqual(nextStep(state)._tag, "Rest")
      const { assumptions, phase, questions, status, waitsUntil } = summarize(state)
      assert.deepStrictEqual(assumptions, ["The first", "Every case"])
      assert.deepStrictEqual([status, phase, questions], ["waiting", "questions", ["Which file?", "Which case?"]])
      assert.isDefined(waitsUntil)
    }))

  it("goes on with the next message, which is part of what the turn is for and opens none of its own", () =>
    everyWait((state, turn) => {
      const answered = after(state, answer)
      assert.strictEqual(nextStep(answered)._tag, "ResumeTurn")
      assert.deepStrictEqual(answered.inbox, state.inbox)
      assert.isTrue(promptOf(answered).startsWith(turn.prompt))
      assert.match(promptOf(answered), /1\. Which file\?[^]*Only the public ones$/)
    }))

  it("goes on without an answer when the time is over, and is told to say what it assumes", () =>
    everyWait((state, turn) => {
      assert.match(
        promptOf(after(state, SessionCommand.Wake({ turn: turn.number }))),
        /State in the plan that this is assumed, and go on with it:\n\n1\. The first\n2\. Every case$/
      )
    }))

  it("asks once in a turn, and never where the session does not allow it", () => {
    everyWait((state) => {
      const { phase } = after(state, answer)
      assert.isTrue(phase._tag === "Resuming" && !mayAsk(state, phase.turn))
    })
    FastCheck.assert(FastCheck.property(choices, (numbers) => {
      assert.notInclude(walk(numbers).events.map(({ _tag }) => _tag), "QuestionsAsked")
    }))
  })

  it("can be stopped", () =>
    everyWait((state) => assert.strictEqual(nextStep(after(state, SessionCommand.Stop({ by })))._tag, "EndTurn")))
})

describe("a planner's answer", () => {
  const plan = { title: "Fix it", summary: "So.", steps: ["do it"] }
  const read = Schema.decodeUnknownOption(PlanOrQuestions)

  it("is a plan, or at most three questions in place of one", () => {
    assert.strictEqual(read(plan)._tag, "Some")
    assert.deepInclude(read({ questions: ["a?"] }), { value: { _tag: "Questions", questions: ["a?"] } })
    assert.deepInclude(read({ ...plan, questions: ["a?"] }), { value: { _tag: "Questions", questions: ["a?"] } })
    assert.deepInclude(read({ questions: ["a?"], assumptions: ["b"] }), {
      value: { _tag: "Questions", questions: ["a?"], assumptions: ["b"] }
    })
    for (const wrong of [{}, { questions: [] }, { questions: ["a", "b", "c", "d"] }, { title: "x" }]) {
      assert.strictEqual(read(wrong)._tag, "None", JSON.stringify(wrong))
    }
  })

  it("is a plan alone where it may not ask", () => {
    assert.strictEqual(Schema.decodeUnknownOption(PlanAlone)({ questions: ["a?"] })._tag, "None")
    assert.strictEqual(Schema.decodeUnknownOption(PlanAlone)(plan)._tag, "Some")
  })
})
