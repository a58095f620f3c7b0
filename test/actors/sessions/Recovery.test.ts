/** Live sessions keep their actors, and no sandbox outlives its session. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { OwnSessions } from "../../../src/actors/session/OwnSessions.ts"
import { SessionSupervisor } from "../../../src/actors/session/SessionSupervisor.ts"
import * as Recovery from "../../../src/actors/sessions/Recovery.ts"
import { RestingSandboxes } from "../../../src/actors/steps/RestingSandboxes.ts"
import { WarmSandboxes } from "../../../src/actors/steps/WarmSandboxes.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { SessionNotFound } from "../../../src/domain/Session.ts"
import { Sandbox, SandboxUnavailable } from "../../../src/services/sandbox/Sandbox.ts"
import { type LiveSession, SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"
import { BackgroundTasks, describe as tell } from "../../../src/services/support/BackgroundTasks.ts"
import { session } from "../../http/TestServer.ts"
import * as Logged from "../../support/Logged.ts"

const one = SessionId.make("000000000001")
const two = SessionId.make("000000000002")
const three = SessionId.make("000000000003")

/** What a test says is live and what runs, and what recovery did about it. */
const make = Effect.gen(function*() {
  const live = yield* Ref.make<Effect.Effect<ReadonlyArray<LiveSession>, StoreError>>(Effect.succeed([]))
  const runs = yield* Ref.make<Effect.Effect<ReadonlyArray<SessionId>, SandboxUnavailable>>(Effect.succeed([]))
  const woken = yield* Ref.make<ReadonlyArray<SessionId>>([])
  const started = yield* Ref.make<ReadonlyArray<SessionId>>([])
  const removed = yield* Ref.make<ReadonlyArray<SessionId>>([])
  const removedWorkspaces = yield* Ref.make<ReadonlyArray<SessionId>>([])
  const strangers = yield* Ref.make<ReadonlyArray<SessionId>>([])
  const reserved = yield* Ref.make<ReadonlySet<SessionId>>(new Set())
  const resting = yield* Ref.make<ReadonlySet<SessionId>>(new Set())
  const removal = yield* Ref.make<(id: SessionId) => Effect.Effect<void>>(() => Effect.void)
  const logged = yield* Logged.make
  const layer = Recovery.layer.pipe(
    Layer.provide(Layer.mock(SessionHistory, {
      live: Effect.flatten(Ref.get(live)),
      get: (id) =>
        Ref.get(strangers).pipe(
          Effect.filterOrFail((all) => !all.includes(id), () => new SessionNotFound({ id })),
          Effect.as(session({ id }))
        )
    })),
    Layer.provide(Layer.succeed(WarmSandboxes, {
      take: Effect.succeedNone,
      settle: () => Effect.void,
      reserved: Ref.get(reserved),
      refill: Effect.void,
      refillNow: Effect.void
    })),
    Layer.provide(Layer.succeed(RestingSandboxes, {
      isOn: true,
      rest: () => Effect.void,
      work: () => Effect.void,
      reserved: Ref.get(resting)
    })),
    Layer.provide(Layer.mock(SessionSupervisor, {
      start: (id) => Ref.update(started, (all) => [...all, id]),
      wake: (id) => Ref.update(woken, (all) => [...all, id])
    })),
    Layer.provide(Layer.mock(Sandbox, {
      kind: "fake",
      sessionsWithRuns: Effect.flatten(Ref.get(runs)),
      removeRuns: (id) =>
        Effect.flatMap(Ref.get(removal), (remove) => remove(id)).pipe(
          Effect.zipRight(Ref.update(removed, (all) => [...all, id]))
        ),
      removeWorkspace: (id) => Ref.update(removedWorkspaces, (all) => [...all, id])
    })),
    Layer.provide(OwnSessions.layerAll),
    Layer.provideMerge(BackgroundTasks.layer),
    Layer.provide(logged.layer)
  )
  return {
    isLive: (...ids: ReadonlyArray<SessionId>) =>
      Ref.set(live, Effect.succeed(ids.map((id) => ({ id, status: "running" as const })))),
    isPending: (...ids: ReadonlyArray<SessionId>) =>
      Ref.set(live, Effect.succeed(ids.map((id) => ({ id, status: "pending" as const })))),
    runs: (...ids: ReadonlyArray<SessionId>) => Ref.set(runs, Effect.succeed(ids)),
    live,
    sandbox: runs,
    removal,
    started: Ref.getAndSet(started, []),
    woken: Ref.getAndSet(woken, []),
    removed: Ref.getAndSet(removed, []),
    removedWorkspaces: Ref.getAndSet(removedWorkspaces, []),
    reserved,
    resting,
    strangers,
    lines: logged.lines,
    layer
  }
})

