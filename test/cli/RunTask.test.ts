/** `opentl run` without a task: a person at a terminal is asked, a program is told how to give it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { runCli, session, type Setting } from "./Harness.ts"

const running = (setting: Setting) =>
  Effect.gen(function*() {
    const prompts = yield* Ref.make<ReadonlyArray<string>>([])
    const ended = yield* runCli(["run", "--repo", "acme/widgets", "--detach"], {
      ...setting,
      environment: { NO_COLOR: "1" },
      sessions: {
        create: ({ prompt }) =>
          Effect.as(Ref.update(prompts, (all) => [...all, prompt]), { session: session(), replayed: false })
      }
    })
    return { ...ended, prompts: yield* Ref.get(prompts) }
  })

describe("run without a task", () => {
  it.effect("asks at a terminal", () =>
    Effect.gen(function*() {
      const { code, err, prompts } = yield* running({ tty: true, stdin: "Fix the flaky test\nignored\n" })
      assert.strictEqual(code, 0)
      assert.include(err, "What should be done? ")
      assert.deepStrictEqual(prompts, ["Fix the flaky test"])
    }))

  it.effect("says how it is used where the answer is empty, or nobody is there to ask", () =>
    Effect.gen(function*() {
      for (const setting of [{ tty: true, stdin: "  \n" }, { tty: true, stdin: "" }, { stdin: "not asked for\n" }]) {
        const { code, err, out, prompts } = yield* running(setting)
        assert.deepStrictEqual({ code, out, prompts }, { code: 2, out: "", prompts: [] })
        assert.match(err, /error: missing argument <task>; usage: opentl run "<task>" \[options\][^\n]*\n$/)
      }
    }))
})
