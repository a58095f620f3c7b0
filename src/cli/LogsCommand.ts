/** `opentl logs`: prints a session's events, those so far or as they happen. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { SessionEventView } from "../domain/EventText.ts"
import type { Session } from "../domain/Session.ts"
import { howToAnswer } from "./Approval.ts"
import { howToAdd } from "./BudgetText.ts"
import { asksApproval, asksQuestions, eventPrinter, reachesBudget } from "./Follow.ts"
import * as Parameters from "./Parameters.ts"
import { Program, type Reading } from "./Program.ts"
import { howToTell } from "./Questions.ts"
import { storedEvents } from "./StoredEvents.ts"
import * as LiveLine from "./terminal/LiveLine.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { advance, initial, isPrinted, statusLine } from "./TurnView.ts"

/** How often to check whether any process works on the session. */
const lookEvery = "5 seconds"

/** What the session waits for, with the command that lets it go on. */
const howToGoOn = ({ id, phase }: Session): string | undefined =>
  phase === "approval"
    ? howToAnswer(id)
    : phase === "budget"
    ? howToAdd(id)
    : phase === "questions"
    ? howToTell(id)
    : undefined

/** Whether the session waits for a person from this event on. */
const asks = (event: SessionEventView): boolean => asksApproval(event) || asksQuestions(event) || reachesBudget(event)

/** Says so if no more events can come: nothing works on the session now or has for a while. */
const sayIfIdle = ({ isWorkedOn, sessions }: Reading, { id }: Session) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    let wasWorkedOn = true
    const look = Effect.gen(function*() {
      const is = yield* isWorkedOn
      const session = wasWorkedOn && !is ? yield* Effect.option(sessions.get(id)) : Option.none()
      wasWorkedOn = is
      if (Option.isNone(session) || session.value.isEnded) return
      const what = howToGoOn(session.value) ?? "nothing is working on it"
      yield* stdio.err(`session ${id} is not moving: ${what}; start opentl serve to continue it\n`)
    })
    yield* Effect.repeat(look, Schedule.spaced(lookEvery))
  })

export const logsCommand = Command.make(
  "logs",
  {
    id: Parameters.sessionId,
    follow: Parameters.flag("follow", "also print new events until the session ends"),
    since: Parameters.wholeNumber("since", "only events after this event id", { min: 0 }, { default: "0" }).pipe(
      Options.withDefault(0)
    ),
    json: Parameters.json("one JSON event a line"),
    server: Parameters.server
  },
  ({ follow, id, json, server, since }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const reading = yield* program.read({ server })
      const session = yield* reading.sessions.find(id)
      const show = yield* eventPrinter(json)
      if (!follow) {
        return yield* Stream.runForEachChunk(storedEvents(reading, session, since), (events) =>
          Effect.flatMap(Effect.forEach(events, show), (texts) => stdio.out(texts.join(""))))
      }
      yield* Effect.fork(sayIfIdle(reading, session))
      const isWatched = stdio.outIsTty && stdio.errIsTty && !json
      const live = yield* LiveLine.make
      let view = initial
      /** A server takes the answer; where there is none, `sayIfIdle` says what to do. */
      const sayWait = (session: Session) =>
        Effect.gen(function*() {
          const how = reading.place._tag === "Server" ? howToGoOn(session) : undefined
          if (how === undefined) {
            return
          }
          yield* live.say("")
          yield* stdio.err(`${how}\n`)
        })
      if (session.lastEventId <= since) {
        yield* sayWait(session)
      }
      yield* Stream.runForEach(reading.sessions.events(session.id, since), (event) =>
        Effect.gen(function*() {
          view = advance(view, event)
          // the status line shows the usage already
          if (!isWatched || isPrinted(event, false)) {
            yield* Effect.flatMap(show(event), stdio.out)
          }
          // of what is replayed, only the last wait may still be on
          if (event.id === session.lastEventId) {
            yield* sayWait(session)
          } else if (event.id > session.lastEventId && asks(event)) {
            yield* sayWait(yield* reading.sessions.get(session.id))
          }
          if (isWatched) {
            yield* live.say(statusLine(view))
          }
        }))
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Print a session's events, with --follow until it ends"))
