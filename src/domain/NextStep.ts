/**
 * What a session does next, as a function of its state. The actor performs the step, records its result as events, and
 * asks again; after a crash it asks the same question of the same log. So each step says how it is repeated.
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import { describeDuration } from "./EventText.ts"
import type * as Plan from "./Plan.ts"
import type * as Review from "./Review.ts"
import * as Event from "./SessionEvent.ts"
import { type AgentRun, currentTurn, Phase, Progress, type SessionState, type Turn } from "./SessionState.ts"

interface InTurn {
  readonly turn: Turn
}

export type Step = Data.TaggedEnum<{
  /** Nothing until a person acts. */
  Rest: object
  /** Take the waiting messages and begin. */
  StartTurn: { readonly turn: number; readonly prompt: string }
  /** Go on after an answer. */
  ResumeTurn: { readonly turn: number; readonly remainingMillis: number }
  /** Bring the mirror up to date and find the base. Repeated: fetched again. */
  PrepareRepository: InTurn
  /** Ask the model for a plan. Repeated: asked again. */
  MakePlan: InTurn & { readonly rejections: ReadonlyArray<string> }
  /** Put the plan before a person. */
  AskApproval: InTurn & { readonly plan: Plan.Plan }
  /** Run the agent in the workspace. Repeated: the sandbox is looked up by name and followed on; it is started anew only if it is gone. */
  RunAgent: InTurn & { readonly round: number; readonly started: boolean; readonly findings: Review.Review | undefined }
  /** Take the commits out and diff them. Repeated: taken again from the stopped sandbox. */
  CollectChanges: InTurn & { readonly run: AgentRun }
  /** Ask the model to review the diff. Repeated: asked again. */
  ReviewChanges: InTurn & { readonly run: AgentRun; readonly changes: Event.Changes }
  /** Push the branch. Repeated: pushing the same commit again is a no-op. */
  PushBranch: InTurn & { readonly changes: Event.Changes }
  /** Open or update the pull request. Repeated: looked up by its head branch first. */
  Propose: InTurn & { readonly run: AgentRun; readonly changes: Event.Changes; readonly review: Review.Review }
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
    Reviewing: ({ changes, run }) => Step.ReviewChanges({ turn, run, changes }),
    Pushing: ({ changes }) => Step.PushBranch({ turn, changes }),
    Proposing: ({ changes, review, run }) => Step.Propose({ turn, run, changes, review }),
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

/** The moment at which the running turn must be over. */
export const deadlineOf = (state: SessionState): DateTime.Utc | undefined =>
  state.phase._tag === "Active" ? state.phase.turn.deadline : undefined

/** The end of a turn that failed. */
export const failed = (state: SessionState, reason: string): Step =>
  Step.EndTurn({ turn: currentTurn(state), end: "error", text: reason })

/** The end of a turn whose time is used up. */
export const timedOut = (state: SessionState): Step =>
  failed(state, `timed out after ${describeDuration(state.spec.timeoutMillis)}`)

/** What a turn must have before it can be ended: its beginning. Empty where the turn has begun, or nothing is to be done. */
export const beginning = (state: SessionState, now: DateTime.Utc): ReadonlyArray<Event.SessionEvent> => {
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
