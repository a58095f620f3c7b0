/**
 * The life of one session. An actor takes commands from its mailbox one at a time, commits what is decided about them,
 * and beside that has one step under way: it performs what `nextStep` says of the log, until there is nothing to do but
 * wait for a person. Then it leaves; the log has all that it knew.
 *
 * Interrupting an actor (a shutdown) is letting go: nothing is recorded, and the next owner goes on from the log. Only
 * a recorded stop cancels.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberHandle from "effect/FiberHandle"
import type * as Mailbox from "effect/Mailbox"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { describeDuration } from "../domain/EventText.ts"
import type { SessionId } from "../domain/Ids.ts"
import { deadlineOf, needsPlace, nextStep, Step } from "../domain/NextStep.ts"
import type { SessionNotFound } from "../domain/Session.ts"
import type { CommandRejected, SessionCommand } from "../domain/SessionCommand.ts"
import { currentTurn, type SessionState } from "../domain/SessionState.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { type ReceiptKey, type SessionLost, SessionStore } from "../services/store/SessionStore.ts"
import type { StoreError } from "../services/store/StoreError.ts"
import { Pipeline } from "./Pipeline.ts"
import { Places } from "./Places.ts"
import type { RecordFailure, StepContext } from "./StepContext.ts"

export interface Envelope {
  readonly command: SessionCommand
  readonly receipt: ReceiptKey | undefined
  readonly reply: Deferred.Deferred<SessionState, CommandRejected | SessionNotFound | StoreError>
}

/** What an actor's mailbox holds: requests of people, and the word that a step is over. */
export type Letter =
  | { readonly _tag: "Command"; readonly envelope: Envelope }
  | { readonly _tag: "StepOver"; readonly number: number; readonly exit: Exit.Exit<void, ActorFailure> }

export type ActorMailbox = Mailbox.Mailbox<Letter>

/** Why an actor gives up: its session is not there or not its own any more, or the log cannot be read. */
export type ActorFailure = SessionLost | SessionNotFound | StoreError

/** While the log cannot be written (a full disk) what there is to write waits, and is tried again so often. */
const patience = Schedule.spaced("5 seconds")

export const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const pipeline = yield* Pipeline
  const places = yield* Places
  const store = yield* SessionStore

  /** Performs a step within the turn's deadline; whatever fails in it ends the turn with a sentence. */
  const attempt = (context: StepContext, step: Step): Effect.Effect<void, RecordFailure> => {
    const end = (text: string) => pipeline.endTurn(context, { turn: currentTurn(context.state), end: "error", text })
    return withinDeadline(context.state, pipeline.perform(context, step)).pipe(
      Effect.catchAll((error) => isRecordFailure(error) ? Effect.fail(error) : end(error.message)),
      Effect.catchAllDefect((defect) =>
        Effect.logError(`step ${step._tag} died`, Cause.die(defect)).pipe(
          Effect.zipRight(end("an internal error; the server's log has the details"))
        )
      )
    )
  }

  /** Lives until the session rests and `leave` says that no letter is left. */
  const run = Effect.fn("SessionActor.run")(
    function*(id: SessionId, mailbox: ActorMailbox, leave: Effect.Effect<boolean>) {
      const claim = yield* store.claim(id, config.dataDir)
      const work = yield* FiberHandle.make<boolean>()
      const place = yield* holdPlace(places, id)
      const record: StepContext["record"] = (events, patch) =>
        store.append(claim, events, patch).pipe(
          Effect.tapErrorTag("StoreError", (error) => Effect.logError(error)),
          Effect.retry({ schedule: patience, while: (error) => error._tag === "StoreError" }),
          Effect.asVoid
        )

      const perform = Effect.fnUntraced(function*(step: Step) {
        if (needsPlace(step)) yield* place.take
        // what was decided while it waited counts
        const state = yield* store.state(id)
        if (nextStep(state)._tag !== step._tag) return
        yield* attempt({ claim, state, record }, step).pipe(
          Effect.catchTags({
            EventsRefused: () => Effect.void,
            StoreError: (error) => Effect.logError(error).pipe(Effect.zipRight(Effect.sleep("5 seconds")))
          }),
          Effect.annotateLogs({ step: step._tag })
        )
        if (step._tag === "EndTurn") yield* place.giveBack
      })

      /** How many steps have begun, and the one that is under way (`Rest`: none is). */
      let begun = 0
      let current: Step = Step.Rest()

      const goOn = Effect.gen(function*() {
        const step = nextStep(yield* store.state(id))
        current = step
        if (step._tag === "Rest") return yield* place.giveBack
        const number = ++begun
        yield* FiberHandle.run(
          work,
          Effect.flatMap(Effect.exit(perform(step)), (exit) => mailbox.offer({ _tag: "StepOver", number, exit }))
        )
      })

      const obey = Effect.fnUntraced(function*({ command, receipt, reply }: Envelope) {
        yield* Deferred.complete(reply, store.commit(id, command, { fourEyes: config.fourEyes }, receipt))
        const next = nextStep(yield* store.state(id))
        const isVoid = command._tag === "Stop" && isCancel(next) && !isCancel(current)
        // a step that a stop has made void is let go of before the clean-up begins
        if (isVoid) yield* FiberHandle.clear(work)
        if (isVoid || current._tag === "Rest") yield* goOn
      })

      yield* goOn
      while (current._tag !== "Rest" || !(yield* leave)) {
        const letter = yield* Effect.orDie(mailbox.take)
        if (letter._tag === "Command") {
          yield* obey(letter.envelope)
        } else if (letter.number === begun) {
          yield* letter.exit
          yield* goOn
        }
      }
    },
    Effect.scoped,
    (effect, id) => Effect.annotateLogs(effect, { sessionId: id })
  )

  return { run }
})

const isCancel = (step: Step): boolean => step._tag === "EndTurn" && step.end === "cancelled"

/** The actor's place among the running sessions: taken once, given back when it rests or its turn is over. */
const holdPlace = Effect.fnUntraced(function*(places: Context.Tag.Service<Places>, id: SessionId) {
  const held = yield* Ref.make<Scope.CloseableScope | undefined>(undefined)
  const giveBack = Effect.flatMap(
    Ref.getAndSet(held, undefined),
    (scope) => scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
  )
  yield* Effect.addFinalizer(() => giveBack)
  const take = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      if ((yield* Ref.get(held)) !== undefined) return
      const scope = yield* Scope.make()
      yield* restore(Scope.extend(places.take(id), scope)).pipe(Effect.onError(() => Scope.close(scope, Exit.void)))
      yield* Ref.set(held, scope)
    })
  )
  return { take, giveBack }
})

const withinDeadline = <E>(state: SessionState, effect: Effect.Effect<void, E>) => {
  const deadline = deadlineOf(state)
  if (deadline === undefined) return effect
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.timeoutFail(effect, {
      duration: Duration.millis(Math.max(0, DateTime.toEpochMillis(deadline) - now)),
      onTimeout: () => new TurnTimedOut({ millis: state.spec.timeoutMillis })
    }))
}

class TurnTimedOut extends Schema.TaggedError<TurnTimedOut>()("TurnTimedOut", { millis: Schema.Number }) {
  override get message() {
    return `timed out after ${describeDuration(this.millis)}`
  }
}

const isRecordFailure = (error: { readonly _tag: string }): error is RecordFailure =>
  error._tag === "EventsRefused" || error._tag === "SessionLost" || error._tag === "StoreError"
