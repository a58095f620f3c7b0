/**
 * Messages that reach an agent while it is at work. When it has ended its turn, its host in the sandbox asks the server
 * for what has come meanwhile (`POST` to `messagesPath` at the gateway), and the agent goes on with it in the same round.
 *
 * The host names the last message that it has: a question whose answer was lost is asked again, and nothing is given
 * twice. Pure.
 */
import * as Schema from "effect/Schema"
import * as Event from "./SessionEvent.ts"
import type { Message, SessionState, Turn } from "./SessionState.ts"

/**
 * The gateway's path for the question. Its parameter `after` names the last message that the agent has; without it, it has
 * none.
 */
export const messagesPath = "/opentl/messages"

/** The messages that it does not have, oldest first. */
export const MessagesAnswer = Schema.Array(Schema.Struct({ id: Schema.NonEmptyString, text: Schema.String }))
export type MessagesAnswer = typeof MessagesAnswer.Type

interface Round {
  readonly turn: number
  readonly round: number
}

/** The turn, if its agent works on this round. */
const workingTurn = ({ phase }: Pick<SessionState, "phase">, { round, turn }: Round): Turn | undefined =>
  phase._tag === "Active" && phase.turn.number === turn && phase.progress._tag === "Coding" &&
    phase.progress.started && phase.progress.round === round
    ? phase.turn
    : undefined

/** What giving the waiting messages to a round's agent adds to the log. Nothing, if it does not work on that round now. */
export const deliveries = (
  state: Pick<SessionState, "phase" | "inbox">,
  at: Round
): ReadonlyArray<typeof Event.MessageDelivered.Type> =>
  workingTurn(state, at) === undefined
    ? []
    : state.inbox.map(({ id, text }) => Event.MessageDelivered.make({ ...at, messageId: id, text }))

/** What the agent of a round is to be given, where `after` is the last that it has. */
export const dueTo = (state: Pick<SessionState, "phase">, at: Round, after: string | undefined): MessagesAnswer => {
  const turn = workingTurn(state, at)
  return turn === undefined ? [] : turn.delivered.slice(turn.delivered.findIndex(({ id }) => id === after) + 1)
}

/** The turn and the inbox after a delivery; undefined if the message does not wait or the agent is not at work. */
export const deliver = (
  state: Pick<SessionState, "phase" | "inbox">,
  event: typeof Event.MessageDelivered.Type
): { readonly turn: Turn; readonly inbox: ReadonlyArray<Message> } | undefined => {
  const turn = workingTurn(state, event)
  const message = state.inbox.find(({ id }) => id === event.messageId)
  if (turn === undefined || message === undefined) return undefined
  return {
    // what the turn was asked for grows by it, for the reviewer and for later rounds
    turn: { ...turn, prompt: `${turn.prompt}\n\n${message.text}`, delivered: [...turn.delivered, message] },
    inbox: state.inbox.filter(({ id }) => id !== message.id)
  }
}
