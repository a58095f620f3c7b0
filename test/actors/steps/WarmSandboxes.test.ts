/** Sandboxes wait for sessions to come: so many as are wanted, for so long as sessions come. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { idleTime, WarmSandboxes } from "../../../src/actors/steps/WarmSandboxes.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { SessionNotFound } from "../../../src/domain/Session.ts"
import { Agents } from "../../../src/services/agents/Agents.ts"
import { Gateway } from "../../../src/services/gateway/Gateway.ts"
import { runName, Sandbox, SandboxError } from "../../../src/services/sandbox/Sandbox.ts"
import { SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import { session } from "../../http/TestServer.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"

const notes = `${testConfig.dataDir}/waiting`

const refused = new SandboxError({ operation: "start", reason: "no engine" })

/** A server that keeps so many, on a sandbox that remembers what it was asked. */
const make = Effect.fnUntraced(function*(warmSandboxes: number, options: {
  readonly canPrepare?: boolean
  /** What an earlier server has prepared, and which sessions there are. */
  readonly left?: ReadonlyArray<SessionId>
  readonly sessions?: ReadonlyArray<SessionId>
} = {}) {
  const left = options.left ?? []
  const directories = yield* Ref.make<ReadonlySet<string>>(new Set(left.flatMap((id) => [id, `note ${id}`])))
  const prepared = yield* Ref.make<ReadonlyArray<string>>([])
  const present = yield* Ref.make<ReadonlySet<SessionId>>(new Set(left))
  const engine = yield* Ref.make<Effect.Effect<void, SandboxError>>(Effect.void)
  const sandbox = Layer.mock(Sandbox, {
    kind: "fake",
    ...(options.canPrepare === false ? {} : {
      prepareAhead: (run, { expectedAgent }) =>
        Ref.update(present, (all) => new Set([...all, run.sessionId])).pipe(
          Effect.zipRight(Effect.flatten(Ref.get(engine))),
          Effect.zipRight(Ref.update(prepared, (all) => [...all, `${runName(run).slice(-4)} for ${expectedAgent}`]))
        )
    }),
    removeWorkspace: (session) => Ref.update(present, (all) => new Set([...all].filter((each) => each !== session)))
  })
  const gateway = Layer.mock(Gateway, {
    directoryOf: (session) => Effect.as(Ref.update(directories, (all) => new Set([...all, session])), session)
  })
  const withoutNote = (path: string) => path.startsWith(`${notes}/`) ? `note ${path.slice(notes.length + 1)}` : path
  const files = FileSystem.layerNoop({
    makeDirectory: (path) => Ref.update(directories, (all) => new Set([...all, withoutNote(path)])),
    readDirectory: () =>
      Effect.map(
        Ref.get(directories),
        (all) => [...all].flatMap((each) => each.startsWith("note ") ? [each.slice("note ".length)] : [])
      ),
    remove: (path) => Ref.update(directories, (all) => new Set([...all].filter((each) => each !== withoutNote(path))))
  })
  const history = Layer.mock(SessionHistory, {
    get: (id) => options.sessions?.includes(id) === true ? Effect.succeed(session({ id })) : new SessionNotFound({ id })
  })
  const agents = Layer.mock(Agents, {
    choose: () => Effect.succeed({ agent: Agent.Named({ name: "opentl" }) })
  })
  const scope = yield* Scope.make()
  const context = yield* WarmSandboxes.layer.pipe(
    Layer.provide([sandbox, gateway, agents, layerConfig({ warmSandboxes }), BackgroundTasks.layer, files, history]),
    Layer.buildWithScope(scope)
  )
  yield* TestClock.adjust(0)
  return {
    warm: Context.get(context, WarmSandboxes),
    prepared: Ref.getAndSet(prepared, []),
    present: Ref.get(present),
    directories: Effect.map(Ref.get(directories), (all) => [...all]),
    engine,
    end: Scope.close(scope, Exit.void)
  }
})

