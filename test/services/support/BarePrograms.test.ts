/** Programs that are given nothing of the server's environment but where programs are. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as BarePrograms from "../../../src/services/support/BarePrograms.ts"

const printed = (settings: Readonly<Record<string, string>>) =>
  Effect.flatMap(BarePrograms.make, (program) => Command.string(program("/usr/bin/env"))).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))),
    Effect.provide(NodeContext.layer)
  )

describe("a bare program", () => {
  it.effect("has the server's search path, and none of its secrets", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* printed({ PATH: "/opt/bin:/bin", ANTHROPIC_API_KEY: "secret" }), "PATH=/opt/bin:/bin\n")
      assert.strictEqual(yield* printed({}), "PATH=/usr/local/bin:/usr/bin:/bin\n")
    }))
})
