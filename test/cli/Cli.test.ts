import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { runCli, session } from "./Harness.ts"

const usage = (args: ReadonlyArray<string>, expected: RegExp) =>
  Effect.map(runCli(args), ({ code, err, out }) => {
    assert.strictEqual(code, 2, err)
    assert.strictEqual(out, "")
    assert.match(err, expected)
    assert.match(err, /^error: [^\n]+\n$/)
  })

describe("usage", () => {
  const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, expected: RegExp]> = [
    [["frobnicate"], /unknown command "frobnicate"/],
    [["--frobnicate"], /unknown option --frobnicate/],
    [["list", "--frobnicate"], /unknown option --frobnicate for opentl list /],
    [["list", "extra"], /unexpected argument "extra"/],
    [["list", "--status", "sleeping"], /--status takes one of pending, running/],
    [["list", "--limit", "0"], /--limit takes a whole number from 1/],
    [["list", "--limit", "-3"], /--limit takes .*not "-3"/],
    [["list", "--limit", "many"], /--limit takes/],
    [["list", "--limit"], /--limit needs a value: --limit <n>/],
    [["logs", "0123", "--since", "x"], /--since takes a whole number from 0/],
    [["status"], /missing argument <id>/],
    [["run"], /missing argument <task>/],
    [["run", "task", "--repo", "nonsense"], /--repo: .*owner\/name/],
    [["run", "task", "--repo", "https://github.com/a/b/tree/main"], /--repo: .*owner\/name/],
    [
      ["run", "task", "--repo", "https://ghp_x@github.com/a/b"],
      /--repo: "https:\/\/…@github.com\/a\/b" contains a user or/
    ],
    [["run", "", "--repo", "a/b"], /the task: must not be empty/],
    [["run", "x", "--repo", "a/b", "--budget", "0"], /--budget takes an amount/],
    [["run", "x", "--repo", "a/b", "--timeout", "25h"], /--timeout takes a time/],
    [["run", "x", "--repo", "a/b", "--base", "a..b"], /--base: .*branch name/],
    [["run", "fix", "the", "bug", "--repo", "a/b"], /quotes/],
    [["message", "0123"], /missing argument <text>/],
    [["reject", "0123", "  "], /the reason must not be empty/],
    [["approve", "0123", "--plan", "/nonexistent"], /--plan: .*cannot be read/],
    [["list", "--server", "not a url"], /--server takes an http\(s\) address/],
    [["--log-level", "loud", "list"], /--log-level takes one of/],
    [["sandbox", "frobnicate"], /unknown command "sandbox frobnicate"/]
  ]

  for (const [args, expected] of wrong) {
    it.effect(`refuses ${args.join(" ")}`, () => usage(args, expected))
  }

  it.effect("says what --repo could be", () => usage(["run", "x"], /--repo is missing: give owner\/name/))
})

describe("failures", () => {
  it.effect("are one line, and exit with 1", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["status", "0123"], {
        sessions: { find: () => Effect.dieMessage("out of\nmemory") }
      })
      assert.strictEqual(code, 1)
      assert.strictEqual(out, "")
      assert.match(err, /^error: out of memory \(.*--log-level debug.*\)\n$/)
    }))

  it.effect("carry their stack with --log-level debug only", () =>
    Effect.gen(function*() {
      const sessions = { find: () => Effect.die(new Error("deep inside")) }
      assert.strictEqual((yield* runCli(["status", "0123"], { sessions })).err.split("\n").length, 2)
      const { code, err } = yield* runCli(["status", "0123", "--log-level", "debug"], { sessions })
      assert.strictEqual(code, 1)
      assert.match(err, /deep inside.*\\n {4}at /)
    }))

  it.effect("are told from options given before the command", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["--server", "http://x.test", "list", "--json"], {
        sessions: { list: () => Effect.succeed({ sessions: [session()], hasMore: false }) },
        environment: { OPENTL_SERVER: "http://unused.test" }
      })
      assert.strictEqual(code, 0)
      assert.strictEqual(JSON.parse(out).length, 1)
    }))
})
