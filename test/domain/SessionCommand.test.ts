/** What each command is decided to be, in each phase of a session. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { nextStep } from "../../src/domain/NextStep.ts"
import {
  type CommandRejected,
  decide,
  isRejectionOf,
  type PlanRef,
  SessionCommand,
  waitingPlan
} from "../../src/domain/SessionCommand.ts"
import * as Event from "../../src/domain/SessionEvent.ts"
import * as SessionFold from "../../src/domain/SessionFold.ts"
import * as State from "../../src/domain/SessionState.ts"
import { by, commands, created, id, outcomes, walk } from "../support/Walk.ts"

type Phase = State.Phase["_tag"]

const start = State.create(created({ approvePlan: true }))
/** Lets the session take steps, each with its first outcome, until it is in a phase. */
const workTo = (state: State.SessionState, phase: Phase): State.SessionState => {
  for (let steps = 0; state.phase._tag !== phase; steps++) {
    const events = outcomes(nextStep(state))[0]
    if (events === undefined || steps > 20) return assert.fail(`no way from ${state.phase._tag} to ${phase}`)
    state = SessionFold.evolveAll(state, events)
  }
  return state
}
const after = (state: State.SessionState, command: SessionCommand): State.SessionState => {
  const decision = decide(id, state, command)
  assert.strictEqual(decision._tag, "Accepted")
  return decision._tag === "Accepted" ? SessionFold.evolveAll(state, decision.events) : state
}
const ended = (state: State.SessionState, end: Event.TurnEnd) =>
  SessionFold.evolveAll(state, [Event.TurnEnded.make({ turn: State.currentTurn(state), end, text: end })])

const message = SessionCommand.Message({ messageId: "m", text: "and more", by })
const approve = (answers?: PlanRef) => SessionCommand.Approve({ plan: undefined, answers, by })
const rejectPlan = (answers?: PlanRef) => SessionCommand.Reject({ reason: "no", answers, by })
const stop = (turn?: number) => SessionCommand.Stop({ turn, by })
const retry = (turn?: number) => SessionCommand.Retry({ turn, by })

/** Turn 2, after a turn that failed; where a plan waits, it is the turn's second. */
const failed = ended(workTo(start, "Active"), "error")
const queued = after(failed, message)
const active = workTo(queued, "Active")
const waiting = workTo(after(workTo(active, "Waiting"), rejectPlan()), "Waiting")
const stopping = after(active, stop())
const states = {
  Queued: queued,
  Active: active,
  Waiting: waiting,
  Resuming: after(waiting, approve()),
  Stopping: stopping,
  "Ended complete": ended(active, "complete"),
  "Ended error": ended(active, "error"),
  "Ended cancelled": ended(stopping, "cancelled")
}

const accepted = (...tags: ReadonlyArray<Event.SessionEvent["_tag"]>) => ["accepted", ...tags].join(" ")
const show = (state: State.SessionState, command: SessionCommand): string => {
  const decision = decide(id, state, command)
  return decision._tag === "Accepted" ? accepted(...decision.events.map(({ _tag }) => _tag)) : decision.error._tag
}
const rejection = (state: State.SessionState, command: SessionCommand): CommandRejected => {
  const decision = decide(id, state, command)
  return decision._tag === "Rejected" ? decision.error : assert.fail(`${command._tag} was accepted`)
}

type Row = Readonly<Record<keyof typeof states, string>>
const everywhere = (what: string): Row => ({
  Queued: what,
  Active: what,
  Waiting: what,
  Resuming: what,
  Stopping: what,
  "Ended complete": what,
  "Ended error": what,
  "Ended cancelled": what
})
const ends = (what: string) => ({ "Ended complete": what, "Ended error": what, "Ended cancelled": what })
const stops: Row = {
  ...everywhere(accepted("StopRequested")),
  Stopping: accepted(),
  ...ends("SessionEnded")
}
const retries: Row = {
  ...everywhere("NothingToRetry"),
  "Ended error": accepted("RetryRequested"),
  "Ended cancelled": accepted("RetryRequested")
}
const approves: Row = { ...everywhere("NothingToApprove"), Waiting: accepted("PlanApproved") }
const rejects: Row = { ...everywhere("NothingToApprove"), Waiting: accepted("PlanRejected") }
const replaced: Row = { ...everywhere("NothingToApprove"), Waiting: "PlanReplaced" }

