/** A change of what a check runs by name: on the real actors. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { commit } from "../../fakes/FakeForge.ts"
import { diffOf } from "../../support/Patches.ts"
import { create, history, withServer } from "../../support/TestApp.ts"
import { changed } from "../../support/Weakening.ts"
import { scriptChecks } from "./VerifyKit.ts"

describe("a change of a program that a check runs", () => {
  it.effect("is told in the event, to the reviewer and in the pull request", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        const scripts = { test: "npm run unit", unit: "node tools/unit.mjs" }
        world.remote.files = new Map([["package.json", JSON.stringify({ scripts })]])
        const program = changed("tools/unit.mjs", ["-run(tests)", "+process.exit(0)"])
        world.remote.diff = () => diffOf([program, changed("tools/other.mjs", ["-a", "+b"])])
        const id = yield* create()
        yield* history(id)
        const { weakened } = yield* Effect.flatMap(Sessions, (sessions) => sessions.verification(id))
        assert.deepStrictEqual(weakened, [{ file: "tools/unit.mjs", what: "changed; the check runs it: test" }])
        const prompt = world.model.asked.find(({ purpose }) => purpose === "review")?.prompt ?? ""
        assert.include(prompt, "- tools/unit.mjs: changed; the check runs it: test")
        const body = world.remote.proposals[0]?.body ?? ""
        assert.include(body, "- `tools/unit.mjs`: may weaken the checks: changed; the check runs it: test")
      })
    ))

  it.effect("is told of a script as the package manager reads it, once, and with whatever else the change weakens", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        const [before, after] = [`{ "scripts": {"test": "npm run unit", "unit": "node a.js"`, `, "un\\u0069t": "true"`]
        const [base, head] = [`${before}} }`, `${before}${after}, "pretest": "true"} }`]
        world.remote.filesAt = (at) => new Map([["package.json", at === commit(1) ? base : head]])
        world.remote.diff = () => diffOf([changed("package.json", [`-${base}`, `+${head}`])])
        const id = yield* create()
        yield* history(id)
        const { weakened = [] } = yield* Effect.flatMap(Sessions, (sessions) => sessions.verification(id))
        assert.sameMembers(weakened.map(({ what }) => what), [
          `the script unit was changed from "node a.js" to "true"`,
          `the script pretest was added: "true"`
        ])
      })
    ))
})
