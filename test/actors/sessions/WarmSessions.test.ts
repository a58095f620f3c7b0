/** A new session gets the sandbox that waits, if its agent begins by itself. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { NewSessions } from "../../../src/actors/sessions/NewSessions.ts"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { WarmSandboxes } from "../../../src/actors/steps/WarmSandboxes.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { Agents } from "../../../src/services/agents/Agents.ts"
import { Forge } from "../../../src/services/forge/Forge.ts"
import { ModelPrices } from "../../../src/services/model/ModelPrices.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"
import { by, create, history, request, ticking, untilFact, World } from "../../support/TestApp.ts"
import { layerConfig } from "../../support/TestConfig.ts"

/** A server that keeps one sandbox waiting. */
const withWaiting = <A, E>(test: (world: World) => Effect.Effect<A, E, Sessions | Scope.Scope>) =>
  Effect.suspend(() => {
    const world = new World()
    return Effect.scoped(test(world)).pipe(
      Effect.provide(Layer.fresh(world.serving(Database.layerMemory, { warmSandboxes: 1 })))
    )
  })

/** The sandboxes that were prepared for sessions to come, by session. */
const ahead = ({ engine }: World) =>
  engine.prepared.flatMap((line) => /^opentl-([0-9a-f]{12})-1-1 ahead for \w+$/.exec(line)?.[1] ?? [])

/** When so many were prepared. */
const preparedTimes = (world: World, count: number) =>
  ticking(Effect.repeat(Effect.yieldNow(), { until: () => Effect.sync(() => ahead(world).length === count) }))

describe("a session on a server with waiting sandboxes", () => {
  it.effect("has the id of the one that waits; the next is prepared when its agent works", () =>
    withWaiting((world) =>
      Effect.gen(function*() {
        yield* preparedTimes(world, 1)
        world.engine.script = () => ({ lines: ["working"] })
        const first = yield* create()
        assert.strictEqual(first, ahead(world)[0])
        // nobody has begun yet
        const second = yield* create()
        assert.notInclude(ahead(world), second)
        yield* untilFact(first, "OutputWritten")
        yield* preparedTimes(world, 2)
        assert.strictEqual(yield* create(), ahead(world)[1])
      })
    ))

  it.effect("leaves it to another one if it only plans, or waits for a person first", () =>
    withWaiting((world) =>
      Effect.gen(function*() {
        yield* preparedTimes(world, 1)
        const [waiting] = ahead(world)
        assert.notStrictEqual(yield* create({ planOnly: true }), waiting)
        assert.notStrictEqual(yield* create({ approvePlan: true }), waiting)
        assert.strictEqual(yield* create(), waiting)
      })
    ))

  it.effect("leaves it to another one if there was such a session already, or none could be created", () =>
    withWaiting((world) =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const options = { by, trustLocalPaths: true, trustCommands: true, idempotencyKey: "once", body: "the same" }
        yield* preparedTimes(world, 1)
        const { session } = yield* sessions.create(request, options)
        assert.strictEqual(session.id, ahead(world)[0])
        yield* history(session.id)
        yield* preparedTimes(world, 2)
        const again = yield* sessions.create(request, options)
        assert.strictEqual(again.session.id, session.id)
        yield* Effect.flip(sessions.create(request, { ...options, body: "another" }))
        assert.strictEqual(yield* create(), ahead(world)[1])
      })
    ))

  it.effect("keeps it from others if it may have been recorded, whatever the store says", () =>
    Effect.gen(function*() {
      const settled = yield* Ref.make<ReadonlyArray<readonly [SessionId, boolean]>>([])
      const id = SessionId.make("0123456789ab")
      const warm = Layer.succeed(WarmSandboxes, {
        take: Effect.succeedSome(id),
        settle: (id, isUsed) => Ref.update(settled, (all) => [...all, [id, isUsed] as const]),
        reserved: Effect.succeed(new Set<SessionId>()),
        refill: Effect.void,
        refillNow: Effect.void
      })
      const agent = Agent.Named({ name: "opentl" })
      const sessions = NewSessions.layer.pipe(
        Layer.provide([
          warm,
          Layer.mock(Agents, {
            choose: () => Effect.succeed({ agent }),
            check: () => Effect.void,
            start: () => Effect.succeed({ environment: {} })
          }),
          Layer.mock(SessionStore, {
            create: () => new StoreError({ operation: "create a session", cause: "disk full" })
          }),
          Layer.mock(Forge, { hasPullRequests: () => true }),
          ModelPrices.layer
        ]),
        Layer.provide(layerConfig())
      )
      const refused = yield* Effect.flatMap(NewSessions, ({ create }) =>
        create(request, { by, trustLocalPaths: true, trustCommands: true, body: "" })).pipe(
          Effect.flip,
          Effect.provide(sessions)
        )
      assert.strictEqual(refused._tag, "StoreError")
      assert.deepStrictEqual(yield* Ref.get(settled), [[id, true]])
    }))
})
