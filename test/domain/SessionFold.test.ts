import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe as say, storedDetail } from "../../src/domain/EventText.ts"
import { nextStep } from "../../src/domain/NextStep.ts"
import { summarize } from "../../src/domain/Session.ts"
import { decide, type PlanRef, SessionCommand } from "../../src/domain/SessionCommand.ts"
import { SessionEvent } from "../../src/domain/SessionEvent.ts"
import * as SessionFold from "../../src/domain/SessionFold.ts"
import * as State from "../../src/domain/SessionState.ts"
import { by, commands, created, id, type Walk, walk } from "../support/Walk.ts"

const choices = FastCheck.array(FastCheck.nat(1000), { maxLength: 60 })
const options = FastCheck.record({
  approvePlan: FastCheck.boolean(),
  planOnly: FastCheck.boolean(),
  reviewRounds: FastCheck.integer({ min: 0, max: 3 }),
  budgetUsd: FastCheck.constantFrom(0.5, 1.5),
  questionMillis: FastCheck.constant(1000)
})
const always = (law: (walk: Walk) => void) =>
  FastCheck.assert(FastCheck.property(choices, options, (numbers, changed) => law(walk(numbers, changed))), {
    numRuns: 400
  })

const last = <A>(items: ReadonlyArray<A>): A => {
  const item = items[items.length - 1]
  assert.isDefined(item)
  return item
}

describe("the fold of a session's facts", () => {
  it("admits every event that its own steps and decisions produce", () =>
    always(({ events, states }) => {
      events.slice(1).forEach((event, i) => {
        const before = states[i]
        assert.isTrue(before !== undefined && SessionFold.admits(before, event), event._tag)
      })
    }))

  it("is the same from the log as it was on the way", () =>
    always(({ events, states }) => assert.deepStrictEqual(SessionFold.fold(events), last(states))))

  it("survives the way through the database: every event decodes to itself", () =>
    always(({ events }) => {
      for (const event of events) {
        const wire: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(SessionEvent)(event)))
        assert.deepStrictEqual(Schema.decodeUnknownSync(SessionEvent)(wire), event)
      }
    }))

  it("has exactly one ending event a turn, and it is the turn's last", () =>
    always(({ events }) => {
      let ended = false
      for (const event of events) {
        if (event._tag === "TurnEnded") {
          assert.isFalse(ended)
          ended = true
        } else if (event._tag !== "MessageReceived" && event._tag !== "BudgetRaised") {
          // the next turn's first event comes before anything else of it (a stop may come before it begins)
          if (ended) assert.include(["TurnStarted", "StopRequested", "RetryRequested"], event._tag)
          ended = false
        }
      }
    }))

  it("ends as cancelled exactly where a stop was asked for", () =>
    always(({ events }) => {
      events.forEach((event, i) => {
        if (event._tag !== "TurnEnded") return
        const turn = events.slice(0, i).filter((earlier) =>
          earlier._tag === "StopRequested" && earlier.turn === event.turn
        )
        assert.strictEqual(event.end === "cancelled", turn.length > 0)
      })
    }))

  it("never lets an agent run on a plan that waits for approval", () =>
    FastCheck.assert(FastCheck.property(choices, (numbers) => {
      const { events } = walk(numbers, { approvePlan: true })
      let approved = 0
      for (const event of events) {
        if (event._tag === "PlanApproved") approved = event.turn
        if (event._tag === "RoundStarted") assert.strictEqual(approved, event.turn)
      }
    })))

  it("holds at most the wanted number of reviews a turn, and runs the agent no more often", () =>
    always(({ events }) => {
      const first = events[0]
      assert.isTrue(first?._tag === "SessionCreated")
      if (first?._tag !== "SessionCreated") return
      for (const event of events) {
        if (event._tag === "RoundStarted") assert.isAtMost(event.round, Math.max(1, first.reviewRounds))
      }
    }))

  it("pushes nothing that was not collected and reviewed (or said not to be)", () =>
    always(({ events }) => {
      events.forEach((event, i) => {
        if (event._tag !== "BranchPushed") return
        const turn = events.slice(0, i).flatMap((earlier) =>
          "turn" in earlier && earlier.turn === event.turn ? [earlier._tag] : []
        )
        assert.include(turn, "ChangesCollected")
        assert.include(turn, "ReviewHeld")
      })
    }))

  it("loses no message: what waits is the next turn's prompt", () =>
    always(({ states }) => {
      const state = last(states)
      const step = nextStep(state)
      if (step._tag === "StartTurn") {
        assert.strictEqual(step.prompt, state.inbox.map((message) => message.text).join("\n\n"))
        assert.isAbove(state.inbox.length, 0)
      }
    }))

  it("is left as it is by an event that does not belong", () =>
    FastCheck.assert(FastCheck.property(choices, choices, (some, others) => {
      const state = last(walk(some).states)
      for (const event of walk(others).events) {
        if (!SessionFold.admits(state, event)) assert.strictEqual(SessionFold.evolve(state, event), state)
      }
    })))
})