describe("recovery", () => {
  it.scoped("starts the actors of live sessions, and every minute those of sessions whose actor gave up", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.isLive(one, two)
      yield* Layer.build(world.layer)
      assert.includeMembers([...(yield* world.started)], [one, two])
      yield* TestClock.adjust(0)
      yield* world.started
      yield* world.isLive(two, three)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* world.started, [two, three])
    }))

  it.scoped("wakes the actors of those that were running: a stop needs no admission; the others wait for theirs", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.isLive(one)
      yield* Layer.build(world.layer)
      assert.include(yield* world.woken, one)
      yield* world.isPending(two)
      yield* TestClock.adjust("1 minute")
      assert.include(yield* world.started, two)
      assert.notInclude(yield* world.woken, two)
    }))

  it.scoped("removes the sandboxes of sessions that are over, and no others", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.isLive(two)
      yield* world.runs(one, two, three)
      yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* world.removed, [one, three])
    }))

  it.scoped("lets alone what waits for a session that rests", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.runs(one, two)
      yield* Ref.set(world.resting, new Set([two]))
      yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* world.removed, [one])
      yield* Ref.set(world.resting, new Set())
      yield* TestClock.adjust("1 minute")
      assert.include(yield* world.removed, two)
    }))

  it.scoped("leaves no workspace of a session that never came, and lets alone what waits for one", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.runs(one, two, three)
      yield* Ref.set(world.strangers, [one, two])
      yield* Ref.set(world.reserved, new Set([two]))
      yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* world.removedWorkspaces, [one])
      assert.deepStrictEqual(yield* world.removed, [three])
    }))

  it.scoped("does not take a sandbox whose session comes just now for one that is over", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      yield* world.runs(one)
      yield* Ref.set(world.strangers, [one])
      yield* Ref.set(world.reserved, new Set([one]))
      // it has its session before the next sweep reads them, and is not reserved any more
      yield* Ref.set(world.live, Effect.as(Ref.set(world.reserved, new Set()), []))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* world.removedWorkspaces, [])
    }))

  it.scoped("removes all that it can where one cannot be removed, which it tries again", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.runs(one, two, three)
      yield* Ref.set(world.removal, (id) => id === two ? Effect.dieMessage("a bug") : Effect.void)
      yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* world.removed, [one, three])
      yield* world.runs(two)
      yield* Ref.set(world.removal, () => Effect.void)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* world.removed, [two])
    }))

  it.scoped("does not take a session that has just begun for one that is over", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      // it becomes live while the engine is asked
      yield* Ref.set(world.sandbox, Effect.as(world.isLive(one), [one]))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* world.removed, [])
    }))

  it.scoped("goes on after an engine or a database that was not there, and after a defect", () =>
    Effect.gen(function*() {
      const world = yield* make
      yield* world.isLive(one)
      const context = yield* Layer.build(world.layer)
      yield* TestClock.adjust(0)
      const told = Effect.flatMap(
        BackgroundTasks,
        ({ tasks }) => Effect.map(tasks, (tasks) => tasks.map((task) => Option.getOrElse(tell(task), () => "running")))
      ).pipe(
        Effect.provide(context)
      )
      yield* Ref.set(world.sandbox, new SandboxUnavailable({ reason: "Docker does not answer", mend: "start it" }))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* told, ["running"])
      yield* world.runs()
      yield* Ref.set(world.live, new StoreError({ operation: "list live sessions", cause: { code: "SQLITE_FULL" } }))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* told, ["running"])
      assert.deepStrictEqual((yield* world.lines).map(({ level }) => level), ["Info", "Warning"])

      yield* Ref.set(world.live, Effect.dieMessage("a bug"))
      yield* TestClock.adjust("1 minute")
      assert.include((yield* told)[0], "because a bug")
      yield* world.isLive(three)
      yield* world.started
      yield* TestClock.adjust("2 minutes")
      assert.include(yield* world.started, three)
      assert.deepStrictEqual(yield* told, ["running"])
    }))
})
