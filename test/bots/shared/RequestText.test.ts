import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { parse, type RequestText } from "../../../src/bots/shared/RequestText.ts"
import { fence, Piece, quotation, typed, type Written } from "../../../src/bots/shared/WrittenText.ts"

const none = { repo: undefined, agent: undefined, model: undefined, base: undefined, approve: false, plan: false }

const read = (written: Written): RequestText =>
  Either.getOrElse(parse(written), ({ reason }) => assert.fail(`refused: ${reason}`))
const refusal = (written: Written): string =>
  Either.match(parse(written), { onLeft: ({ reason }) => reason, onRight: ({ prompt }) => `taken: ${prompt}` })

describe("a request", () => {
  const cases: ReadonlyArray<readonly [string, Partial<RequestText>]> = [
    ["fix it --repo a/b", { prompt: "fix it", repo: "a/b" }],
    ["--repo a/b fix it", { prompt: "fix it", repo: "a/b" }],
    ["fix --repo=a/b the login", { prompt: "fix the login", repo: "a/b" }],
    ["fix it \u2014repo a/b", { prompt: "fix it", repo: "a/b" }],
    ["fix it \u2013repo \u201ca/b\u201d", { prompt: "fix it", repo: "a/b" }],
    ["fix it --Repo a/b", { prompt: "fix it", repo: "a/b" }],
    ["fix it --repo https://github.com/a/b", { prompt: "fix it", repo: "a/b" }],
    ["fix it --repo https://github.com/a/b.git --approve", { prompt: "fix it", repo: "a/b", approve: true }],
    ["fix > 3 things --plan --agent opentl --model gpt-6 --base dev", {
      prompt: "fix > 3 things",
      plan: true,
      agent: "opentl",
      model: "gpt-6",
      base: "dev"
    }],
    ["fix --verbose output", { prompt: "fix --verbose output" }],
    ["the --planner option", { prompt: "the --planner option" }],
    ["line one\n  indented  twice\n\nend --repo a/b", { prompt: "line one\n  indented  twice\n\nend", repo: "a/b" }],
    ["fix it in --repo a/b.", { prompt: "fix it in.", repo: "a/b" }],
    ["fix it --approve, please (--plan)", { prompt: "fix it, please (--plan)", approve: true }],
    ["see --plan.md and --approve-all", { prompt: "see --plan.md and --approve-all" }],
    ["first --repo a/b\nsecond", { prompt: "first\nsecond", repo: "a/b" }],
    ["first\n--repo a/b --approve second", { prompt: "first\nsecond", repo: "a/b", approve: true }],
    ["a --repo a/b b --repo A/B", { prompt: "a b", repo: "A/B" }]
  ]
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => assert.deepStrictEqual(read(typed(text)), { ...none, prompt: "", ...expected }))
  }

  const refused: ReadonlyArray<readonly [string, RegExp]> = [
    ["fix it --repo", /^--repo has no value: write --repo owner\/name$/],
    ["fix it --repo\na/b", /--repo has no value/],
    ["fix it --repo --approve", /--repo has no value/],
    ["fix it --repo=", /--repo has no value/],
    ["fix it --repo.", /--repo has no value/],
    ["fix it --repo ...", /--repo has no value/],
    ["fix it --repo \"\"", /--repo has no value/],
    ["fix it --repo `a/b`", /--repo has no value/],
    ["fix it --model", /--model has no value/],
    ["--agent", /--agent has no value/],
    ["fix it --base \u2014plan", /--base has no value/],
    ["fix it --approve=yes", /--approve takes no value/],
    ["a --repo x/y b --repo a/b", /^--repo is given twice, as x\/y and as a\/b: which one\?$/],
    ["a --base main b --base dev", /--base is given twice/]
  ]
  for (const [text, reason] of refused) {
    it(`${JSON.stringify(text)} is refused`, () => assert.match(refusal(typed(text)), reason))
  }
})

/** Lines of a text, without what could be a flag or a mark. */
const words = FastCheck.array(
  FastCheck.constantFrom("fix", "the", "login", "\n", "\n\n", "  ", "ü", "🚀", "-", "--x", ".")
).map(
  (parts) => parts.join(" ")
)
const flag = FastCheck.constantFrom("--repo a/b", "--repo=a/b", "\u2014approve", "--plan", "--model gpt-6")
const anything = FastCheck.string({
  unit: FastCheck.constantFrom(
    "--repo evil/x",
    " ",
    "\n",
    "`",
    "```",
    "~~~",
    "> ",
    "a",
    "\u2014approve",
    "=",
    "\"",
    "\u0001"
  ),
  maxLength: 60
})