describe("waiting sandboxes", () => {
  it.scoped("are prepared when the server starts, for the first round of a session and the agent that it would have", () =>
    Effect.gen(function*() {
      const { prepared, present, warm } = yield* make(2)
      assert.deepStrictEqual(yield* prepared, ["-1-1 for opentl", "-1-1 for opentl"])
      assert.deepStrictEqual(yield* warm.reserved, yield* present)
    }))

  it.scoped("go to one session each, and are missing until a session works", () =>
    Effect.gen(function*() {
      const { prepared, warm } = yield* make(1)
      yield* prepared
      const id = Option.getOrThrow(yield* warm.take)
      assert.isTrue(Option.isNone(yield* warm.take))
      assert.isTrue((yield* warm.reserved).has(id), "there is no session yet")
      yield* warm.settle(id, true)
      assert.isFalse((yield* warm.reserved).has(id))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* prepared, [])
      yield* warm.refillNow
      yield* warm.refillNow
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* prepared, ["-1-1 for opentl"])
      assert.notDeepEqual(yield* warm.take, Option.some(id))
    }))

  it.scoped("are missing for a moment more, in which the session's agent starts", () =>
    Effect.gen(function*() {
      const { prepared, warm } = yield* make(1)
      yield* prepared
      yield* warm.settle(Option.getOrThrow(yield* warm.take), true)
      yield* warm.refill
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(yield* prepared, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* prepared, ["-1-1 for opentl"])
    }))

  it.scoped("are missing for that moment no longer than the session takes", () =>
    Effect.gen(function*() {
      const { prepared, warm } = yield* make(1)
      yield* prepared
      yield* warm.settle(Option.getOrThrow(yield* warm.take), true)
      yield* warm.refill
      yield* TestClock.adjust("500 millis")
      yield* warm.refillNow
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* prepared, ["-1-1 for opentl"])
    }))

  it.scoped("are prepared at once where sessions come close together", () =>
    Effect.gen(function*() {
      const { prepared, warm } = yield* make(1)
      yield* prepared
      /** What is prepared as soon as a session's agent works, and what by the session's end. */
      const session = Effect.gen(function*() {
        yield* warm.settle(Option.getOrThrow(yield* warm.take), true)
        yield* warm.refill
        yield* TestClock.adjust(0)
        const atOnce = yield* prepared
        yield* TestClock.adjust("500 millis")
        yield* warm.refillNow
        yield* TestClock.adjust(0)
        return [atOnce.length, (yield* prepared).length]
      })
      assert.deepStrictEqual(yield* session, [0, 1])
      yield* TestClock.adjust("249 millis")
      assert.deepStrictEqual(yield* session, [1, 0])
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(yield* session, [0, 1])
    }))

  it.scoped("can be taken while they are prepared, and are then not removed where that fails", () =>
    Effect.gen(function*() {
      const { engine, present, warm } = yield* make(1)
      const first = Option.getOrThrow(yield* warm.take)
      yield* warm.settle(first, true)
      const failing = yield* Deferred.make<void, SandboxError>()
      yield* Ref.set(engine, Deferred.await(failing))
      yield* warm.refillNow
      yield* TestClock.adjust(0)
      const second = Option.getOrThrow(yield* warm.take)
      yield* warm.settle(second, true)
      yield* Deferred.fail(failing, refused)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual([...(yield* present)], [first, second])
    }))

  it.scoped("wait for another session if there is none with their id", () =>
    Effect.gen(function*() {
      const { warm } = yield* make(1)
      const id = Option.getOrThrow(yield* warm.take)
      yield* warm.settle(id, false)
      assert.deepStrictEqual(yield* warm.take, Option.some(id))
    }))

  it.scoped("are given up, with all that is theirs, when nobody has wanted them for a while", () =>
    Effect.gen(function*() {
      const { directories, present, warm } = yield* make(2)
      yield* TestClock.adjust("5 minutes")
      const taken = Option.getOrThrow(yield* warm.take)
      yield* warm.settle(taken, true)
      yield* TestClock.adjust(idleTime)
      assert.deepStrictEqual([...(yield* present)], [taken])
      assert.deepStrictEqual(yield* directories, [taken])
      assert.strictEqual((yield* warm.reserved).size, 0)
      assert.isTrue(Option.isNone(yield* warm.take))
      yield* warm.refillNow
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* present).size, 3)
    }))

  it.scoped("are removed when the server ends, apart from those that sessions have", () =>
    Effect.gen(function*() {
      const { end, present, warm } = yield* make(2)
      const taken = Option.getOrThrow(yield* warm.take)
      yield* warm.settle(taken, true)
      yield* end
      assert.deepStrictEqual([...(yield* present)], [taken])
    }))

  it.scoped("of an earlier server are removed, apart from those that sessions have, also where none are wanted now", () =>
    Effect.gen(function*() {
      const [lost, used] = [SessionId.make("00000000000a"), SessionId.make("00000000000b")]
      for (const count of [0, 1]) {
        const { directories, present, warm } = yield* make(count, { left: [lost, used], sessions: [used] })
        const ours = [...(yield* warm.reserved)]
        assert.deepStrictEqual([...(yield* present)], [used, ...ours])
        assert.deepStrictEqual(yield* directories, [used, ...ours.flatMap((id) => [`note ${id}`, id])])
      }
    }))

  it.scoped("leave nothing behind where none can be prepared, and are tried again with the next session", () =>
    Effect.gen(function*() {
      const { directories, engine, present, warm } = yield* make(1)
      yield* warm.settle(Option.getOrThrow(yield* warm.take), true)
      const before = yield* directories
      yield* Ref.set(engine, refused)
      yield* warm.refillNow
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* warm.reserved).size, 0)
      assert.deepStrictEqual(yield* directories, before)
      yield* Ref.set(engine, Effect.void)
      yield* warm.refillNow
      yield* TestClock.adjust(0)
      assert.strictEqual((yield* present).size, 2)
    }))

  it.scoped("are none where none are wanted, and where a sandbox is only prepared for a session", () =>
    Effect.gen(function*() {
      for (const { prepared, warm } of [yield* make(0), yield* make(1, { canPrepare: false })]) {
        yield* warm.refillNow
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(yield* prepared, [])
        assert.isTrue(Option.isNone(yield* warm.take))
      }
    }))
})
