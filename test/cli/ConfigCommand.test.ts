import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { runCli } from "./Harness.ts"

describe("config", () => {
  it.effect("shows values and their sources, and no secret", () =>
    Effect.gen(function*() {
      const environment = { GITHUB_TOKEN: "ghp_secret", OPENTL_CPUS: "3" }
      const { code, out } = yield* runCli(["config"], { environment })
      assert.strictEqual(code, 0)
      assert.match(out, /^NAME +SOURCE +VALUE\n/)
      assert.match(out, /OPENTL_CPUS +environment +3\n/)
      assert.match(out, /OPENTL_PIDS +default +512\n/)
      assert.match(out, /GITHUB_TOKEN +environment +\*+\n/)
      const json = yield* runCli(["config", "--json"], { environment })
      const documents: ReadonlyArray<{ readonly name: string; readonly source: string }> = JSON.parse(json.out)
      assert.strictEqual(documents.find(({ name }) => name === "OPENTL_CPUS")?.source, "environment")
      assert.notInclude(out + json.out, "ghp_")
    }))
})
