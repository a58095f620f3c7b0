/** Every message in every behaviour: what it leads to, and what is done about it. */
import { assert, describe, it } from "@effect/vitest"
import * as Record from "effect/Record"
import { Behaviour, isIdle, receive, settle } from "../../../src/actors/session/Behaviour.ts"
import { nextStep } from "../../../src/domain/NextStep.ts"
import type * as State from "../../../src/domain/SessionState.ts"
import { id } from "../../support/Walk.ts"
import {
  active,
  behaviours,
  ended,
  heard,
  ignored,
  messages,
  next,
  queued,
  reactions,
  show,
  stopping,
  waiting
} from "./BehaviourKit.ts"

describe("an actor that rests", () => {
  it("hears people, and leaves when it is released", () =>
    assert.deepStrictEqual(reactions("resting", ended), {
      ...ignored("Resting"),
      stop: "Resting | Refuse",
      message: `Resting | ${heard}`,
      approve: "Resting | Refuse",
      reject: "Resting | Refuse",
      retry: `Resting | ${heard}`,
      // needs no admission, so it does not keep one that it was given
      checkAdmission: "Resting | ReleaseAdmission",
      release: "Stopped"
    }))
})

describe("an actor that waits for approval", () => {
  it("hears the answer", () => {
    const { approve, reject, retry } = reactions("resting", waiting)
    assert.deepStrictEqual({ approve, reject, retry }, {
      approve: `Resting | ${heard}`,
      reject: `Resting | ${heard}`,
      retry: "Resting | Refuse"
    })
  })
})

describe("an actor that waits for admission", () => {
  it("begins with the turn when it is admitted", () =>
    assert.deepStrictEqual(reactions("queued", queued), {
      ...ignored("Queued"),
      stop: `Queued | ${heard}`,
      message: `Queued | ${heard}`,
      approve: "Queued | Refuse",
      reject: "Queued | Refuse",
      retry: "Queued | Refuse",
      admitted: "Working StartTurn | Perform",
      checkAdmission: "Queued | RequestAdmission",
      release: "Stopped"
    }))
})

describe("an actor with a step under way", () => {
  it("records what the step has to say, ends the turn where it fails, and interrupts it at the deadline", () =>
    assert.deepStrictEqual(reactions("working", active), {
      stop: `Working PrepareRepository | ${heard}`,
      message: `Working PrepareRepository | ${heard}`,
      approve: "Working PrepareRepository | Refuse",
      reject: "Working PrepareRepository | Refuse",
      retry: "Working PrepareRepository | Refuse",
      facts: `Working PrepareRepository | ${heard}`,
      foreignFacts: "Working PrepareRepository | RefuseFacts",
      stepEnded: "Queued | RequestAdmission",
      stepFailed: "Working EndTurn error | Perform",
      stepDied: "Working EndTurn error | Perform",
      stepInterrupted: "Working EndTurn error | Perform",
      stepLost: "Stopped | Fail",
      stepUnread: "Stopped | Fail",
      admitted: "Working PrepareRepository",
      checkAdmission: "Working PrepareRepository",
      deadline: "Interrupting, then time out | Interrupt",
      oldDeadline: "Working PrepareRepository",
      release: "Interrupting, then leave | Interrupt"
    }))

  it("cleans up after a stop, and gives admission back when that is done; a defect in it is for the supervisor", () =>
    assert.deepStrictEqual(reactions("cleaningUp", stopping), {
      stop: `Working EndTurn cancelled | ${heard}`,
      message: `Working EndTurn cancelled | ${heard}`,
      approve: "Working EndTurn cancelled | Refuse",
      reject: "Working EndTurn cancelled | Refuse",
      retry: "Working EndTurn cancelled | Refuse",
      facts: `Working EndTurn cancelled | ${heard}`,
      foreignFacts: "Working EndTurn cancelled | RefuseFacts",
      stepEnded: "Working EndTurn cancelled | ReleaseAdmission | Perform",
      stepFailed: "Working EndTurn cancelled | Perform",
      stepDied: "Stopped | Fail",
      stepInterrupted: "Stopped | Fail",
      stepLost: "Stopped | Fail",
      stepUnread: "Stopped | Fail",
      admitted: "Working EndTurn cancelled",
      checkAdmission: "Working EndTurn cancelled",
      deadline: "Working EndTurn cancelled",
      oldDeadline: "Working EndTurn cancelled",
      release: "Interrupting, then leave | Interrupt"
    }))

  it("takes a step that changed nothing for a defect: it would be repeated for ever", () => {
    const stuck = Behaviour.Working({ step: nextStep(active), begunWith: active })
    assert.strictEqual(
      show(receive(id, stuck, active, messages.stepEnded, { fourEyes: false })),
      "Working EndTurn error | Perform"
    )
  })

  it("ends the turn as stopped where a stop was recorded before the step failed", () => {
    const { stepFailed } = reactions("working", stopping)
    assert.strictEqual(stepFailed, "Working EndTurn cancelled | Perform")
  })

  it("queues anew for the next turn when one is over", () => {
    const over = receive(id, behaviours.cleaningUp, next, messages.stepEnded, { fourEyes: false })
    assert.strictEqual(show(over), "Queued | ReleaseAdmission | RequestAdmission")
  })
})

