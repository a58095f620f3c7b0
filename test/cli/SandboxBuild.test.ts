/** `opentl sandbox build`: what is wanted in the image. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { alone, runCli } from "./Harness.ts"

describe("opentl sandbox build", () => {
  for (const [option, what] of [["--agents", "agent"], ["--tools", "tool"]] as const) {
    it.live(`refuses a name of ${option} that it does not know, as wrong usage`, () =>
      Effect.gen(function*() {
        const { code, err } = yield* runCli(["sandbox", "build", option, "nonsense"], { environment: alone })
        assert.strictEqual(code, 2)
        assert.match(
          err,
          new RegExp(`^error: ${option}: there is no ${what} "nonsense" for the image; there are .*\n$`)
        )
      }))
  }
})
