import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { parse } from "../../src/bots/RequestText.ts"

const none = { repo: undefined, agent: undefined, model: undefined, base: undefined, approve: false, plan: false }

describe("a request", () => {
  const cases: ReadonlyArray<readonly [string, Partial<ReturnType<typeof parse>>]> = [
    ["fix it --repo a/b", { prompt: "fix it", repo: "a/b" }],
    ["--repo a/b fix it", { prompt: "fix it", repo: "a/b" }],
    ["fix --repo=a/b the login", { prompt: "fix the login", repo: "a/b" }],
    ["fix it \u2014repo a/b", { prompt: "fix it", repo: "a/b" }],
    ["fix it --repo https://github.com/a/b", { prompt: "fix it", repo: "a/b" }],
    ["fix it --repo https://github.com/a/b.git --approve", { prompt: "fix it", repo: "a/b", approve: true }],
    ["fix > 3 things --plan --agent opentl --model gpt-6 --base dev", {
      prompt: "fix > 3 things",
      plan: true,
      agent: "opentl",
      model: "gpt-6",
      base: "dev"
    }],
    ["run `npm test --repo x/y` please", { prompt: "run `npm test --repo x/y` please" }],
    ["```\n--plan\n```", { prompt: "```\n--plan\n```" }],
    ["fix --verbose output", { prompt: "fix --verbose output" }],
    ["the --planner option", { prompt: "the --planner option" }],
    ["line one\n  indented  twice\n\nend --repo a/b", { prompt: "line one\n  indented  twice\n\nend", repo: "a/b" }],
    ["first --repo a/b\nsecond", { prompt: "first\nsecond", repo: "a/b" }],
    ["fix it --repo", { prompt: "fix it --repo" }],
    ["a --repo x/y b --repo a/b", { prompt: "a b", repo: "a/b" }]
  ]
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => assert.deepStrictEqual(parse(text), { ...none, prompt: "", ...expected }))
  }

  it("without a flag is the task, letter by letter", () =>
    FastCheck.assert(FastCheck.property(FastCheck.string(), (text) => {
      const trimmed = text.trim()
      if (!/--|[\u2014\u2013]/.test(trimmed) && !/^[ \t]*\n/.test(trimmed)) {
        assert.strictEqual(parse(trimmed).prompt, trimmed)
      }
    })))
})
