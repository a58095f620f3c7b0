/**
 * Shows a turn to the person who waits for it, and ends with the turn's result. Shared by the commands that start a
 * turn.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { SessionEventView } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import type { Session } from "../domain/Session.ts"
import { askApproval, howToAnswer } from "./Approval.ts"
import { howToAdd } from "./BudgetText.ts"
import { Detached, TurnFailed } from "./Failure.ts"
import {
  addsBudget,
  answersApproval,
  asksApproval,
  asksQuestions,
  eventPrinter,
  followTurn,
  reachesBudget
} from "./Follow.ts"
import { type Connection, StartFailed } from "./Program.ts"
import { askAnswer, howToTell } from "./Questions.ts"
import * as LiveLine from "./terminal/LiveLine.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { advance, closingLine, initial, isPrinted, reasonOf, statusLine } from "./TurnView.ts"

export interface TurnOptions {
  readonly after: number
  readonly message?: string
  readonly json: boolean
  /** Whether a plan is already waiting for approval, so that no event will announce it. */
  readonly isWaiting?: boolean
}

/**
 * Ctrl-C: a session on a server continues without us, or waits on, and `how` says how to answer; one in this process would
 * have nobody to work on it, so it is stopped.
 */
const letGo = ({ by, place, sessions }: Connection, id: SessionId, how: string | undefined) =>
  Effect.flatMap(Stdio, (stdio) =>
    place._tag === "Server"
      ? stdio.err(
        `\ndetached: ${
          how ?? "the session continues"
        }; watch it with opentl logs ${id} --follow, stop it with opentl stop ${id}\n`
      )
      : stdio.err(`\nstopping session ${id} …\n`).pipe(
        Effect.zipRight(sessions.stop(id, by)),
        Effect.zipRight(stdio.err("stopped\n")),
        Effect.catchTag("SessionEnded", () => Effect.void),
        Effect.catchAll((error) => stdio.err(`error: ${oneLine(error.message)}\n`))
      ))

/**
 * The person leaves a question, and is told how to answer it later. What waits needs no process, so it keeps waiting, in
 * embedded mode too.
 */
const leave = ({ place }: Connection, id: SessionId, how: string) =>
  Effect.flatMap(Stdio, (stdio) =>
    stdio.err(
      place._tag === "Server"
        ? `detached: ${how}; watch it with opentl logs ${id} --follow\n`
        : `detached: ${how}; add --follow to continue the session here, else the next opentl serve does\n`
    ))

/** A plan is waiting: asks a person at the terminal, tells anyone else how to answer. */
const onApproval = (connection: Connection, id: SessionId, options: { readonly isShown: boolean }) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    if (stdio.inIsTty && stdio.errIsTty) return yield* askApproval(connection, id, options)
    yield* stdio.err(`${howToAnswer(id)}\n`)
    return "answered" as const
  })

/** The turn waits for a budget. On a server it goes on when somebody adds to it; here nobody would work on it. */
const onBudget = ({ place }: Connection, id: SessionId) =>
  Effect.flatMap(Stdio, (stdio) =>
    place._tag === "Server"
      ? stdio.err(`${howToAdd(id)}\n`)
      : new StartFailed({
        reason: `${howToAdd(id)}; the session continues with the next opentl serve, or add --follow to continue it here`
      }))

/** The planner asks: a person at the terminal answers, anyone else is told how to. */
const onQuestions = (connection: Connection, id: SessionId) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    if (stdio.inIsTty && stdio.errIsTty) return yield* askAnswer(connection, id)
    yield* stdio.err(`${howToTell(id)}\n`)
    return "answered" as const
  })

/** Nobody else can answer while this process owns the data directory, so it must not wait. */
const waitsInVain = (how: string, command: string) =>
  new StartFailed({ reason: `${how}; the session continues with the next opentl serve, or with ${command} --follow` })

/** What a watched turn has come to. */
interface Watched {
  /** The last event that was shown. */
  readonly event: number
  /** How to let the session go on that waits for a person. */
  readonly how: string | undefined
}

