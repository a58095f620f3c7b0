/** Programs that are given nothing of the server's environment but where programs are. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as BarePrograms from "../../../src/services/programs/BarePrograms.ts"
import { Programs } from "../../../src/services/programs/Programs.ts"

const printed = (settings: Readonly<Record<string, string>>) =>
  Effect.flatMap(BarePrograms.make, (outputOf) => outputOf("/usr/bin/env")).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))),
    Effect.provide(NodeContext.layer)
  )

describe("a bare program", () => {
  it.effect("has the server's search path, and none of its secrets", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* printed({ PATH: "/opt/bin:/bin", ANTHROPIC_API_KEY: "secret" }), "PATH=/opt/bin:/bin\n")
      assert.strictEqual(yield* printed({}), "PATH=/usr/local/bin:/usr/bin:/bin\n")
    }))

  it.effect("that fails says why", () =>
    Effect.gen(function*() {
      const outputOf = yield* BarePrograms.make
      const error = yield* Effect.flip(outputOf("sh", "-c", "echo oops >&2; exit 3"))
      assert.include(error.message, "sh ended with 3: oops")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("is started by the service where there is one", () =>
    Effect.gen(function*() {
      const started: Array<string> = []
      const programs = Layer.succeed(Programs, {
        run: ({ args, command }) =>
          Effect.sync(() => {
            started.push([command, ...args].join(" "))
            return { exitCode: 0, signal: undefined, stderr: "", isCut: false }
          })
      })
      yield* Effect.flatMap(BarePrograms.make, (outputOf) => outputOf("mkfifo", "a")).pipe(
        Effect.provide([NodeContext.layer, programs])
      )
      assert.deepStrictEqual(started, ["mkfifo a"])
    }))
})
