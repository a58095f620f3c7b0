/** A turn that a budget stops: it waits, it goes on where it was, and nothing is lost of it. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Budget from "../../src/domain/Budget.ts"
import { nextStep } from "../../src/domain/NextStep.ts"
import { summarize } from "../../src/domain/Session.ts"
import { decide, SessionCommand } from "../../src/domain/SessionCommand.ts"
import * as Event from "../../src/domain/SessionEvent.ts"
import * as SessionFold from "../../src/domain/SessionFold.ts"
import * as State from "../../src/domain/SessionState.ts"
import { uncollectedRound } from "../../src/domain/UncollectedWork.ts"
import { by, created, id, walk } from "../support/Walk.ts"

const choices = FastCheck.array(FastCheck.nat(1000), { minLength: 15, maxLength: 60 })
const budgets = FastCheck.constantFrom(0.5, 1.5)

/** The states of walks in which a turn waits for a budget, with what came before. */
const everyWait = (law: (before: State.SessionState, waiting: State.SessionState, phase: Waiting) => void) => {
  let seen = 0
  FastCheck.assert(
    FastCheck.property(choices, budgets, (numbers, budgetUsd) => {
      const { states } = walk(numbers, { budgetUsd })
      states.forEach((state, i) => {
        const before = states[i - 1]
        if (state.phase._tag !== "Waiting" || before?.phase._tag !== "Active") return
        seen++
        law(before, state, state.phase)
      })
    }),
    { numRuns: 400 }
  )
  assert.isAbove(seen, 50)
}
type Waiting = Extract<State.Phase, { readonly _tag: "Waiting" }>

const accepted = (state: State.SessionState, command: SessionCommand) => {
  const decision = decide(id, state, command)
  assert.strictEqual(decision._tag, "Accepted")
  return decision._tag === "Accepted" ? decision.events : []
}

describe("a turn that a budget stops", () => {
  it("rests, and outsiders see what it waits for", () =>
    everyWait((_, state) => {
      assert.strictEqual(nextStep(state)._tag, "Rest")
      const { phase, status } = summarize(state)
      assert.deepStrictEqual([status, phase], ["waiting", "budget"])
    }))

  it("goes on with the very step that was cut short, in the same round", () =>
    everyWait((before, state, { remainingMillis, turn }) => {
      const events = accepted(state, SessionCommand.AddBudget({ addUsd: 100, by }))
      const resumed = SessionFold.evolveAll(state, events)
      assert.deepStrictEqual(nextStep(resumed), { _tag: "ResumeTurn", turn: turn.number, remainingMillis })
      const deadline = before.phase._tag === "Active" ? before.phase.turn.deadline : assert.fail()
      const active = SessionFold.evolve(resumed, Event.TurnResumed.make({ turn: turn.number, deadline }))
      assert.deepStrictEqual(nextStep(active), nextStep(before))
    }))

  it("waits on until what was added is more than what was spent", () =>
    everyWait((_, state, { on }) => {
      if (on._tag !== "Budget") return
      const missing = -(Budget.remainingUsd(state) ?? 0)
      const few = SessionFold.evolveAll(
        state,
        accepted(state, SessionCommand.AddBudget({ addUsd: missing + 1e-12, by }))
      )
      assert.strictEqual(few.phase._tag, "Waiting")
      assert.isTrue(Budget.isSpent(few))
      const enough = SessionFold.evolveAll(few, accepted(few, SessionCommand.AddBudget({ addUsd: 0.01, by })))
      assert.strictEqual(enough.phase._tag, "Resuming")
    }))

  it("is woken by the clock where the day's budget stopped it, and by nothing but a person where its own did", () =>
    everyWait((_, state, { on, turn }) => {
      const events = accepted(state, SessionCommand.Wake({ turn: turn.number }))
      assert.deepStrictEqual(events.map(({ _tag }) => _tag), on._tag === "DayBudget" ? ["DayBudgetFreed"] : [])
      assert.strictEqual(
        SessionFold.evolveAll(state, events).phase._tag,
        on._tag === "DayBudget" ? "Resuming" : "Waiting"
      )
      assert.lengthOf(accepted(state, SessionCommand.Wake({ turn: turn.number + 1 })), 0)
    }))

  it("can be stopped, and the work in its workspace is not lost", () =>
    everyWait((before, state) => {
      const stopping = SessionFold.evolveAll(state, accepted(state, SessionCommand.Stop({ by })))
      assert.strictEqual(nextStep(stopping)._tag, "EndTurn")
      assert.strictEqual(uncollectedRound(stopping), uncollectedRound(before))
    }))

  it("keeps its messages for the agent", () =>
    everyWait((_, state) => {
      const told = SessionFold.evolveAll(
        state,
        accepted(state, SessionCommand.Message({ messageId: "m", text: "x", by }))
      )
      assert.strictEqual(told.phase._tag, "Waiting")
      assert.lengthOf(told.inbox, state.inbox.length + 1)
    }))

  it("counts what its last calls have cost, while it waits, too", () =>
    everyWait((_, state, { turn }) => {
      const late = Event.UsageRecorded.make({
        turn: turn.number,
        source: "agent",
        model: "m",
        usage: { inputTokens: 1, outputTokens: 1, costUsd: 3 }
      })
      assert.isTrue(SessionFold.admits(state, late))
      assert.closeTo(SessionFold.evolve(state, late).usage.costUsd, state.usage.costUsd + 3, 1e-9)
    }))
})

describe("money that is added", () => {
  it("is the session's at any time before its end", () => {
    const queued = State.create(created({ budgetUsd: 1 }))
    const more = SessionFold.evolveAll(queued, accepted(queued, SessionCommand.AddBudget({ addUsd: 2, by })))
    assert.strictEqual(summarize(more).budgetUsd, 3)
    assert.strictEqual(more.phase._tag, "Queued")
  })

  it("is refused where there is no budget", () => {
    const decision = decide(id, State.create(created()), SessionCommand.AddBudget({ addUsd: 1, by }))
    assert.isTrue(decision._tag === "Rejected" && decision.error._tag === "NoBudget")
  })

  it("before the turn has come to its pause lets it go on at once", () =>
    everyWait((before, _, { on }) => {
      if (on._tag !== "Budget" || before.phase._tag !== "Active") return
      const { number: turn } = before.phase.turn
      const raised = SessionFold.evolveAll(before, accepted(before, SessionCommand.AddBudget({ addUsd: 100, by })))
      const reached = Event.BudgetReached.make({ turn, budgetUsd: 1, firstUsd: 1, remainingMillis: 5 })
      assert.strictEqual(SessionFold.evolve(raised, reached).phase._tag, "Resuming")
    }))
})
