/**
 * What a session does next, as a function of its state. The actor performs the step, records the result as events, and
 * asks again. After a crash the same log leads to the same step, so each step says how it is repeated.
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import { describeDuration } from "./EventText.ts"
import type * as Plan from "./Plan.ts"
import * as Event from "./SessionEvent.ts"
import {
  type AgentRun,
  currentTurn,
  type Findings,
  Phase,
  Progress,
  type SessionState,
  type Turn
} from "./SessionState.ts"

interface InTurn {
  readonly turn: Turn
}

export type Step = Data.TaggedEnum<{
  /** Do nothing until a person acts. */
  Rest: object
  /** Take the waiting messages and start a turn. */
  StartTurn: { readonly turn: number; readonly prompt: string }
  /** Continue the turn after an answer. */
  ResumeTurn: { readonly turn: number; readonly remainingMillis: number }
  /** Update the mirror and find the base. Repeated: fetches again. */
  PrepareRepository: InTurn
  /** Ask the model for a plan. Repeated: asks again. */
  MakePlan: InTurn & { readonly rejections: ReadonlyArray<string> }
  /** Ask a person to approve the plan. */
  AskApproval: InTurn & { readonly plan: Plan.Plan }
  /**
   * Run the agent in the workspace. Repeated: finds the sandbox by name and follows it; starts a new one only if it is
   * gone.
   */
  RunAgent: InTurn & { readonly round: number; readonly started: boolean; readonly findings: Findings | undefined }
  /** Collect the commits and diff them. Repeated: collects again from the stopped sandbox. */
  CollectChanges: InTurn & { readonly run: AgentRun }
  /** Look for secrets in the diff. Repeated: looks again. */
  ScanChanges: InTurn & Omit<Extract<Progress, { readonly _tag: "Gating" }>, "_tag">
  /**
   * Run the repository's checks on the committed tree, in sandboxes of their own. Repeated: finds a sandbox by name and
   * follows it; starts a new one only if it is gone.
   */
  VerifyChanges: InTurn & Omit<Extract<Progress, { readonly _tag: "Verifying" }>, "_tag">
  /** Ask the model to review the diff. Repeated: asks again. */
  ReviewChanges: InTurn & Omit<Extract<Progress, { readonly _tag: "Reviewing" }>, "_tag">
  /** Push the branch. Repeated: pushing the same commit is a no-op. */
  PushBranch: InTurn & { readonly changes: Event.Changes }
  /** Open or update the pull request. Repeated: looks for one with the same head branch first. */
  Propose: InTurn & Omit<Extract<Progress, { readonly _tag: "Proposing" }>, "_tag">
  /** Clean up and write the turn's one ending event. */
  EndTurn: { readonly turn: number; readonly end: Event.TurnEnd; readonly text: string }
}>
export const Step = Data.taggedEnum<Step>()

const inTurn = (turn: Turn, progress: Progress): Step =>
  Progress.$match(progress, {
    Preparing: () => Step.PrepareRepository({ turn }),
    Planning: ({ rejections }) => Step.MakePlan({ turn, rejections }),
    Planned: ({ plan }) => Step.AskApproval({ turn, plan }),
    Coding: ({ findings, round, started }) => Step.RunAgent({ turn, round, started, findings }),
    Collecting: ({ run }) => Step.CollectChanges({ turn, run }),
    Gating: ({ changes, run }) => Step.ScanChanges({ turn, run, changes }),
    Verifying: ({ changes, run }) => Step.VerifyChanges({ turn, run, changes }),
    Reviewing: ({ changes, run, verification }) => Step.ReviewChanges({ turn, run, changes, verification }),
    Pushing: ({ changes }) => Step.PushBranch({ turn, changes }),
    Proposing: ({ changes, review, run, verification }) => Step.Propose({ turn, run, changes, verification, review }),
    Closing: ({ end, text }) => Step.EndTurn({ turn: turn.number, end, text })
  })

/** The next step of a session. */
export const nextStep = (state: SessionState): Step =>
  Phase.$match(state.phase, {
    Queued: () =>
      Step.StartTurn({ turn: state.turns + 1, prompt: state.inbox.map((message) => message.text).join("\n\n") }),
    Waiting: () => Step.Rest(),
    Resuming: ({ remainingMillis, turn }) => Step.ResumeTurn({ turn: turn.number, remainingMillis }),
    Active: ({ progress, turn }) => inTurn(turn, progress),
    Stopping: ({ text, turn }) => Step.EndTurn({ turn, end: "cancelled", text }),
    Ended: () => Step.Rest()
  })

/** Whether a step must wait for admission among the running sessions. Ending needs none: a stop never queues. */
export const needsAdmission = (step: Step): boolean => step._tag !== "Rest" && step._tag !== "EndTurn"

/** The time by which the running turn must end. */
export const deadlineOf = (state: SessionState): DateTime.Utc | undefined =>
  state.phase._tag === "Active" ? state.phase.turn.deadline : undefined

/** Ends a turn that failed. */
export const failed = (state: SessionState, reason: string): Step =>
  Step.EndTurn({ turn: currentTurn(state), end: "error", text: reason })

/** Ends a turn that used up its time. */
export const timedOut = (state: SessionState): Step =>
  failed(state, `timed out after ${describeDuration(state.spec.timeoutMillis)}`)

/** The event that a turn needs before it can end: its start. Empty if it has started. */
const beginning = (state: SessionState, now: DateTime.Utc): ReadonlyArray<Event.SessionEvent> => {
  const step = nextStep(state)
  switch (step._tag) {
    case "StartTurn":
      return [Event.TurnStarted.make({ turn: step.turn, prompt: step.prompt, deadline: now })]
    case "ResumeTurn":
      return [Event.TurnResumed.make({ turn: step.turn, deadline: now })]
    default:
      return []
  }
}

/**
 * The events that end the turn of a session that cannot be worked on any more; `reason` says why. A requested stop is
 * a stop all the same. Empty if no turn is running or due.
 */
export const abandonTurn = (
  state: SessionState,
  reason: string,
  now: DateTime.Utc
): ReadonlyArray<Event.SessionEvent> => {
  const step = nextStep(state)
  if (step._tag === "Rest") return []
  const turn = currentTurn(state)
  const [end, text]: readonly [Event.TurnEnd, string] = step._tag !== "EndTurn" || step.end === "complete"
    ? ["error", reason]
    : step.end === "cancelled"
    ? ["cancelled", step.text]
    : ["error", `${step.text}; ${reason}`]
  return [...beginning(state, now), Event.TurnEnded.make({ turn, end, text })]
}
