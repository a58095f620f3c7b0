/** Follows a session's turn to its end, and prints events. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SessionEventView } from "../domain/EventText.ts"
import { SessionId } from "../domain/Ids.ts"
import type { Session } from "../domain/Session.ts"
import type { SessionEvent, TurnEnded } from "../domain/SessionEvent.ts"
import { eventText } from "./EventLines.ts"
import { lostServer } from "./Failure.ts"
import { jsonLine } from "./Json.ts"
import type { Connection } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"

const encodeEvent = jsonLine(SessionEventView)

/** How events are printed: as JSON, or for people; on a terminal as wide as it is by then. */
export const eventPrinter = (
  json: boolean
): Effect.Effect<(event: SessionEventView) => Effect.Effect<string>, never, Stdio> =>
  Effect.map(Stdio, ({ columns, style }) => {
    const zone = DateTime.zoneMakeLocal()
    return (event) =>
      json
        ? Effect.succeed(encodeEvent(event))
        : Effect.map(columns, (width) => eventText(event, { style, zone, columns: width }))
  })

/** Whether the plan is put before a person by this event. */
export const asksApproval = (event: SessionEventView): boolean =>
  Option.exists(event.fact, ({ _tag }) => _tag === "ApprovalRequested")

/** Whether the turn waits for a budget from here on. */
export const reachesBudget = (event: SessionEventView): boolean =>
  Option.exists(event.fact, ({ _tag }) => _tag === "BudgetReached" || _tag === "DayBudgetReached")

/** Whether something was added to a budget that the turn waited for. */
export const addsBudget = (event: SessionEventView): boolean => Option.exists(event.fact, ({ _tag }) => added.has(_tag))

const added: ReadonlySet<SessionEvent["_tag"]> = new Set(["BudgetRaised", "DayBudgetRaised", "DayBudgetFreed"])

/** Whether the planner waits for an answer from here on. */
export const asksQuestions = (event: SessionEventView): boolean =>
  Option.exists(event.fact, ({ _tag }) => _tag === "QuestionsAsked")

const answers: ReadonlySet<SessionEvent["_tag"]> = new Set([
  "PlanApproved",
  "PlanRejected",
  "QuestionsAnswered",
  "QuestionsUnanswered",
  "StopRequested",
  "TurnEnded"
])

/** Whether a plan that waited is answered by this event. */
export const answersApproval = (event: SessionEventView): boolean =>
  Option.exists(event.fact, ({ _tag }) => answers.has(_tag))

/** How a turn ended; `text` is the pull request's URL, a local repository's branch, the answer, or why not. */
type Outcome = typeof TurnEnded.Type

/** What a follower knows of the session. */
interface Seen {
  /** The turn that is on, or was last. */
  readonly turn: number
  /**
   * The turn before the one that takes the message: the one that was on when it arrived, unless the message reached that
   * one's agent. Infinity as long as it has not arrived.
   */
  readonly takenIn: number
}

/** What is known after an event, and how the turn ended where that is the event's fact. */
const advance = (seen: Seen, event: SessionEventView, message: string | undefined) =>
  Option.match(event.fact, {
    onNone: () => [seen, Option.none<Outcome>()] as const,
    onSome: (fact) => {
      const arrives = fact._tag === "MessageReceived" && fact.messageId === message
      const reaches = fact._tag === "MessageDelivered" && fact.messageId === message
      const takenIn = arrives ? Math.min(seen.turn, seen.takenIn) : reaches ? fact.turn - 1 : seen.takenIn
      const turn = "turn" in fact ? Math.max(seen.turn, fact.turn) : seen.turn
      const outcome = fact._tag === "TurnEnded" && fact.turn > takenIn ? Option.some(fact) : Option.none<Outcome>()
      return [{ turn, takenIn }, outcome] as const
    }
  })

/** The events stopped before the turn did: the server went away for good. */
export class TurnLost
  extends Schema.TaggedError<TurnLost>()("TurnLost", { sessionId: SessionId, reason: Schema.String })
{
  override get message() {
    return `lost sight of session ${this.sessionId}: ${this.reason} (watch it with opentl logs ${this.sessionId} --follow)`
  }
}

/**
 * Follows a turn to its end. Without `message` it is the next turn that ends; with it, the turn that takes that message:
 * the one that is on if its agent is given it, else the next one. `onEvent` is told which event is the result.
 */
export const followTurn = <E, R>(
  { sessions }: Connection,
  session: Session,
  options: { readonly after: number; readonly message?: string },
  onEvent: (event: SessionEventView, isResult: boolean) => Effect.Effect<void, E, R>
) =>
  sessions.events(session.id, options.after).pipe(
    Stream.catchTag("StoreError", (error) => {
      const reason = lostServer(error)
      return Stream.fail(reason === undefined ? error : new TurnLost({ sessionId: session.id, reason }))
    }),
    Stream.mapAccum({ turn: session.turn, takenIn: options.message === undefined ? 0 : Infinity }, (seen, event) => {
      const [next, outcome] = advance(seen, event, options.message)
      return [next, { event, outcome }] as const
    }),
    Stream.tap(({ event, outcome }) => onEvent(event, Option.isSome(outcome))),
    Stream.filterMap(({ outcome }) => outcome),
    Stream.runHead,
    Effect.flatMap(Option.match({
      onSome: Effect.succeed,
      onNone: () =>
        new TurnLost({ sessionId: session.id, reason: "the server closed the stream before the turn's end" })
    }))
  )
