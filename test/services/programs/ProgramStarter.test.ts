/** The program that starts others may be killed at any time; the server goes on. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ProgramStarter from "../../../src/services/programs/ProgramStarter.ts"

const file = new URL("../../../dist/bin/starter.mjs", import.meta.url).pathname

const program = (script: string) => ({
  command: "/bin/sh",
  args: ["-c", script],
  directory: "/",
  environment: { PATH: "/usr/bin:/bin" },
  stdin: undefined
})

/** What is told of a program last. */
const run = (starter: ProgramStarter.ProgramStarter, script: string) =>
  Effect.gen(function*() {
    const last = yield* Deferred.make<ProgramStarter.Told>()
    starter.start(program(script), (told) => {
      if (told._tag !== "Output") Deferred.unsafeDone(last, Effect.succeed(told))
    })
    return last
  })

describe("a starter that is killed", () => {
  it.scopedLive("loses what was asked of it in that moment, and nothing else", () =>
    Effect.gen(function*() {
      const starter = yield* ProgramStarter.make(file)
      yield* Effect.repeat(Effect.sync(starter.isReady), {
        until: (isReady) => isReady,
        schedule: Schedule.spaced("5 millis")
      })
      // it ends before it could answer
      const killed = yield* Effect.flatMap(run(starter, "kill -KILL $PPID"), Deferred.await)
      const asked = yield* Effect.replicateEffect(run(starter, "true"), 3)
      const told = yield* Effect.forEach(asked, (last) => Effect.timeoutOption(Deferred.await(last), "5 seconds"))
      assert.strictEqual(killed._tag, "Lost")
      assert.lengthOf(told, 3)
    }))
})