const current = { turn: 2, proposal: 2 }
const table: ReadonlyArray<readonly [name: string, command: SessionCommand, decisions: Row]> = [
  ["a message", message, everywhere(accepted("MessageReceived"))],
  ["an approval", approve(), approves],
  ["an approval of the plan that waits", approve(current), approves],
  ["an approval of the turn's plan before it", approve({ turn: 2, proposal: 1 }), replaced],
  ["an approval of an older turn's plan", approve({ turn: 1, proposal: 2 }), replaced],
  ["a rejection", rejectPlan(), rejects],
  ["a rejection of the plan that waits", rejectPlan(current), rejects],
  ["a rejection of the turn's plan before it", rejectPlan({ turn: 2, proposal: 1 }), replaced],
  ["a rejection of an older turn's plan", rejectPlan({ turn: 1, proposal: 2 }), replaced],
  ["a stop", stop(), stops],
  ["a stop of the current turn", stop(2), stops],
  ["a stop of an older turn", stop(1), everywhere("TurnOver")],
  ["a stop of a turn to come", stop(3), everywhere("TurnOver")],
  ["a retry", retry(), retries],
  ["a retry of the last turn", retry(2), retries],
  ["a retry of an older turn", retry(1), everywhere("NothingToRetry")]
]

describe("the decision about", () => {
  for (const [name, command, decisions] of table) {
    it(`${name}, in every phase`, () => {
      const actual = Object.entries(states).map(([phase, state]) => [phase, show(state, command)])
      assert.deepStrictEqual(Object.fromEntries(actual), decisions)
    })
  }

  it("anything is made in the phases that it says", () =>
    assert.deepStrictEqual(
      Object.values(states).map(({ phase, turns }) => `${phase._tag} ${turns}`),
      ["Queued 1", "Active 2", "Waiting 2", "Resuming 2", "Stopping 2", "Ended 2", "Ended 2", "Ended 2"]
    ))

  it("a first turn that has not started can stop it by its number", () =>
    assert.deepStrictEqual([show(start, stop(1)), show(start, stop(2))], [accepted("StopRequested"), "TurnOver"]))
})

describe("a rejected command", () => {
  it("is told in a sentence that says where the session is now", () => {
    const tell = (command: SessionCommand, state = waiting) => rejection(state, command).message
    const plan1 = `this answer is for plan 1 of turn 2, which was replaced: session ${id} now waits for an answer to ` +
      "plan 2 of turn 2"
    assert.strictEqual(tell(approve({ turn: 2, proposal: 1 })), plan1)
    assert.strictEqual(tell(rejectPlan({ turn: 2, proposal: 1 })), plan1)
    assert.strictEqual(tell(stop(1)), `turn 1 of session ${id} is over; the session has moved on to turn 2`)
    assert.strictEqual(tell(stop(3)), `session ${id} has no turn 3; its current one is turn 2`)
    assert.strictEqual(tell(stop(0)), `session ${id} has no turn 0; its current one is turn 2`)
    assert.include(tell(retry(1), states["Ended error"]), "it has moved on since turn 1")
  })

  it("is rejected with an error of its own command", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.nat(1000), { maxLength: 60 }), (choices) => {
        for (const state of walk(choices, { approvePlan: true }).states) {
          for (const command of commands(state)) {
            const decision = decide(id, state, command)
            if (decision._tag === "Rejected") assert.isTrue(isRejectionOf(command)(decision.error), command._tag)
          }
        }
      }),
      { numRuns: 20 }
    ))

  it("may name any number", () => {
    for (const turn of [0, -1, 1.5, Number.NaN]) {
      assert.strictEqual(show(waiting, stop(turn)), "TurnOver")
      assert.strictEqual(show(waiting, approve({ turn, proposal: turn })), "PlanReplaced")
      assert.strictEqual(show(failed, retry(turn)), "NothingToRetry")
    }
  })
})

describe("the plan that an edge asks about before it answers", () => {
  const seen = (proposal: number | undefined, answers?: PlanRef): PlanRef | CommandRejected =>
    Either.merge(waitingPlan({ id, turn: 2, proposal }, answers))

  it("is the one that the decision would be about", () => {
    assert.deepStrictEqual(seen(2), current)
    assert.deepStrictEqual(seen(2, current), current)
    for (const old of [{ turn: 2, proposal: 1 }, { turn: 1, proposal: 2 }]) {
      assert.deepStrictEqual(seen(2, old), rejection(waiting, approve(old)))
    }
    assert.deepStrictEqual(seen(undefined), rejection(active, approve()))
    assert.deepStrictEqual(seen(undefined, current), rejection(active, approve(current)))
  })
})
