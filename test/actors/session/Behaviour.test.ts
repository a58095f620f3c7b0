/** Every message in every behaviour: what it leads to, and what is done about it. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import { Behaviour, isIdle, type Reaction, receive, settle } from "../../../src/actors/session/Behaviour.ts"
import { Message, StepOutcome } from "../../../src/actors/session/Messages.ts"
import type { Reply } from "../../../src/actors/session/Reply.ts"
import { BranchName, CommitId } from "../../../src/domain/Ids.ts"
import { nextStep, type Step } from "../../../src/domain/NextStep.ts"
import { SessionCommand } from "../../../src/domain/SessionCommand.ts"
import * as Event from "../../../src/domain/SessionEvent.ts"
import * as SessionFold from "../../../src/domain/SessionFold.ts"
import * as State from "../../../src/domain/SessionState.ts"
import { SessionLost } from "../../../src/services/store/SessionStore.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"
import { by, created, id } from "../../support/Walk.ts"

const deadline = DateTime.unsafeMake("2026-01-01T00:30:00Z")

// one session, as it goes on
const queued = State.create(created())
const active = SessionFold.evolve(queued, Event.TurnStarted.make({ turn: 1, prompt: "Fix the bug", deadline }))
const stopping = SessionFold.evolve(active, Event.StopRequested.make({ turn: 1, by }))
const ended = SessionFold.evolve(stopping, Event.TurnEnded.make({ turn: 1, end: "cancelled", text: "stopped by ada" }))
const next = SessionFold.evolve(ended, Event.MessageReceived.make({ messageId: "m", text: "again", by }))
const waiting = SessionFold.evolveAll(State.create(created({ approvePlan: true })), [
  Event.TurnStarted.make({ turn: 1, prompt: "Fix the bug", deadline }),
  Event.RepositoryPrepared.make({ turn: 1, base: BranchName.make("main"), commit: CommitId.make("a".repeat(40)) }),
  Event.PlanProduced.make({ turn: 1, plan: { title: "Fix it", markdown: "1. fix it" } }),
  Event.ApprovalRequested.make({ turn: 1, remainingMillis: 1000 })
])

const behaviours = {
  resting: Behaviour.Resting(),
  queued: Behaviour.Queued(),
  working: Behaviour.Working({ step: nextStep(active), begunWith: queued }),
  cleaningUp: Behaviour.Working({ step: nextStep(stopping), begunWith: active }),
  proceedLater: Behaviour.Interrupting({ then: "proceed" }),
  timeOutLater: Behaviour.Interrupting({ then: "time out" }),
  leaveLater: Behaviour.Interrupting({ then: "leave" }),
  stopped: Behaviour.Stopped()
}

const reply: Reply<unknown> = { complete: () => Effect.void }
const ask = (command: SessionCommand) => Message.Ask({ command, receipt: undefined, reply })
const record = (event: Event.SessionEvent) => Message.Record({ events: [event], patch: undefined, reply })
const over = (outcome: StepOutcome) => Message.StepEnded({ outcome })

const messages = {
  stop: ask(SessionCommand.Stop({ by })),
  message: ask(SessionCommand.Message({ messageId: "m", text: "and more", by })),
  approve: ask(SessionCommand.Approve({ plan: undefined, answers: undefined, by })),
  reject: ask(SessionCommand.Reject({ reason: "too big", answers: undefined, by })),
  retry: ask(SessionCommand.Retry({ turn: undefined, by })),
  facts: record(Event.UsageRecorded.make({
    ...{ turn: 1, source: "agent", model: "m" },
    usage: { inputTokens: 1, outputTokens: 1, costUsd: 0 }
  })),
  foreignFacts: record(Event.BranchPushed.make({
    ...{ turn: 1, branch: queued.branch, pullRequests: true },
    commit: CommitId.make("b".repeat(40))
  })),
  stepEnded: over(StepOutcome.Ended()),
  stepFailed: over(StepOutcome.Failed({ reason: "there is no such branch" })),
  stepDied: over(StepOutcome.Died({ cause: Cause.die("a bug") })),
  stepInterrupted: over(StepOutcome.Interrupted()),
  stepLost: over(StepOutcome.Unrecorded({ error: new SessionLost({ sessionId: id }) })),
  stepUnread: over(StepOutcome.Unrecorded({ error: new StoreError({ operation: "read events", cause: "full" }) })),
  admitted: Message.Admitted(),
  deadline: Message.DeadlinePassed({ deadline }),
  oldDeadline: Message.DeadlinePassed({ deadline: DateTime.subtract(deadline, { hours: 1 }) }),
  release: Message.Release()
}

const showStep = (step: Step): string => step._tag === "EndTurn" ? `EndTurn ${step.end}` : step._tag

const show = ({ actions, behaviour }: Reaction): string => {
  const to = behaviour._tag === "Working"
    ? `Working ${showStep(behaviour.step)}`
    : behaviour._tag === "Interrupting"
    ? `Interrupting, then ${behaviour.then}`
    : behaviour._tag
  return [to, ...actions.map((action) => action._tag)].join(" | ")
}

/** What each message leads to in a behaviour. */
const reactions = (behaviour: keyof typeof behaviours, state: State.SessionState) =>
  Record.map(messages, (message) => show(receive(id, behaviours[behaviour], state, message, { fourEyes: false })))

const heard = "Persist"
const ignored = (behaviour: string) => ({
  facts: `${behaviour} | RefuseFacts`,
  foreignFacts: `${behaviour} | RefuseFacts`,
  stepEnded: behaviour,
  stepFailed: behaviour,
  stepDied: behaviour,
  stepInterrupted: behaviour,
  stepLost: behaviour,
  stepUnread: behaviour,
  admitted: behaviour,
  deadline: behaviour,
  oldDeadline: behaviour
})

describe("an actor that rests", () => {
  it("hears people, and leaves when it is released", () =>
    assert.deepStrictEqual(reactions("resting", ended), {
      ...ignored("Resting"),
      stop: "Resting | Refuse",
      message: `Resting | ${heard}`,
      approve: "Resting | Refuse",
      reject: "Resting | Refuse",
      retry: `Resting | ${heard}`,
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
