import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { runCli, session, sessionId, type SessionsShape } from "./Harness.ts"

const found: Partial<SessionsShape> = { find: () => Effect.succeed(session()) }

describe("diff", () => {
  const patch = "diff --git a/x b/x\n+\x1b[31mred\n"

  it.effect("is byte for byte where there is no terminal", () =>
    Effect.map(runCli(["diff", "0123"], { sessions: { ...found, diff: () => Effect.succeed(patch) } }), (ended) => {
      assert.deepStrictEqual(ended, { code: 0, out: patch, err: "" })
    }))

  it.effect("is coloured and harmless on a terminal without a pager", () =>
    Effect.gen(function*() {
      const { out } = yield* runCli(["diff", "0123"], {
        sessions: { ...found, diff: () => Effect.succeed(patch) },
        tty: true,
        environment: { PAGER: "cat" }
      })
      assert.strictEqual(out, "\x1b[1mdiff --git a/x b/x\x1b[22m\n\x1b[32m+red\x1b[39m\n")
    }))

  it.effect("says that there is none yet", () =>
    Effect.map(runCli(["diff", "0123"], { sessions: { ...found, diff: () => Effect.succeed("") } }), (ended) => {
      assert.deepStrictEqual(ended, { code: 0, out: "", err: `session ${sessionId} has changed nothing yet\n` })
    }))
})
