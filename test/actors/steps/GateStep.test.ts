/** A secret in a session's changes goes back to the agent, and is never pushed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { create, endings, history, tags, withServer } from "../../support/TestApp.ts"
import { scriptChecks } from "./VerifyKit.ts"

const secret = { secrets: [{ rule: "github", file: "src/a.ts", line: 3 }] }

describe("a secret in the changes", () => {
  it.effect("goes back to the agent before a check is run or a model sees it", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        world.scanner.found.push(secret)
        const events = yield* history(yield* create())
        const order = tags(events).filter((tag) =>
          tag === "RoundStarted" || tag === "GateHeld" || tag === "VerifyHeld" || tag === "ReviewHeld"
        )
        assert.deepStrictEqual(order, [
          "RoundStarted",
          "GateHeld",
          "RoundStarted",
          "GateHeld",
          "VerifyHeld",
          "ReviewHeld"
        ])
        const revision = world.engine.specs.find(({ run }) => run.round === 2)
        const prompt = revision?.inputs.find(({ path }) => path === "in/prompt.md")?.content
        assert.include(prompt?._tag === "Text" ? prompt.text : "", "`src/a.ts:3`: github")
        assert.strictEqual(world.remote.pushes.length, 1)
      })
    ))

  it.effect("that is there to the last fails the turn, and nothing is pushed", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.scanner.found.push(secret, secret)
        const events = yield* history(yield* create())
        assert.deepStrictEqual(endings(events), ["error"])
        assert.strictEqual(
          events.at(-1)?.data,
          "nothing was pushed: 1 secret in the change: src/a.ts:3 (github)"
        )
        assert.deepStrictEqual([world.remote.pushes, world.remote.proposals], [[], []])
        assert.notInclude(tags(events), "VerifyHeld")
        const [event] = events
        const diff = yield* Effect.flatMap(Sessions, (sessions) =>
          event === undefined ? Effect.succeed("") : sessions.diff(event.sessionId))
        assert.strictEqual(diff, "# The diff is not shown: there are secrets in it.\n")
      }), { rounds: 2 }))

  it.effect("is not looked for where the gate is off", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.scanner.found.push(secret)
        const events = yield* history(yield* create())
        assert.deepStrictEqual(endings(events), ["complete"])
        assert.notInclude(tags(events), "GateHeld")
      }), { gate: "off" }))
})
