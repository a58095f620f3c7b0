/** Every behaviour, every message, and what an actor does about it, as text. */
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import { Behaviour, type Reaction, receive } from "../../../src/actors/session/Behaviour.ts"
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
export const queued = State.create(created())
export const active = SessionFold.evolve(queued, Event.TurnStarted.make({ turn: 1, prompt: "Fix the bug", deadline }))
export const stopping = SessionFold.evolve(active, Event.StopRequested.make({ turn: 1, by }))
export const ended = SessionFold.evolve(
  stopping,
  Event.TurnEnded.make({ turn: 1, end: "cancelled", text: "stopped by ada" })
)
export const next = SessionFold.evolve(ended, Event.MessageReceived.make({ messageId: "m", text: "again", by }))
export const waiting = SessionFold.evolveAll(State.create(created({ approvePlan: true })), [
  Event.TurnStarted.make({ turn: 1, prompt: "Fix the bug", deadline }),
  Event.RepositoryPrepared.make({ turn: 1, base: BranchName.make("main"), commit: CommitId.make("a".repeat(40)) }),
  Event.PlanProduced.make({ turn: 1, plan: { title: "Fix it", markdown: "1. fix it" } }),
  Event.ApprovalRequested.make({ turn: 1, remainingMillis: 1000 })
])

export const behaviours = {
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
const record = (event: Event.SessionEvent) => Message.Record({ events: [event], attachment: undefined, reply })
const over = (outcome: StepOutcome) => Message.StepEnded({ outcome })

export const messages = {
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
  checkAdmission: Message.CheckAdmission(),
  deadline: Message.DeadlinePassed({ deadline }),
  oldDeadline: Message.DeadlinePassed({ deadline: DateTime.subtract(deadline, { hours: 1 }) }),
  release: Message.Release()
}

const showStep = (step: Step): string => step._tag === "EndTurn" ? `EndTurn ${step.end}` : step._tag

export const show = ({ actions, behaviour }: Reaction): string => {
  const to = behaviour._tag === "Working"
    ? `Working ${showStep(behaviour.step)}`
    : behaviour._tag === "Interrupting"
    ? `Interrupting, then ${behaviour.then}`
    : behaviour._tag
  return [to, ...actions.map((action) => action._tag)].join(" | ")
}

/** What each message leads to in a behaviour. */
export const reactions = (behaviour: keyof typeof behaviours, state: State.SessionState) =>
  Record.map(messages, (message) => show(receive(id, behaviours[behaviour], state, message, { fourEyes: false })))

export const heard = "Persist"
export const ignored = (behaviour: string) => ({
  facts: `${behaviour} | RefuseFacts`,
  foreignFacts: `${behaviour} | RefuseFacts`,
  stepEnded: behaviour,
  stepFailed: behaviour,
  stepDied: behaviour,
  stepInterrupted: behaviour,
  stepLost: behaviour,
  stepUnread: behaviour,
  admitted: behaviour,
  checkAdmission: behaviour,
  deadline: behaviour,
  oldDeadline: behaviour
})