describe("an actor that interrupts its step", () => {
  const whateverComes = {
    stop: heard,
    message: heard,
    approve: "Refuse",
    reject: "Refuse",
    retry: "Refuse",
    facts: heard,
    foreignFacts: "RefuseFacts"
  }
  const waits = (behaviour: string) => ({
    ...Record.map(whateverComes, (actions) => `${behaviour} | ${actions}`),
    admitted: behaviour,
    checkAdmission: behaviour,
    deadline: behaviour,
    oldDeadline: behaviour,
    release: "Interrupting, then leave"
  })
  const ends = (then: string) => ({
    stepEnded: then,
    stepFailed: then,
    stepDied: then,
    stepInterrupted: then,
    stepLost: then,
    stepUnread: then
  })

  it("because of a stop, cleans up when the step has ended, however that came", () =>
    assert.deepStrictEqual(reactions("proceedLater", stopping), {
      ...waits("Interrupting, then proceed"),
      ...ends("Working EndTurn cancelled | Perform")
    }))

  it("because of the deadline, ends the turn when the step has ended", () =>
    assert.deepStrictEqual(reactions("timeOutLater", active), {
      ...waits("Interrupting, then time out"),
      ...ends("Working EndTurn error | Perform")
    }))

  it("because of the deadline, ends it as stopped where a stop came meanwhile", () =>
    assert.strictEqual(reactions("timeOutLater", stopping).stepEnded, "Working EndTurn cancelled | Perform"))

  it("because it is released, leaves when the step has ended", () =>
    assert.deepStrictEqual(reactions("leaveLater", active), {
      ...waits("Interrupting, then leave"),
      ...ends("Stopped")
    }))
})

describe("an actor that has left", () => {
  it("decides nothing: whoever asks or records is told that it is gone", () =>
    assert.deepStrictEqual(reactions("stopped", active), {
      ...ignored("Stopped"),
      ...Record.map(
        { stop: 0, message: 0, approve: 0, reject: 0, retry: 0, facts: 0, foreignFacts: 0 },
        () => "Stopped | Abandon"
      ),
      release: "Stopped"
    }))
})

describe("an actor that only waits", () => {
  it("may leave memory; one with a step may not", () =>
    assert.deepStrictEqual(Record.map(behaviours, isIdle), {
      resting: true,
      queued: true,
      working: false,
      cleaningUp: false,
      proceedLater: false,
      timeOutLater: false,
      leaveLater: false,
      stopped: false
    }))
})

describe("the consequence of a state", () => {
  const settled = (behaviour: keyof typeof behaviours, state: State.SessionState) =>
    show(settle(behaviours[behaviour], state))

  it("for an actor without a step is the next step, the queue for it, or rest", () => {
    for (const behaviour of ["resting", "queued"] as const) {
      assert.strictEqual(settled(behaviour, queued), "Queued | RequestAdmission")
      assert.strictEqual(settled(behaviour, active), "Queued | RequestAdmission")
      assert.strictEqual(settled(behaviour, stopping), "Working EndTurn cancelled | Perform")
      assert.strictEqual(settled(behaviour, ended), "Resting | ReleaseAdmission")
      assert.strictEqual(settled(behaviour, next), "Queued | RequestAdmission")
    }
  })

  it("for an actor with a step is nothing, unless a stop has made the step void", () => {
    assert.strictEqual(settled("working", active), "Working PrepareRepository")
    assert.strictEqual(settled("working", stopping), "Interrupting, then proceed | Interrupt")
    assert.strictEqual(settled("cleaningUp", stopping), "Working EndTurn cancelled")
  })

  it("for an actor that interrupts or has left is nothing", () => {
    assert.strictEqual(settled("timeOutLater", stopping), "Interrupting, then time out")
    assert.strictEqual(settled("stopped", queued), "Stopped")
  })
})
