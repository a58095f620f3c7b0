/** The real actors, store and log on a database of the test's own; everything outside the process is a fake. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../src/actors/sessions/Sessions.ts"
import { layerOwn, layerRecording, layerServing, layerWorking } from "../../src/App.ts"
import type { SessionEventView } from "../../src/domain/EventText.ts"
import type { SessionId } from "../../src/domain/Ids.ts"
import type { SessionEvent } from "../../src/domain/SessionEvent.ts"
import type { CreateSession } from "../../src/domain/SessionRequest.ts"
import type { AppConfigShape } from "../../src/services/config/AppConfig.ts"
import type { LanguageModel } from "../../src/services/model/LanguageModel.ts"
import * as Database from "../../src/services/store/Database.ts"
import type { StoreError } from "../../src/services/store/StoreError.ts"
import * as FakeForge from "../fakes/FakeForge.ts"
import * as FakeGateway from "../fakes/FakeGateway.ts"
import * as FakeModel from "../fakes/FakeModel.ts"
import * as FakeSandbox from "../fakes/FakeSandbox.ts"
import * as FakeScanner from "../fakes/FakeScanner.ts"
import { layerConfig } from "./TestConfig.ts"

/** The world outside: it stays while servers come and go. */
export class World {
  readonly engine = new FakeSandbox.FakeEngine()
  readonly remote = new FakeForge.FakeRemote()
  readonly gateway = new FakeGateway.FakeGatewayScript()
  readonly model = new FakeModel.FakeModelScript()
  readonly scanner = new FakeScanner.FakeScannerScript()

  /** One server's life on this world and on the given database. `model` takes the scripted one's place. */
  layer(
    database: Layer.Layer<SqlClient.SqlClient, StoreError>,
    config: Partial<AppConfigShape> = {},
    model: Layer.Layer<LanguageModel> = FakeModel.layer(this.model)
  ) {
    return this.around(layerWorking, database, config, model)
  }

  /** A command on the same world, which works on what it is asked about. */
  own(database: Layer.Layer<SqlClient.SqlClient, StoreError>, config: Partial<AppConfigShape> = {}) {
    return this.around(layerOwn, database, config, FakeModel.layer(this.model))
  }

  /** As `layer`, with sandboxes that wait for sessions to come. */
  serving(database: Layer.Layer<SqlClient.SqlClient, StoreError>, config: Partial<AppConfigShape> = {}) {
    return this.around(layerServing, database, config, FakeModel.layer(this.model))
  }

  /** A process on the same world that only records. */
  recording(database: Layer.Layer<SqlClient.SqlClient, StoreError>) {
    return this.around(layerRecording, database, {}, FakeModel.layer(this.model))
  }

  private around<A, E, R>(
    sessions: Layer.Layer<A, E, R>,
    database: Layer.Layer<SqlClient.SqlClient, StoreError>,
    config: Partial<AppConfigShape>,
    model: Layer.Layer<LanguageModel>
  ) {
    return sessions.pipe(
      Layer.provide(NodeContext.layer),
      Layer.provide(FakeSandbox.layer(this.engine)),
      Layer.provide(FakeForge.layer(this.remote)),
      Layer.provide(FakeScanner.layer(this.scanner)),
      Layer.provide(model),
      Layer.provide(FakeGateway.layer(this.gateway)),
      Layer.provideMerge(database),
      Layer.provideMerge(layerConfig(config))
    )
  }
}

/** Runs a test on a fresh world with a server on a database in memory. */
export const withServer = <A, E>(
  test: (world: World) => Effect.Effect<A, E, Sessions | Scope.Scope>,
  config: Partial<AppConfigShape> = {}
) =>
  Effect.suspend(() => {
    const world = new World()
    return Effect.scoped(test(world)).pipe(Effect.provide(Layer.fresh(world.layer(Database.layerMemory, config))))
  })

export const by = { name: "ada", via: "http" } as const
export const request: CreateSession = { repo: { _tag: "GitHub", owner: "acme", name: "app" }, prompt: "Fix the bug" }

export const create = (changes: Partial<CreateSession> = {}) =>
  Effect.flatMap(Sessions, (sessions) =>
    Effect.map(
      sessions.create({ ...request, ...changes }, { by, trustLocalPaths: true, trustCommands: true }),
      ({ session }) => session.id
    ))

/** A session whose agent has printed a line and works on until it is stopped. */
export const createWorking = Effect.fnUntraced(function*(world: World) {
  world.engine.script = () => ({ lines: ["working"] })
  const id = yield* create()
  yield* untilFact(id, "OutputWritten")
  return id
})

/** Lets the test's time pass, a little at a time, for as long as an effect takes. */
export const ticking = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(effect, Effect.forever(TestClock.adjust("20 millis")))

/** The events up to the first that is wanted. */
export const until = (id: SessionId, isWanted: (event: SessionEventView) => boolean) =>
  Effect.flatMap(
    Sessions,
    (sessions) =>
      sessions.events(id, 0).pipe(
        Stream.takeUntil(isWanted),
        Stream.runCollect,
        Effect.map((events) => [...events]),
        ticking
      )
  )

/** All events until the session's end. */
export const history = (id: SessionId) =>
  Effect.flatMap(
    Sessions,
    (sessions) => ticking(Effect.map(Stream.runCollect(sessions.events(id, 0)), (events) => [...events]))
  )

/** The facts that events tell, by name. */
export const tags = (events: ReadonlyArray<SessionEventView>) =>
  events.map(({ fact }) => Option.getOrUndefined(fact)?._tag)

/** How the turns among them ended. */
export const endings = (events: ReadonlyArray<SessionEventView>) =>
  events.flatMap(({ fact }) => Option.isSome(fact) && fact.value._tag === "TurnEnded" ? [fact.value.end] : [])

/** Whether an event tells such a fact. */
export const tells = (tag: SessionEvent["_tag"]) => ({ fact }: SessionEventView) =>
  Option.exists(fact, ({ _tag }) => _tag === tag)

/** The events up to the first that tells such a fact. */
export const untilFact = (id: SessionId, tag: SessionEvent["_tag"]) => until(id, tells(tag))
