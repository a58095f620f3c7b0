/** What `opentl doctor` says of the list of prices. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { priceChecks } from "../../../src/cli/doctor/PriceChecks.ts"
import { findings } from "./DoctorKit.ts"

const of = (environment: Readonly<Record<string, string>>) =>
  Effect.map(findings(priceChecks, { ANTHROPIC_API_KEY: "sk", ...environment }), (found) => found.get("prices"))

describe("prices", () => {
  it.effect("are those of a day, and the operator's own over them", () =>
    Effect.gen(function*() {
      const listed = yield* of({})
      assert.strictEqual(listed?.status, "ok")
      assert.match(listed?.detail ?? "", /^of \d{4}-\d\d-\d\d, and of @pydantic\/genai-prices \d/)
      const own = yield* of({ OPENTL_MODEL_PRICES: "llama-4=1/2" })
      assert.match(own?.detail ?? "", /^OPENTL_MODEL_PRICES \(1\), of /)
    }))

  it.effect("that are not known of the planner's or the agent's model are said", () =>
    Effect.gen(function*() {
      for (const variable of ["OPENTL_PLANNER_MODEL", "OPENTL_AGENT_MODEL"]) {
        const unknown = yield* of({ [variable]: "claude-of-mine" })
        assert.strictEqual(unknown?.status, "warn")
        assert.include(unknown?.mend ?? "", "OPENTL_MODEL_PRICES=claude-of-mine=")
      }
      const named = yield* of({ OPENTL_PLANNER_MODEL: "claude-of-mine", OPENTL_MODEL_PRICES: "claude-of-mine=1/2" })
      assert.strictEqual(named?.status, "ok")
    }))
})
