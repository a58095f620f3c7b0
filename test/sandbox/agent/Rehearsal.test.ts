import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, it, layer } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { Writable } from "node:stream"
import { AgentConfig } from "../../../sandbox/agent/AgentConfig.ts"
import * as AgentLive from "../../../sandbox/agent/AgentLive.ts"
import * as Rehearsal from "../../../sandbox/agent/Rehearsal.ts"
import * as SandboxRound from "../../../sandbox/agent/SandboxRound.ts"

/** A round, and what it has left. */
const round = Effect.fn(function*(stdout: () => Writable) {
  const fs = yield* FileSystem.FileSystem
  const code = yield* Effect.provide(SandboxRound.run("rehearsal", stdout), AgentLive.layerOf(AgentConfig.layer))
  const place = yield* Config.string("HOME")
  return {
    code,
    place,
    file: yield* fs.readFileString(`${place}/repo/file`),
    answer: yield* Effect.flatMap(Config.string("OPENTL_ANSWER_FILE"), (file) => fs.readFileString(file))
  }
})

layer(NodeContext.layer, { excludeTestServices: true })("a round that the waiting agent does for itself", (it) => {
  it.effect("goes the whole way, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const done = new Array<Effect.Effect.Success<ReturnType<typeof round>>>()
      yield* Rehearsal.run((stdout) =>
        Effect.provide(Effect.map(round(stdout), (left) => done.push(left)), NodeContext.layer)
      )
      assert.deepStrictEqual(done.map(({ answer, code, file }) => ({ answer, code, file })), [
        { answer: "The second line is 2 now.\n", code: 0, file: "one\n2\nthree\n" }
      ])
      assert.isFalse(yield* fs.exists(done[0]?.place ?? "/"))
    }))

  it.effect("fails nobody", () =>
    Effect.gen(function*() {
      yield* Rehearsal.run(() => Effect.fail("refused"))
      yield* Rehearsal.run(() => Effect.die("broken"))
    }))
})

it.effect("a rehearsal is given up where it does not end", () =>
  Effect.gen(function*() {
    const rehearsal = yield* Effect.fork(Rehearsal.run(() => Effect.never))
    // its place is made by node, which no clock moves
    yield* Effect.repeat(
      Effect.zipRight(
        Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
        TestClock.adjust("1 second")
      ),
      { until: () => Effect.map(Fiber.poll(rehearsal), ({ _tag }) => _tag === "Some") }
    )
    assert.isTrue((yield* Fiber.await(rehearsal))._tag === "Success")
  }).pipe(Effect.provide(NodeContext.layer)))
