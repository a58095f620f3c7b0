/**
 * One actor a live session. A message finds its session's actor, which is started where there is none; an actor that
 * fails is restarted or its turn ended (`Supervision.ts` says when), and no other session notices. A shutdown has every
 * actor let go of its session; `Recovery` takes them up again.
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

/** How long a shutdown waits for the actors to let go; the steps that are still under way then are interrupted. */
const releaseTimeout = "5 seconds"

const liveActors = Metric.gauge("opentl_live_actors", { description: "Sessions with a live actor" })

export class SessionSupervisor extends Context.Tag("opentl/actors/session/SessionSupervisor")<SessionSupervisor, {
  /** The session has a turn to begin or to go on with: it runs as soon as there is admission. Harmless if called twice. */
  readonly start: (id: SessionId) => Effect.Effect<void>
  /** The session's actor looks at what is to be done. A stop's clean-up, for one, needs no admission. */
  readonly wake: (id: SessionId) => Effect.Effect<void>
  /** Has the session's actor decide a command; returns the state after it. */
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

  /** Nobody reads the session's mailbox any more: who waits for an answer is told. */
  const closeMailbox = Effect.fnUntraced(function*(id: SessionId) {
    const mailbox = mailboxes.get(id)
    if (mailbox === undefined) return
    mailboxes.delete(id)
    yield* mailbox.close
    yield* Effect.forEach(yield* mailbox.left, (message) => abandon(message), { discard: true })
    yield* count
  })

  /** What people asked of an actor that failed is asked of the next one; the rest was about a step that is over. */
  const reopenMailbox = Effect.fnUntraced(function*(id: SessionId, before: ActorMailbox.ActorMailbox) {
    const [others, asked] = Chunk.partition(yield* before.left, isAsk)
    yield* Effect.forEach(others, (message) => abandon(message), { discard: true })
    return yield* openMailbox(id, asked)
  })

  /** The lives of a session's actor, one after the other, until it leaves or is given up. */
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
          // a shutdown does not wait for it
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

  /** Starts the session's actor with its first messages in the mailbox, unless there is one. Returns the mailbox of that one. */
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
          // the boundary of an actor: what goes wrong in there, its end included, is nobody else's trouble
          Effect.catchAllCause((cause) =>
            Effect.logError("the session is left as it is: its turn could not be ended", cause)
          ),
          Effect.ensuring(closeMailbox(id)),
          Effect.annotateLogs({ sessionId: id })
        )
      )
      yield* count
      return Option.none()
    }).pipe(birth.withPermits(1), Effect.uninterruptible)

  /** A mailbox that is closed is one whose actor is just leaving: the next actor gets the message. */
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
    // the actor has left without an answer
    if (Exit.isInterrupted(exit)) return yield* new SessionUnavailable({ sessionId: id })
    return yield* Effect.catchAll(exit, (error) => refusalOf(id, command, error))
  })

  // a shutdown: every actor records what it still has to, and leaves
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

/** Why an actor refused, in the words of who asked. */
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
    EndTurn: () => Effect.logError("the session's actor is given up, and its turn ended", cause),
    Forget: () => Effect.logInfo("the session is not this process's any more", cause)
  })
