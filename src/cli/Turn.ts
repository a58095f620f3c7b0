/** Shows a turn to the person who waits for it, and ends as it ends. Shared by the commands that start one. */
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type { SessionEventView } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import type { Session } from "../domain/Session.ts"
import { askApproval, howToAnswer } from "./Approval.ts"
import { TurnFailed } from "./Failure.ts"
import { asksApproval, eventPrinter, followTurn } from "./Follow.ts"
import * as LiveLine from "./LiveLine.ts"
import { type Connection, StartFailed } from "./Program.ts"
import { Stdio } from "./Stdio.ts"
import { neutralise, oneLine } from "./TerminalText.ts"

export interface TurnOptions {
  readonly after: number
  readonly message?: string
  readonly json: boolean
}

/** Ctrl-C: a session on a server goes on without us; one in this process has nobody else, so it is stopped. */
const letGo = ({ by, place, sessions }: Connection, id: SessionId) =>
  Effect.flatMap(Stdio, (stdio) =>
    place._tag === "Server"
      ? stdio.err(
        `\ndetached: the session goes on; opentl logs ${id} --follow comes back to it, opentl stop ${id} stops it\n`
      )
      : stdio.err(`\nstopping session ${id} …\n`).pipe(
        Effect.zipRight(sessions.stop(id, by)),
        Effect.zipRight(stdio.err("stopped\n")),
        Effect.catchTag("SessionEnded", () => Effect.void),
        Effect.catchAll((error) => stdio.err(`error: ${oneLine(error.message)}\n`))
      ))

/** Where a plan waits: a person at the terminal is asked, another is told how to answer. */
const onApproval = (connection: Connection, id: SessionId) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    if (stdio.inIsTty && stdio.errIsTty) return yield* askApproval(connection, id)
    yield* stdio.err(`${howToAnswer(id)}\n`)
  })

/** Nobody else can answer while this process holds the data directory, so it must not wait for it. */
const waitsInVain = (id: SessionId) =>
  new StartFailed({
    reason: `${howToAnswer(id)}; the session goes on with the next opentl serve, or with opentl approve ${id} --follow`
  })

/** Follows the turn, printing its events, to its result: the last line on standard output. */
export const showTurn = (connection: Connection, session: Session, options: TurnOptions) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const show = yield* eventPrinter(options.json)
    const live = yield* LiveLine.make
    const approval = yield* FiberHandle.make()
    const canAnswer = connection.place._tag === "Server" || (stdio.inIsTty && stdio.errIsTty)

    const onEvent = (event: SessionEventView, isResult: boolean) =>
      Effect.gen(function*() {
        // whatever comes after the question answers it
        yield* FiberHandle.clear(approval)
        if (options.json || event.type !== "done" || !isResult) yield* live.print(show(event))
        if (event.type === "status") yield* live.say(event.data)
        if (!asksApproval(event)) return
        yield* live.say("")
        if (!canAnswer) return yield* waitsInVain(session.id)
        yield* FiberHandle.run(approval, onApproval(connection, session.id))
      })

    const outcome = yield* followTurn(connection, session, options, onEvent)
    yield* live.say("")
    if (outcome.end !== "complete") {
      return yield* new TurnFailed({ sessionId: session.id, end: outcome.end, text: oneLine(outcome.text) })
    }
    if (!options.json) yield* stdio.out(`${neutralise(outcome.text, stdio.style.colour)}\n`)
  }).pipe(Effect.scoped, Effect.onInterrupt(() => letGo(connection, session.id)))
