/** A container that waits for a run: what becomes of it, and what a run that starts in it finds. */
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import { EngineRefused } from "../../../../src/services/sandbox/docker/DockerErrors.ts"
import { runName } from "../../../../src/services/sandbox/Sandbox.ts"
import { itDocker } from "../../../support/Docker.ts"
import { makeSession } from "../SandboxSession.ts"
import { containers, makeSubject, makeSubjectOn, waiting } from "./PreparedKit.ts"

/** An engine whose image was not built from our Dockerfile, so that its workspace may be anybody's. */
const strangeImage = Layer.effect(
  DockerEngine,
  Effect.map(DockerEngine, (engine) => DockerEngine.of({ ...engine, imageLabels: () => Effect.succeed({}) }))
).pipe(Layer.provide(DockerEngine.layer))

/** The command lines of a container's processes. */
const commandsIn = Effect.fnUntraced(function*(name: string) {
  const engine = yield* DockerEngine
  return yield* engine.exec(name, {
    command: ["sh", "-c", "cat /proc/[0-9]*/cmdline"],
    environment: [],
    user: "0:0",
    workingDirectory: "/",
    attachStdout: true
  }).pipe(Stream.decodeText(), Stream.mkString)
})

describe("a prepared container", () => {
  itDocker(
    "waits under another name, and becomes the run with its inputs and its environment",
    () =>
      Effect.gen(function*() {
        const { gatewayDirectory, outputOf, round, sandbox, session, specOf, takeBundle } = yield* makeSession(
          yield* makeSubject
        )
        const run = round(1)
        yield* sandbox.prepare(run, { gatewayDirectory })
        const id = yield* waiting(session, `${runName(run)}-next`)
        assert.isFalse(yield* sandbox.exists(run), "it is no run yet")
        assert.isFalse(yield* sandbox.hasRepository(session))
        yield* sandbox.removeRuns(session, run)
        const spec = specOf(run, "printf '%s|' \"$ODD\"; env | grep OPENTL_; echo >> hello.txt")
        const odd = "it's \"$HOME\" `id`\n\\ ü"
        yield* sandbox.start({
          ...spec,
          environment: { ...spec.environment, ODD: odd, OPENTL_WORKSPACE: "/elsewhere" }
        })
        const output = yield* outputOf(run)
        assert.deepStrictEqual(yield* sandbox.exit(run), { code: 0, reason: undefined })
        assert.include(output, `${odd}|`)
        assert.include(output, "OPENTL_WORKSPACE=/workspace\n")
        assert.notInclude(output, "OPENTL_INPUTS")
        assert.include(yield* takeBundle(Option.getOrThrow(yield* sandbox.bundle(run))), "Change the greeting")
        const all = yield* containers(session)
        assert.deepStrictEqual([...all.keys()], [runName(run)])
        assert.strictEqual(all.get(runName(run))?.id, id)
        assert.isTrue(yield* sandbox.hasRepository(session))
      })
  )

  for (const [expectedAgent, begins] of [["opentl", true], ["acp", true], ["command", false]] as const) {
    itDocker(
      `${begins ? "loads" : "does not load"} the host of an agent that is expected: ${expectedAgent}`,
      () =>
        Effect.gen(function*() {
          const { gatewayDirectory, outputOf, round, sandbox, session, specOf } = yield* makeSession(
            yield* makeSubject
          )
          const run = round(1)
          yield* sandbox.prepare(run, { gatewayDirectory, expectedAgent })
          yield* waiting(session, `${runName(run)}-next`)
          const waits = yield* commandsIn(`${runName(run)}-next`).pipe(
            Effect.filterOrFail((commands) => commands.includes("--wait"), () => new Cause.NoSuchElementException()),
            Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 400 })
          )
          assert.strictEqual(waits.includes("relay.mjs"), !begins)
          // it is another agent than expected
          yield* sandbox.start(specOf(run, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; echo done"))
          const output = yield* outputOf(run)
          assert.include(output, "done")
          assert.notInclude(output, "agent.mjs")
          assert.notInclude(output, "acp.mjs")
          assert.deepStrictEqual(yield* sandbox.exit(run), { code: 0, reason: undefined })
        })
    )
  }

  itDocker("sees what earlier runs left in the workspace", () =>
    Effect.gen(function*() {
      const { gatewayDirectory, outputOf, round, runAgent, sandbox, session, specOf } = yield* makeSession(
        yield* makeSubject
      )
      yield* runAgent(1, "echo kept > kept.txt")
      yield* sandbox.removeRuns(session)
      const next = round(2)
      yield* sandbox.prepare(next, { gatewayDirectory })
      assert.isTrue(yield* sandbox.hasRepository(session))
      yield* sandbox.start(specOf(next, "cat kept.txt"))
      const output = yield* outputOf(next)
      assert.include(output, "Continuing in the workspace")
      assert.include(output, "kept\n")
    }))

  itDocker(
    "is removed with the session's runs, whether it waits already or not",
    () =>
      Effect.gen(function*() {
        const { gatewayDirectory, round, sandbox, session } = yield* makeSession(yield* makeSubject)
        yield* sandbox.prepare(round(1), { gatewayDirectory })
        yield* sandbox.removeRuns(session)
        assert.deepStrictEqual([...(yield* containers(session)).keys()], [])
        yield* sandbox.prepare(round(1), { gatewayDirectory })
        yield* waiting(session, `${runName(round(1))}-next`)
        yield* sandbox.removeRuns(session)
        assert.deepStrictEqual([...(yield* containers(session)).keys()], [])
      })
  )

  itDocker("of a server that is gone is not used by the next one", () =>
    Effect.gen(function*() {
      const subject = yield* makeSubject
      const { gatewayDirectory, outputOf, round, sandbox, session, specOf } = yield* makeSession(subject)
      const run = round(1)
      yield* Effect.scoped(
        Effect.gen(function*() {
          const before = yield* subject.open
          yield* before.prepare(run, { gatewayDirectory })
          yield* waiting(session, `${runName(run)}-next`)
        })
      )
      assert.isFalse(yield* sandbox.exists(run))
      yield* sandbox.removeRuns(session, run)
      assert.deepStrictEqual([...(yield* containers(session)).keys()], [])
      yield* sandbox.start(specOf(run, "echo hello there"))
      assert.include(yield* outputOf(run), "hello there")
    }))

  itDocker("that has ended meanwhile is replaced", () =>
    Effect.gen(function*() {
      const { gatewayDirectory, outputOf, round, sandbox, session, specOf } = yield* makeSession(yield* makeSubject)
      const run = round(1)
      yield* sandbox.prepare(run, { gatewayDirectory })
      const id = yield* waiting(session, `${runName(run)}-next`)
      yield* Effect.flatMap(DockerEngine, (engine) => engine.killContainer(id ?? ""))
      yield* sandbox.start(specOf(run, "echo hello there"))
      assert.include(yield* outputOf(run), "hello there")
      assert.deepStrictEqual([...(yield* containers(session)).keys()], [runName(run)])
    }))

  itDocker("of an image that is not ours is given its workspace, prepared or not", () =>
    Effect.gen(function*() {
      const { gatewayDirectory, round, runAgent, sandbox, session } = yield* makeSession(
        yield* makeSubjectOn(strangeImage)
      )
      yield* sandbox.prepare(round(1), { gatewayDirectory })
      yield* waiting(session, `${runName(round(1))}-next`)
      assert.strictEqual((yield* runAgent(1, "echo bye >hello.txt")).exit.code, 0)
      assert.strictEqual((yield* runAgent(2, "echo again >>hello.txt")).exit.code, 0)
    }))

  itDocker("has a volume with a limit, asked for again unless the engine knows none", () =>
    Effect.gen(function*() {
      const asked: Array<boolean> = []
      /** Refuses a size twice: for the moment, and for good. */
      const refusing = Layer.effect(
        DockerEngine,
        Effect.map(DockerEngine, (engine) =>
          DockerEngine.of({
            ...engine,
            createVolume: (volume) =>
              Effect.suspend(() => {
                const isLimited = "size" in volume.options
                asked.push(isLimited)
                const status = asked.length === 1 ? 500 : 400
                return isLimited
                  ? new EngineRefused({ operation: "create the volume", status, reason: "no" })
                  : engine.createVolume(volume)
              })
          }))
      ).pipe(Layer.provide(DockerEngine.layer))
      const { dataDir, open } = yield* makeSubjectOn(refusing)
      const subject = { dataDir, open: Effect.succeed(yield* open) }
      for (const _ of [1, 2, 3]) {
        const { runAgent } = yield* makeSession(subject)
        for (const round of [1, 2]) assert.strictEqual((yield* runAgent(round, "true")).exit.code, 0)
      }
      assert.deepStrictEqual(asked, [true, false, true, false, false], "once a session")
    }))
})
