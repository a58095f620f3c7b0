/**
 * One actor per live session. A message goes to its session's actor, which is started if necessary. An actor that fails
 * is restarted, or its turn is ended (see `Supervision.ts`), and no other session notices. At shutdown every actor
 * releases its session; `Recovery` starts them again.
 *
 * | | what it does |
 * |---|---|
 * | `start` | requests admission; the actor is started when it is granted, now or later |
 * | `wake` | starts the actor without admission, for work that needs none |
 * | `ask` | sends a command to the actor, started if necessary, and waits for the reply |
 * | `admit` | tells the actor, started if necessary, that its session is admitted |
 * | `spawn` | starts an actor unless there is one: the only place where that happens |
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
import type { RejectionOf, SessionCommand } from "../../domain/SessionCommand.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { ReceiptKey } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import * as ActorMailbox from "./ActorMailbox.ts"
import { Admission } from "./Admission.ts"
import { abandon, type ActorFailure, ActorGone, type AskRefusal, Message } from "./Messages.ts"
import { refusalOf } from "./Refusal.ts"
import * as Reply from "./Reply.ts"
import * as SessionActor from "./SessionActor.ts"
import { SessionUnavailable } from "./SessionUnavailable.ts"
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
  /** Whether the session has an actor now, one that is being restarted included. */
  readonly hasActor: (id: SessionId) => Effect.Effect<boolean>
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

  /**
   * The session has no actor any more: whoever waits for a reply is told. One that failed gives its admission back; one
   * that left by itself has done so, or keeps its position in the queue.
   */
  const gone = Effect.fnUntraced(function*(id: SessionId, exit: Exit.Exit<void, ActorFailure>) {
    const mailbox = mailboxes.get(id)
    yield* mailbox?.close ?? Effect.void
    if (Exit.isFailure(exit)) yield* admission.release(id)
    mailboxes.delete(id)
    yield* count
    const failure = Option.flatMap(Exit.causeOption(exit), Cause.failureOption)
    const error = Option.getOrElse(failure, () => new ActorGone())
    yield* Effect.forEach(yield* mailbox?.left ?? Effect.succeed([]), (message) => abandon(message, error))
  })

  /**
   * Passes commands from people on to the next actor; if the log fails, they are told so instead of waiting for it.
   * Other messages were about a step that is over.
   */
  const reopenMailbox = Effect.fnUntraced(function*(
    id: SessionId,
    before: ActorMailbox.ActorMailbox,
    cause: Cause.Cause<ActorFailure>
  ) {
    const error = Cause.failureOption(cause)
    const isKept = (message: Message) => message._tag === "Ask" && Option.isNone(error)
    const [dropped, kept] = Chunk.partition(yield* before.left, isKept)
    yield* Effect.forEach(dropped, (message) => abandon(message, Option.getOrUndefined(error)), { discard: true })
    return yield* openMailbox(id, kept)
  })

  /** Runs a session's actor, restarting it after failures, until it leaves. Fails if it is given up. */
  const supervise = (
    id: SessionId,
    mailbox: ActorMailbox.ActorMailbox,
    defects: Defects
  ): Effect.Effect<void, ActorFailure> =>
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
  ) => {
    const next = reopenMailbox(id, mailbox, cause)
    return Directive.$match(directive, {
      Restart: ({ after }) => superviseAfter(id, next, defects, Effect.sleep(after)),
      EndTurn: ({ reason }) => superviseAfter(id, next, [], actor.endTurn(id, reason)),
      Forget: () => Effect.failCause(cause)
    })
  }

  /** The next actor, once this is done. A shutdown does not wait for it. */
  const superviseAfter = (
    id: SessionId,
    mailbox: Effect.Effect<ActorMailbox.ActorMailbox>,
    defects: Defects,
    before: Effect.Effect<void, ActorFailure>
  ) =>
    Effect.flatMap(
      mailbox,
      (next) =>
        Effect.if(Effect.raceFirst(Effect.as(before, true), Effect.as(Deferred.await(releasing), false)), {
          onTrue: () => supervise(id, next, defects),
          onFalse: () => Effect.void
        })
    )

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
          Effect.tapErrorCause((cause) =>
            Cause.isDie(cause)
              ? Effect.logError("the session's turn could not be ended; it is tried again later", cause)
              : Effect.void
          ),
          Effect.onExit((exit) => gone(id, exit)),
          Effect.catchAllCause(() => Effect.void),
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

  const admit = (id: SessionId) => Effect.catchAll(tell(id, Message.CheckAdmission()), () => admission.release(id))

  const ask = Effect.fn("SessionSupervisor.ask")(function*<C extends SessionCommand>(
    id: SessionId,
    command: C,
    receipt?: ReceiptKey
  ): Effect.fn.Return<SessionState, RejectionOf<C> | SessionNotFound | SessionUnavailable | StoreError> {
    const { reply, result } = yield* Reply.make<AskRefusal>()
    yield* tell(id, Message.Ask({ command, receipt, reply }))
    return yield* Effect.catchAll(result, (error) => refusalOf(id, command, error))
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
    ask,
    hasActor: (id) => Effect.sync(() => mailboxes.has(id))
  })
})

const report = (directive: Directive, cause: Cause.Cause<ActorFailure>) =>
  Directive.$match(directive, {
    Restart: ({ after }) => Effect.logError(`the session's actor is restarted in ${Duration.format(after)}`, cause),
    EndTurn: () => Effect.logError("the session's actor is not restarted again; its turn ends", cause),
    Forget: () => Effect.logInfo("the session no longer belongs to this process", cause)
  })
