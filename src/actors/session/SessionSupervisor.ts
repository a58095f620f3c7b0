/**
 * One actor per live session. A message goes to its session's actor, which is started if necessary. An actor that fails
 * is restarted, or its turn is ended (see `Supervision.ts`), and no other session notices. At shutdown every actor
 * releases its session; `Recovery` starts them again.
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberMap from "effect/FiberMap"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionNotFound } from "../../domain/Session.ts"
import { isRejectionOf, type RejectionOf, type SessionCommand } from "../../domain/SessionCommand.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { ReceiptKey } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { SessionUnavailable } from "../sessions/Sessions.ts"
import * as ActorMailbox from "./ActorMailbox.ts"
import { Admission } from "./Admission.ts"
import { abandon, type ActorFailure, type AskRefusal, Message } from "./Messages.ts"
import * as Reply from "./Reply.ts"
import * as SessionActor from "./SessionActor.ts"
import { type Defects, Directive, onFailure, strategy } from "./Supervision.ts"

/** How long a shutdown waits for the actors to leave; steps that are still running then are interrupted. */
const releaseTimeout = "5 seconds"

const liveActors = Metric.gauge("opentl_live_actors", { description: "Sessions with a live actor" })

export class SessionSupervisor extends Context.Tag("opentl/actors/session/SessionSupervisor")<SessionSupervisor, {
  /** Starts or continues the session's turn as soon as it is admitted. Idempotent. */
  readonly start: (id: SessionId) => Effect.Effect<void>
  /** Makes the session's actor check for work. Some work, such as a stop's clean-up, needs no admission. */
  readonly wake: (id: SessionId) => Effect.Effect<void>
  /** Asks the session's actor to decide a command; returns the resulting state. */
  readonly ask: <C extends SessionCommand>(
    id: SessionId,
    command: C,
    receipt?: ReceiptKey
  ) => Effect.Effect<SessionState, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError>
}>() {
  static readonly layer = Layer.scoped(SessionSupervisor, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const actor = yield* SessionActor.make
  const admission = yield* Admission
  const tasks = yield* BackgroundTasks
  const fibers = yield* FiberMap.make<SessionId, void, never>()
  const mailboxes = new Map<SessionId, ActorMailbox.ActorMailbox>()
  const birth = yield* Effect.makeSemaphore(1)
  const grants = yield* FiberSet.make<void>()
  const releasing = yield* Deferred.make<void>()
  const count = Effect.suspend(() => Metric.set(liveActors, mailboxes.size))

  const openMailbox = (id: SessionId, first: Iterable<Message>) =>
    Effect.tap(ActorMailbox.make(first), (mailbox) => Effect.sync(() => mailboxes.set(id, mailbox)))

  /** Closes the mailbox when nobody reads it any more, and tells everyone who waits for a reply. */
  const closeMailbox = Effect.fnUntraced(function*(id: SessionId) {
    const mailbox = mailboxes.get(id)
    if (mailbox === undefined) return
    mailboxes.delete(id)
    yield* mailbox.close
    yield* Effect.forEach(yield* mailbox.left, (message) => abandon(message), { discard: true })
    yield* count
  })

  /** Passes commands from people on to the next actor. Other messages were about a step that is over. */
  const reopenMailbox = Effect.fnUntraced(function*(id: SessionId, before: ActorMailbox.ActorMailbox) {
    const [others, asked] = Chunk.partition(yield* before.left, isAsk)
    yield* Effect.forEach(others, (message) => abandon(message), { discard: true })
    return yield* openMailbox(id, asked)
  })

  /** Runs a session's actor, restarting it after failures, until it leaves or is given up. */
  const supervise = (id: SessionId, mailbox: ActorMailbox.ActorMailbox, defects: Defects): Effect.Effect<void> =>
    actor.run(id, mailbox).pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.interrupt
          : Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const [directive, counted] = onFailure(strategy, defects, cause, now)
            return Effect.zipRight(report(directive, cause), carryOut(id, mailbox, directive, counted, cause))
          })
      )
    )

  const carryOut = (
    id: SessionId,
    mailbox: ActorMailbox.ActorMailbox,
    directive: Directive,
    defects: Defects,
    cause: Cause.Cause<ActorFailure>
  ) =>
    Directive.$match(directive, {
      Restart: ({ after }) =>
        Effect.flatMap(reopenMailbox(id, mailbox), (next) =>
          // a shutdown does not wait for the delay
          Effect.if(
            Effect.raceFirst(Effect.as(Effect.sleep(after), true), Effect.as(Deferred.await(releasing), false)),
            {
              onTrue: () => supervise(id, next, defects),
              onFalse: () => Effect.void
            }
          )),
      EndTurn: ({ reason }) =>
        Effect.flatMap(
          reopenMailbox(id, mailbox),
          (next) => Effect.zipRight(Effect.orDie(actor.endTurn(id, reason)), supervise(id, next, []))
        ),
      Forget: () =>
        Effect.flatMap(mailbox.left, Effect.forEach((message) => abandon(message, cause))).pipe(
          Effect.zipRight(admission.release(id))
        )
    })

  /** Starts the session's actor with these messages, unless it is running. Returns the mailbox of the running actor. */
  const spawn = (id: SessionId, first: ReadonlyArray<Message>) =>
    Effect.gen(function*() {
      const known = mailboxes.get(id)
      if (known !== undefined) return Option.some(known)
      if (yield* Deferred.isDone(releasing)) return yield* new SessionUnavailable({ sessionId: id })
      const mailbox = yield* openMailbox(id, first)
      yield* FiberMap.run(
        fibers,
        id,
        supervise(id, mailbox, []).pipe(
          // the boundary of an actor: no failure inside it, even while it ends, affects anything else
          Effect.catchAllCause((cause) =>
            Effect.logError("the session's turn could not be ended; the session is left as it is", cause)
          ),
          Effect.ensuring(closeMailbox(id)),
          Effect.annotateLogs({ sessionId: id })
        )
      )
      yield* count
      return Option.none()
    }).pipe(birth.withPermits(1), Effect.uninterruptible)

  /** A closed mailbox means that its actor is just leaving: the message goes to the next one. */
  const tell = (id: SessionId, message: Message): Effect.Effect<void, SessionUnavailable> =>
    Effect.flatMap(
      spawn(id, [message]),
      Option.match({
        onNone: () => Effect.void,
        onSome: (mailbox) =>
          Effect.flatMap(mailbox.offer(message), (isTaken) =>
            isTaken ? Effect.void : Effect.zipRight(Effect.yieldNow(), tell(id, message)))
      })
    )

  const admit = (id: SessionId) => Effect.catchAll(tell(id, Message.Admitted()), () => admission.release(id))

  const ask = Effect.fn("SessionSupervisor.ask")(function*<C extends SessionCommand>(
    id: SessionId,
    command: C,
    receipt?: ReceiptKey
  ): Effect.fn.Return<SessionState, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError> {
    const { reply, result } = yield* Reply.make<AskRefusal>()
    yield* tell(id, Message.Ask({ command, receipt, reply }))
    const exit = yield* Effect.exit(result)
    // the actor left without replying
    if (Exit.isInterrupted(exit)) return yield* new SessionUnavailable({ sessionId: id })
    return yield* Effect.catchAll(exit, (error) => refusalOf(id, command, error))
  })

  // at shutdown every actor records what it still has to, and leaves
  yield* Effect.addFinalizer(() =>
    Effect.forEach([...mailboxes.values()], (mailbox) => mailbox.offer(Message.Release()), {
      concurrency: "unbounded",
      discard: true
    }).pipe(
      Effect.zipRight(FiberMap.awaitEmpty(fibers)),
      Effect.interruptible,
      Effect.timeoutOption(releaseTimeout)
    )
  )
  yield* Effect.addFinalizer(() => Deferred.succeed(releasing, undefined))

  yield* tasks.run(
    "admission",
    Effect.forever(Effect.flatMap(admission.granted, (id) => FiberSet.run(grants, admit(id))))
  )

  return SessionSupervisor.of({
    start: (id) => Effect.flatMap(admission.request(id), (isAdmitted) => isAdmitted ? admit(id) : Effect.void),
    wake: (id) => Effect.ignore(spawn(id, [])),
    ask
  })
})

const isAsk = (message: Message): boolean => message._tag === "Ask"

/** The reason for a refusal, as the error of the sender's command. */
const refusalOf = <C extends SessionCommand>(
  id: SessionId,
  command: C,
  error: AskRefusal
): Effect.Effect<never, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError> => {
  if (isRejectionOf(command)(error)) return Effect.fail(error)
  switch (error._tag) {
    case "SessionNotFound":
    case "StoreError":
      return Effect.fail(error)
    case "EventsRefused":
    case "SessionLost":
      return new SessionUnavailable({ sessionId: id })
    default:
      return Effect.die(error)
  }
}

const report = (directive: Directive, cause: Cause.Cause<ActorFailure>) =>
  Directive.$match(directive, {
    Restart: ({ after }) => Effect.logError(`the session's actor is restarted in ${Duration.format(after)}`, cause),
    EndTurn: () => Effect.logError("the session's actor is not restarted again; its turn ends", cause),
    Forget: () => Effect.logInfo("the session no longer belongs to this process", cause)
  })
