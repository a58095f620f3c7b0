/** Actors under their supervisor, on a store in memory and steps that are scripts. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Admission } from "../../../src/actors/session/Admission.ts"
import { SessionSupervisor } from "../../../src/actors/session/SessionSupervisor.ts"
import { Pipeline } from "../../../src/actors/steps/Pipeline.ts"
import type { RecordFailure, StepContext, StepFailure } from "../../../src/actors/steps/StepContext.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import type { Step } from "../../../src/domain/NextStep.ts"
import { SessionNotFound } from "../../../src/domain/Session.ts"
import { SessionCommand } from "../../../src/domain/SessionCommand.ts"
import type { SessionEvent } from "../../../src/domain/SessionEvent.ts"
import * as State from "../../../src/domain/SessionState.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { SessionLost, SessionStore } from "../../../src/services/store/SessionStore.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { by, created, outcomes } from "../../support/Walk.ts"

interface Stored {
  readonly events: Array<SessionEvent>
  state: State.SessionState
  generation: number
}

type Performed = Effect.Effect<void, StepFailure | RecordFailure>

/** What a step comes to when all goes well. */
const usual = (step: Step): ReadonlyArray<SessionEvent> => {
  const all = outcomes(step)
  const finished = all.find((events) => events.some((event) => event._tag === "AgentFinished" && event.exitCode === 0))
  return finished ?? all[0] ?? []
}

export class ActorWorld {
  readonly stored = new Map<SessionId, Stored>()
  /** The steps that began, as `<session>:<step>`. */
  readonly begun: Array<string> = []
  /** Runs before the store does anything, and after it has appended. */
  fault: (
    operation: "claim" | "load" | "append" | "appended",
    id: SessionId,
    events: ReadonlyArray<SessionEvent>
  ) => Effect.Effect<void, StoreError> = () => Effect.void
  /** What a step does; `undefined`: what it usually does. */
  script: (step: Step, context: StepContext) => Performed | undefined = () => undefined

  readonly create = (name: string, changes: Parameters<typeof created>[0] = {}): SessionId => {
    const id = SessionId.make(name)
    const event = created(changes)
    this.stored.set(id, { events: [event], state: State.create(event), generation: 0 })
    return id
  }

  readonly of = (id: SessionId): Stored => {
    const stored = this.stored.get(id)
    if (stored === undefined) throw new Error(`no session ${id}`)
    return stored
  }

  readonly tags = (id: SessionId) => this.of(id).events.map((event) => event._tag)

  private readonly store = Layer.mock(SessionStore, {
    claim: (id, _owner) =>
      this.fault("claim", id, []).pipe(Effect.zipRight(Effect.suspend(() => {
        const stored = this.stored.get(id)
        return stored === undefined
          ? new SessionNotFound({ id })
          : Effect.sync(() => ({ sessionId: id, generation: ++stored.generation }))
      }))),
    load: (id) => Effect.zipRight(this.fault("load", id, []), Effect.sync(() => this.of(id).state)),
    append: ({ generation, sessionId }, events, state) =>
      this.fault("append", sessionId, events).pipe(
        Effect.zipRight(Effect.suspend((): Effect.Effect<void, SessionLost | StoreError> => {
          const stored = this.of(sessionId)
          if (stored.generation !== generation) return new SessionLost({ sessionId })
          stored.events.push(...events)
          stored.state = state
          return this.fault("appended", sessionId, events)
        })),
        Effect.as("written" as const)
      )
  })

  private readonly pipeline = Layer.mock(Pipeline, {
    perform: (context, step) =>
      Effect.suspend(() => {
        this.begun.push(`${context.claim.sessionId}:${step._tag}`)
        return this.script(step, context) ?? context.record(usual(step))
      })
  })

  readonly layer = (config: Partial<AppConfigShape> = {}, admission = Admission.layer) =>
    SessionSupervisor.layer.pipe(
      Layer.provideMerge(admission),
      Layer.provide(Layer.mergeAll(this.store, this.pipeline, BackgroundTasks.layer)),
      Layer.provide(layerConfig(config))
    )
}

/** Runs a test on a world of its own, under one supervisor. */
export const supervised = <A, E>(
  test: (world: ActorWorld) => Effect.Effect<A, E, SessionSupervisor | Admission | Scope.Scope>,
  config: Partial<AppConfigShape> = {},
  admission = Admission.layer
) =>
  Effect.suspend(() => {
    const world = new ActorWorld()
    return Effect.scoped(test(world)).pipe(Effect.provide(Layer.fresh(world.layer(config, admission))))
  })

/** Lets time pass, a little at a time, until something holds. */
export const eventually = (holds: () => boolean) =>
  Effect.iterate(false, {
    while: (held) => !held,
    body: () => Effect.as(TestClock.adjust("50 millis"), undefined).pipe(Effect.map(holds))
  })

/** Lets time pass, a little at a time, until this is done. */
export const soon = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(self, Effect.forever(TestClock.adjust("50 millis")))

export const say = (n: number) => SessionCommand.Message({ messageId: `m${n}`, text: `message ${n}`, by })
export const stop = SessionCommand.Stop({ by })
/** What a store says whose disk is full. */
export const full = new StoreError({ operation: "record events", cause: "disk full" })
export const start = (id: SessionId) => Effect.flatMap(SessionSupervisor, (supervisor) => supervisor.start(id))
export const ask = (id: SessionId, command: SessionCommand) =>
  Effect.flatMap(SessionSupervisor, (supervisor) => supervisor.ask(id, command))

export const hasEnded = (world: ActorWorld, id: SessionId) => () => world.of(id).state.phase._tag === "Ended"
/** How the session ended, and its sentence; else its phase. */
export const ending = (world: ActorWorld, id: SessionId) => {
  const { phase } = world.of(id).state
  return phase._tag === "Ended" ? `${phase.end}: ${phase.text}` : phase._tag
}

/** A session whose agent works until it is interrupted, and then until it lets go; `agent` counts how often it was. */
export const withRunningAgent = Effect.fnUntraced(function*(
  world: ActorWorld,
  letsGo: Effect.Effect<void> = Effect.void
) {
  const id = world.create("session-a")
  const agent = { interrupted: 0 }
  world.script = (step) =>
    step._tag === "RunAgent"
      ? Effect.onInterrupt(Effect.never, () => Effect.zipRight(Effect.sync(() => agent.interrupted++), letsGo))
      : undefined
  yield* start(id)
  yield* eventually(() => world.begun.includes("session-a:RunAgent"))
  return { id, agent }
})
