/** How a turn waits for answers to its planner's questions, and goes on with them or without. Pure. */
import { numbered } from "./QuestionText.ts"
import type * as Event from "./SessionEvent.ts"
import { Phase, Progress, resuming, type SessionState, type Turn, Wait } from "./SessionState.ts"

type QuestionEvent =
  | typeof Event.QuestionsAsked.Type
  | typeof Event.QuestionsAnswered.Type
  | typeof Event.QuestionsUnanswered.Type

/** Whether the planner may ask in this turn: where the session allows it, once. */
export const mayAsk = ({ spec }: Pick<SessionState, "spec">, turn: Turn): boolean =>
  spec.questionMillis !== undefined && !turn.hasAsked

/** What was asked becomes part of what the turn is for: planner, agent and reviewer read it. */
const asked = (turn: Turn, questions: ReadonlyArray<string>, answer: string): Turn => ({
  ...turn,
  prompt: `${turn.prompt}\n\nBefore planning it was asked:\n\n${numbered(questions)}\n\n${answer}`
})

const unanswered = (assumptions: ReadonlyArray<string>): string =>
  assumptions.length === 0
    ? "Nobody has answered. State in the plan what is assumed instead, and go on with that."
    : `Nobody has answered. State in the plan that this is assumed, and go on with it:\n\n${numbered(assumptions)}`

/** The next state, or `undefined` if the event does not fit. */
export const questionStep = (state: SessionState, event: QuestionEvent): SessionState | undefined => {
  const { phase } = state
  switch (event._tag) {
    case "QuestionsAsked": {
      if (phase._tag !== "Active" || phase.turn.number !== event.turn) return undefined
      const { progress, turn } = phase
      if (progress._tag !== "Planning" || !mayAsk(state, turn)) return undefined
      const { assumptions = [], questions, remainingMillis, until } = event
      const on = Wait.Answers({ questions, assumptions, until, rejections: progress.rejections })
      return { ...state, phase: Phase.Waiting({ turn: { ...turn, hasAsked: true }, on, remainingMillis }) }
    }
    case "QuestionsAnswered":
    case "QuestionsUnanswered": {
      if (phase._tag !== "Waiting" || phase.on._tag !== "Answers" || phase.turn.number !== event.turn) return undefined
      const message = event._tag === "QuestionsAnswered"
        ? state.inbox.find(({ id }) => id === event.messageId)
        : { id: undefined, text: unanswered(phase.on.assumptions) }
      if (message === undefined) return undefined
      const answer = event._tag === "QuestionsAnswered" ? `The answer:\n\n${message.text}` : message.text
      const turn = asked(phase.turn, phase.on.questions, answer)
      return {
        ...state,
        inbox: state.inbox.filter(({ id }) => id !== message.id),
        lastPrompt: turn.prompt,
        phase: resuming({ ...phase, turn }, Progress.Planning({ rejections: phase.on.rejections }))
      }
    }
  }
}
