/** How long an ended session's workspace is kept. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { by, create, history, ticking, until, withServer, type World } from "../../support/TestApp.ts"

const keepFor = (retention: Duration.DurationInput): Partial<AppConfigShape> => ({
  workspaceRetention: Option.some(Duration.decode(retention))
})

/** Waits for a fact while the test's time goes on. */
const eventually = (isSo: () => boolean) =>
  Effect.yieldNow().pipe(Effect.repeat({ until: () => Effect.sync(isSo) }), ticking)

const kept = (world: World) => [...world.engine.workspaces]

describe("the workspace of an ended session", () => {
  it.effect("is removed when it has been kept long enough, and not before", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create()
        yield* history(id)
        yield* TestClock.adjust("50 minutes")
        assert.deepStrictEqual(kept(world), [id])
        yield* TestClock.adjust("20 minutes")
        yield* eventually(() => kept(world).length === 0)
      }), keepFor("1 hour")))

  it.effect("is kept as long as the session goes on", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.engine.script = () => ({ lines: ["working"] })
        const id = yield* create({ timeoutSeconds: 24 * 3_600 })
        yield* until(id, (event) => event.data === "working")
        yield* TestClock.adjust("5 hours")
        assert.deepStrictEqual(kept(world), [id])
      }), keepFor("1 hour")))

  it.effect("counts from the newest turn's end, and a later message finds its way without it", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create()
        yield* history(id)
        yield* TestClock.adjust("2 hours")
        yield* eventually(() => kept(world).length === 0)
        yield* Effect.flatMap(Sessions, (sessions) => sessions.message(id, "and more", by))
        assert.strictEqual((yield* history(id)).at(-1)?.type, "done")
        yield* TestClock.adjust("50 minutes")
        assert.deepStrictEqual(kept(world), [id])
      }), keepFor("1 hour")))

  it.effect("is kept for ever where that is wanted", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const id = yield* create()
        yield* history(id)
        yield* TestClock.adjust("10 hours")
        assert.deepStrictEqual(kept(world), [id])
      }), { workspaceRetention: Option.none() }))
})
