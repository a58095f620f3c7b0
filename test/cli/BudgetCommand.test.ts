/** `opentl budget`, and how commands that follow a session say what it waits for. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NoBudget } from "../../src/domain/SessionCommand.ts"
import { runCli, session, sessionId } from "./Harness.ts"

const found = { find: () => Effect.succeed(session({ status: "waiting", phase: "budget" })) }

describe("opentl budget", () => {
  it.effect("adds what --add says", () =>
    Effect.gen(function*() {
      const added: Array<unknown> = []
      const { code, out } = yield* runCli(["budget", "0123", "--add", "5"], {
        sessions: {
          ...found,
          addBudget: (id, { addUsd, by }) => {
            added.push([id, addUsd, by.name])
            return Effect.succeed(session({ status: "pending", phase: "queued" }))
          }
        }
      })
      assert.deepStrictEqual([code, out], [0, `added to the budget of ${sessionId}\n`])
      assert.deepStrictEqual(added, [[sessionId, 5, "ada"]])
    }))

  it.effect("says where that is not enough", () =>
    Effect.gen(function*() {
      const usage = { inputTokens: 1, outputTokens: 1, costUsd: 1.5 }
      const { code, err } = yield* runCli(["budget", "0123", "--add", "0.2"], {
        sessions: {
          ...found,
          addBudget: () => Effect.succeed(session({ status: "waiting", phase: "budget", usage, budgetUsd: 1.2 }))
        }
      })
      assert.strictEqual(code, 0)
      assert.include(err, "it is not enough: $1.5000 of $1.2 spent")
    }))

  const spent = { usage: { inputTokens: 1, outputTokens: 1, costUsd: 1.5 }, budgetUsd: 1.2 }
  const paused = { find: () => Effect.succeed(session({ status: "waiting", phase: "budget", ...spent })) }

  it.effect("shows without --add what is spent, the limit, and the command", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["budget", "0123"], { sessions: paused })
      assert.strictEqual(code, 0)
      assert.strictEqual(
        out,
        `$1.5000 of $1.2 spent\nthe turn waits until somebody adds to it\nopentl budget ${sessionId} --add <dollars>\n`
      )
      const none = yield* runCli(["budget", "0123"], {
        sessions: { find: () => Effect.succeed(session({ usage: spent.usage })) }
      })
      assert.strictEqual(none.out, "no budget; $1.5000 spent\n")
    }))

  it.effect("is one JSON document with --json, with an amount or without", () =>
    Effect.gen(function*() {
      const shown = yield* runCli(["budget", "0123", "--json"], { sessions: paused })
      assert.deepStrictEqual(JSON.parse(shown.out), {
        id: sessionId,
        status: "waiting",
        phase: "budget",
        spent_usd: 1.5,
        budget_usd: 1.2
      })
      const added = yield* runCli(["budget", "0123", "--add", "5", "--json"], {
        sessions: {
          ...paused,
          addBudget: () => Effect.succeed(session({ status: "pending", phase: "queued", ...spent, budgetUsd: 6.2 }))
        }
      })
      assert.deepInclude(JSON.parse(added.out), { phase: "queued", budget_usd: 6.2 })
    }))

  it.effect("fails where there is no budget, and where there is nothing to follow", () =>
    Effect.gen(function*() {
      const refused = yield* runCli(["budget", "0123", "--add", "5"], {
        sessions: { ...found, addBudget: () => new NoBudget({ sessionId }) }
      })
      assert.strictEqual(refused.code, 1)
      assert.include(refused.err, "has no budget")
      const without = yield* runCli(["budget", "0123", "--follow"], { sessions: found })
      assert.strictEqual(without.code, 2)
      assert.include(without.err, "--follow goes with --add")
    }))
})