describe("the task", () => {
  it.prop("without flags is kept, character for character", [words], ([text]) => {
    assert.strictEqual(read(typed(text)).prompt, text.trim())
  })

  it.prop("with flags put between its words is the same", [
    words,
    FastCheck.array(flag, { maxLength: 3 }),
    FastCheck.nat()
  ], (
    [text, flags, at]
  ) => {
    const spaces = [...text.matchAll(/(?<= )(?=[^\s])/g)].map(({ index }) => index)
    const place = spaces[at % Math.max(1, spaces.length)] ?? text.length
    const given = flags.map((each) => `${each} `).join("")
    const withFlags = place === text.length ? `${text} ${given}` : text.slice(0, place) + given + text.slice(place)
    assert.strictEqual(read(typed(withFlags)).prompt, text.trim())
  })

  it.prop("quoting any text makes it inert", [anything], ([text]) => {
    const tildes = "~".repeat(text.length + 3)
    for (const whole of [quotation(text), fence(text), `${tildes}\n${text}\n${tildes}`]) {
      assert.deepStrictEqual(read(typed(whole)), { ...none, prompt: whole.trim() })
      assert.deepStrictEqual(read(typed(`${whole}\nfix it --repo a/b`)), {
        ...none,
        prompt: `${whole}\nfix it`.trim(),
        repo: "a/b"
      })
    }
    assert.deepStrictEqual(read([Piece.Quoted({ text })]), { ...none, prompt: text.trim() })
    assert.deepStrictEqual(read([Piece.Reference({ text, value: text })]), { ...none, prompt: text.trim() })
  })
})

describe("a flag is text", () => {
  const inert: ReadonlyArray<string> = [
    "run `npm test --repo x/y` please",
    "``--repo x/y ` ``",
    "`a\n--repo x/y b`",
    "```\n--plan\n```",
    "```--repo x/y```",
    "````\n```\n--repo x/y\n```\n````",
    "~~~sh\n--repo x/y\n~~~",
    "```\necho ``` --repo x/y\n```",
    "see ``` here\n\n```\n--repo x/y\n```",
    "x ``` y\n```a\n--repo x/y\nb``` z",
    "```\nnever closed --repo x/y",
    "> --repo x/y",
    "  > --repo x/y",
    "> > --repo x/y",
    "- > --repo x/y",
    "1. > --approve",
    ">--repo x/y",
    "fix\r\n> --repo x/y",
    "a \"--repo x/y\" in quotation marks"
  ]
  for (const text of inert) {
    it(`in ${JSON.stringify(text)}`, () => assert.deepStrictEqual(read(typed(text)), { ...none, prompt: text.trim() }))
  }

  it("and counts after a block that ends in the middle of a line", () =>
    assert.deepStrictEqual(read(typed("```line 1\nline 2``` fix it --repo a/b")), {
      ...none,
      prompt: "```line 1\nline 2``` fix it",
      repo: "a/b"
    }))

  it("and counts after a quotation", () =>
    assert.deepStrictEqual(read(typed("> --repo x/y\nfix it --repo a/b")), {
      ...none,
      prompt: "> --repo x/y\nfix it",
      repo: "a/b"
    }))

  it("within a name or a link, which may be its value", () => {
    const link = Piece.Reference({ text: "ours (https://github.com/a/b)", value: "https://github.com/a/b" })
    const name = Piece.Reference({ text: "@ada --repo x/y", value: "@ada --repo x/y" })
    assert.deepStrictEqual(read([...typed("ask "), name, ...typed(" fix --repo "), link]), {
      ...none,
      prompt: "ask @ada --repo x/y fix",
      repo: "a/b"
    })
  })
})

describe("a huge text", () => {
  const n = 100_000
  const hostile: Readonly<Record<string, string>> = {
    backticks: "`".repeat(n),
    "runs of backticks": Array.from({ length: 600 }, (_, length) => "`".repeat(length)).join(" "),
    "fences that nothing closes": "```a\n".repeat(n / 5),
    "tilde fences": "~~~~a\n~~~ \n".repeat(n / 10),
    "punctuation after a flag": `--repo ${".".repeat(n)}`,
    "spaces after a flag": `--repo${" ".repeat(n)}`,
    flags: "--plan ".repeat(n / 7),
    "list marks": "- ".repeat(n / 2),
    quotations: "> ".repeat(n / 2),
    "code in lines": "`a ".repeat(n / 3),
    dashes: "-".repeat(n)
  }
  for (const [name, text] of Object.entries(hostile)) {
    it(`of ${name} is read in a moment`, () => assert.isTrue(Either.isEither(parse(typed(text)))))
  }

  it("of twenty thousand pieces is, too", () => {
    const pieces = Array.from(
      { length: 20_000 },
      (_, index) =>
        index % 2 === 0
          ? Piece.Typed({ text: " see " })
          : Piece.Reference({ text: "a (https://x.test)", value: "https://x.test" })
    )
    assert.strictEqual(read(pieces).prompt.length, 10_000 * 23 - 1)
  })
})