describe("a session as outsiders see it", () => {
  it("is at rest exactly when its status says so", () =>
    always(({ states }) => {
      for (const state of states) {
        const resting = nextStep(state)._tag === "Rest"
        assert.strictEqual(resting, ["waiting", "complete", "error", "cancelled"].includes(summarize(state).status))
      }
    }))

  it("shows an error only where it ended with one", () =>
    always(({ states }) => {
      for (const state of states) {
        const summary = summarize(state)
        assert.strictEqual(summary.error !== undefined, summary.status === "error")
      }
    }))

  it("says every event in words, and `end` only of an ending", () =>
    always(({ events }) => {
      for (const event of events) {
        const { data, type } = say(event)
        assert.isString(data)
        assert.strictEqual("end" in storedDetail(event), event._tag === "TurnEnded")
        if (type === "done") assert.strictEqual(event._tag, "TurnEnded")
      }
    }))
})

describe("decisions", () => {
  it("refuse a stop only of an ended session, an answer only where none is awaited, and what names something older", () =>
    always(({ states }) => {
      const state = last(states)
      const { phase } = state
      const turn = State.currentTurn(state)
      const waiting = State.planWaiting(state)
      const isOld = (named: number | undefined) => named !== undefined && named !== turn
      const isOther = (answers: PlanRef | undefined) =>
        waiting === undefined || isOld(answers?.turn) ||
        (answers !== undefined && answers.proposal !== State.proposalOf(waiting))
      for (const command of commands(state)) {
        const isRefused = decide(id, state, command)._tag === "Rejected"
        const expected = SessionCommand.$match(command, {
          Message: () => false,
          Approve: ({ answers }) => isOther(answers),
          Reject: ({ answers }) => isOther(answers),
          Stop: ({ turn }) => isOld(turn) || phase._tag === "Ended",
          Retry: ({ turn }) => isOld(turn) || !(phase._tag === "Ended" && phase.end !== "complete"),
          AddBudget: () =>
            phase._tag === "Ended" ||
            (state.spec.budgetUsd === undefined && !(phase._tag === "Waiting" && phase.on._tag === "DayBudget")),
          Wake: () => false
        })
        assert.strictEqual(isRefused, expected, command._tag)
      }
    }))

  it("with four eyes take an approval only from another person", () => {
    const asked = walk([0, 0, 0, 0], { approvePlan: true }).states.find((state) => state.phase._tag === "Waiting")
    assert.isDefined(asked)
    if (asked === undefined) return
    const approve = (name: string) =>
      decide(id, asked, SessionCommand.Approve({ plan: undefined, answers: undefined, by: { ...by, name } }), {
        fourEyes: true
      })._tag
    assert.strictEqual(approve("ada"), "Rejected")
    assert.strictEqual(approve("grace"), "Accepted")
  })

  it("of a stop under way add nothing", () => {
    const state = State.create(created())
    const first = decide(id, state, SessionCommand.Stop({ by }))
    assert.isTrue(first._tag === "Accepted" && first.events.length === 1)
    if (first._tag !== "Accepted") return
    const second = decide(id, SessionFold.evolveAll(state, first.events), SessionCommand.Stop({ by }))
    assert.isTrue(second._tag === "Accepted" && second.events.length === 0)
  })
})
