/**
 * Folds a session's events into its state. `evolve` is total and pure; an event that does not fit the current state
 * leaves it unchanged (`admits` tells beforehand).
 */
import * as DateTime from "effect/DateTime"
import { deliver } from "./AgentMessages.ts"
import { budgetStep } from "./BudgetWait.ts"
import { questionStep } from "./QuestionWait.ts"
import type * as Event from "./SessionEvent.ts"
import {
  create,
  currentTurn,
  Phase,
  planWaiting,
  Progress,
  resuming,
  type SessionState,
  type Turn,
  Wait
} from "./SessionState.ts"
import { facets } from "./TurnFacets.ts"
import { advance, firstRound } from "./TurnProgress.ts"
import { collectedLate, uncollectedRound } from "./UncollectedWork.ts"
import * as Usage from "./Usage.ts"

/** Ends a turn. Waiting messages start the next turn at once, except those that arrived before a stop. */
const end = (state: SessionState, event: typeof Event.TurnEnded.Type): SessionState => ({
  ...state,
  turns: Math.max(state.turns, event.turn),
  phase: state.inbox.length > (state.phase._tag === "Stopping" ? state.phase.waiting : 0)
    ? Phase.Queued()
    : Phase.Ended({ end: event.end, text: event.text })
})

/** The next state, or `undefined` if the event does not fit. */
const step = (state: SessionState, event: Event.SessionEvent): SessionState | undefined => {
  const { phase } = state
  switch (event._tag) {
    case "SessionCreated":
      return undefined
    case "MessageReceived": {
      const inbox = [...state.inbox, { id: event.messageId, text: event.text }]
      return { ...state, inbox, phase: phase._tag === "Ended" ? Phase.Queued() : phase }
    }
    case "MessageDelivered": {
      const given = deliver(state, event)
      return given === undefined || phase._tag !== "Active"
        ? undefined
        : {
          ...state,
          inbox: given.inbox,
          lastPrompt: given.turn.prompt,
          phase: Phase.Active({ ...phase, turn: given.turn })
        }
    }
    case "TurnStarted": {
      if (phase._tag !== "Queued" || event.turn !== state.turns + 1) return undefined
      const turn: Turn = {
        number: event.turn,
        prompt: event.prompt,
        startedAt: DateTime.subtractDuration(event.deadline, state.spec.timeoutMillis),
        deadline: event.deadline,
        hasAsked: false,
        plan: undefined,
        reviews: [],
        delivered: []
      }
      return {
        ...state,
        turns: event.turn,
        inbox: [],
        lastPrompt: turn.prompt,
        start: undefined,
        phase: Phase.Active({ turn, progress: Progress.Preparing() })
      }
    }
    case "TurnResumed":
      return phase._tag === "Resuming" && phase.turn.number === event.turn
        ? {
          ...state,
          phase: Phase.Active({ turn: { ...phase.turn, deadline: event.deadline }, progress: phase.progress })
        }
        : undefined
    case "ApprovalRequested":
      return phase._tag === "Active" && phase.progress._tag === "Planned"
        ? {
          ...state,
          phase: Phase.Waiting({
            turn: phase.turn,
            on: Wait.Approval({ plan: phase.progress.plan, rejections: phase.progress.rejections }),
            remainingMillis: event.remainingMillis
          })
        }
        : undefined
    case "PlanApproved": {
      const waiting = planWaiting(state)
      if (phase._tag !== "Waiting" || waiting === undefined) return undefined
      const plan = event.plan ?? waiting.plan
      return { ...state, plan, phase: resuming({ ...phase, turn: { ...phase.turn, plan } }, firstRound) }
    }
    case "PlanRejected": {
      const waiting = planWaiting(state)
      if (phase._tag !== "Waiting" || waiting === undefined) return undefined
      return {
        ...state,
        phase: resuming(phase, Progress.Planning({ rejections: [...waiting.rejections, event.reason] }))
      }
    }
    case "QuestionsAsked":
    case "QuestionsAnswered":
    case "QuestionsUnanswered":
      return questionStep(state, event)
    case "BudgetReached":
    case "DayBudgetReached":
    case "BudgetRaised":
    case "DayBudgetRaised":
    case "DayBudgetFreed":
      return budgetStep(state, event)
    case "StopRequested":
      return phase._tag !== "Ended" && phase._tag !== "Stopping" && event.turn === currentTurn(state)
        ? { ...state, phase: stopping(state, event) }
        : undefined
    case "RetryRequested": {
      if (phase._tag !== "Ended") return undefined
      const inbox = state.inbox.length > 0 ? state.inbox : [{ id: "retry", text: state.lastPrompt }]
      return { ...state, inbox, phase: Phase.Queued() }
    }
    case "UsageRecorded":
      // a stopped or waiting turn's usage counts, too
      return phase._tag !== "Queued" && phase._tag !== "Ended" && currentTurn(state) === event.turn
        ? { ...state, usage: Usage.add(state.usage, event.usage), ...counted(state, event) }
        : undefined
    case "EndpointRefused":
      return phase._tag === "Active" && currentTurn(state) === event.turn ? state : undefined
    case "TurnEnded":
      return endsTurn(state, event) ? end(state, event) : undefined
    default: {
      const late = collectedLate(phase, event)
      if (late !== undefined) return { ...facets(state, event), phase: late }
      if (phase._tag !== "Active" || event.turn !== phase.turn.number) return undefined
      const next = advance(state, phase.turn, phase.progress, event)
      return next === undefined ? undefined : { ...facets(state, event), phase: Phase.Active(next) }
    }
  }
}

/** How many counted calls are known: more than can be under way at once, whose records may still be there. */
const mostCounted = 512

const counted = (
  { countedCalls = [] }: SessionState,
  { calls }: typeof Event.UsageRecorded.Type
): Pick<SessionState, "countedCalls"> =>
  calls === undefined ? {} : { countedCalls: [...countedCalls, ...calls].slice(-mostCounted) }

const stopping = (state: SessionState, { by, turn }: typeof Event.StopRequested.Type): Phase =>
  Phase.Stopping({
    turn,
    text: `stopped by ${by.name}`,
    waiting: state.inbox.length,
    uncollected: uncollectedRound(state)
  })

/** Each turn has one ending event: while stopping only `cancelled` ends it, otherwise anything but `cancelled`. */
const endsTurn = (state: SessionState, event: typeof Event.TurnEnded.Type): boolean =>
  event.turn === currentTurn(state) &&
  (event.end === "cancelled" ? state.phase._tag === "Stopping" : state.phase._tag === "Active")

/** Whether an event fits the current state. The store accepts no other. */
export const admits = (state: SessionState, event: Event.SessionEvent): boolean => step(state, event) !== undefined

/** The first of consecutive events that does not fit; `undefined` if all do. */
export const firstRefused = (
  state: SessionState,
  events: ReadonlyArray<Event.SessionEvent>
): Event.SessionEvent | undefined => {
  let current = state
  for (const event of events) {
    const next = step(current, event)
    if (next === undefined) return event
    current = next
  }
  return undefined
}

/** The state after an event. */
export const evolve = (state: SessionState, event: Event.SessionEvent): SessionState => step(state, event) ?? state

/** The state after several events. */
export const evolveAll = (state: SessionState, events: ReadonlyArray<Event.SessionEvent>): SessionState =>
  events.reduce(evolve, state)

/** The state of a session from all its events; `undefined` unless they begin with its creation. */
export const fold = (events: ReadonlyArray<Event.SessionEvent>): SessionState | undefined => {
  const [first, ...rest] = events
  return first?._tag === "SessionCreated" ? evolveAll(create(first), rest) : undefined
}