/** Follows one turn to its end. */
const showOne = (connection: Connection, session: Session, options: TurnOptions, watched: Ref.Ref<Watched>) =>
  Effect.gen(function*() {
    const waitFor = (how: string | undefined) => Ref.update(watched, (before) => ({ ...before, how }))
    const stdio = yield* Stdio
    const left = yield* Deferred.make<{ readonly asked: "left" | "interrupted"; readonly how: string }>()

    const turn = Effect.gen(function*() {
      const show = yield* eventPrinter(options.json)
      const live = yield* LiveLine.make
      const approval = yield* FiberHandle.make<unknown, Effect.Effect.Error<ReturnType<typeof onApproval>>>()
      const canAnswer = connection.place._tag === "Server" || (stdio.inIsTty && stdio.errIsTty)
      let view = initial
      let isAsking = false

      const ask = (how: string, command: string, question: ReturnType<typeof onApproval>) =>
        Effect.gen(function*() {
          isAsking = true
          yield* waitFor(how)
          yield* live.say("")
          if (!canAnswer) return yield* waitsInVain(how, command)
          yield* FiberHandle.run(
            approval,
            Effect.flatMap(
              question,
              (asked) => asked === "answered" ? Effect.void : Deferred.succeed(left, { asked, how })
            )
          )
        })

      const askPlan = (isShown: boolean) =>
        ask(
          howToAnswer(session.id),
          `opentl approve ${session.id}`,
          onApproval(connection, session.id, { isShown })
        )

      const onEvent = (event: SessionEventView, isResult: boolean) =>
        Effect.gen(function*() {
          view = advance(view, event)
          yield* Ref.update(watched, ({ how }) => ({ how, event: event.id }))
          if (answersApproval(event)) {
            isAsking = false
            yield* waitFor(undefined)
            yield* FiberHandle.clear(approval)
          }
          if (options.json || isPrinted(event, isResult)) yield* Effect.flatMap(show(event), stdio.out)
          if (addsBudget(event)) yield* waitFor(undefined)
          if (reachesBudget(event)) {
            yield* waitFor(howToAdd(session.id))
            yield* live.say("")
            return yield* onBudget(connection, session.id)
          }
          if (asksApproval(event)) return yield* askPlan(!options.json)
          if (asksQuestions(event)) {
            return yield* ask(
              howToTell(session.id),
              `opentl answer ${session.id} "<text>"`,
              onQuestions(connection, session.id)
            )
          }
          if (!isAsking) yield* live.say(statusLine(view))
        })

      if (options.isWaiting === true) yield* askPlan(false)
      const outcome = yield* Effect.raceFirst(
        followTurn(connection, session, options, onEvent),
        // a question that breaks ends the command: nobody could answer any more
        Effect.zipRight(FiberHandle.join(approval), Effect.never)
      )
      yield* live.say("")
      const closing = closingLine(view)
      if (!options.json && closing !== "") yield* stdio.err(`${stdio.errStyle.dim(closing)}\n`)
      if (outcome.end !== "complete") {
        const text = options.json ? oneLine(outcome.text) : reasonOf(view, outcome.text)
        return yield* new TurnFailed({ sessionId: session.id, end: outcome.end, text })
      }
      if (!options.json) yield* stdio.out(`${neutralise(outcome.text, stdio.style.colour)}\n`)
    }).pipe(Effect.scoped, Effect.as(Option.none<never>()))

    const gone = yield* Effect.raceFirst(turn, Effect.asSome(Deferred.await(left)))
    if (Option.isNone(gone)) return
    const { asked, how } = gone.value
    yield* asked === "left" ? leave(connection, session.id, how) : letGo(connection, session.id, how)
    return yield* new Detached()
  }).pipe(
    Effect.onInterrupt(() => Effect.flatMap(Ref.get(watched), ({ how }) => letGo(connection, session.id, how))),
    // the reader is gone (`| head`): a session that only this process works on is stopped
    Effect.tapErrorTag(
      "OutputClosed",
      () => connection.place._tag === "Embedded" ? letGo(connection, session.id, undefined) : Effect.void
    )
  )

/**
 * Follows the turn and prints its events; its result is the last line on standard output. A message that has waited for
 * the turn's end begins another one at once: in this process, nobody else would see it through, so it is shown, too.
 */
export const showTurn = (connection: Connection, session: Session, options: TurnOptions) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const watched = yield* Ref.make<Watched>({ event: options.after, how: undefined })
    let next = options
    for (;;) {
      const failed = yield* showOne(connection, session, next, watched).pipe(
        Effect.as(Option.none<TurnFailed>()),
        Effect.catchTag("TurnFailed", Effect.succeedSome)
      )
      const goesOn = connection.place._tag === "Embedded" && !(yield* connection.sessions.get(session.id)).isEnded
      if (!goesOn) return yield* Option.match(failed, { onNone: () => Effect.void, onSome: Effect.fail })
      if (Option.isSome(failed)) yield* stdio.err(`error: ${oneLine(failed.value.message)}\n`)
      yield* stdio.err("the next turn begins with the message that was waiting\n")
      next = { after: (yield* Ref.get(watched)).event, json: options.json }
    }
  })
