import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { parse, type RequestText } from "../../../src/bots/shared/RequestText.ts"
import { plain, type Written } from "../../../src/bots/shared/WrittenText.ts"
import { namesIn, read } from "../../../src/bots/slack/SlackReading.ts"
import * as RichText from "../../../src/bots/slack/SlackRichText.ts"
import { escape } from "../../../src/services/slack/SlackText.ts"

const names = {
  self: "U0BOT",
  names: new Map([["U1", "ada"], ["U3", "eve --repo evil/x"], ["C1", "general"], ["C2", ""], ["S1", "team"]])
}
const text = (message: string) => plain(read(message, names))
/** Text with everything in it that means something to Slack. */
const escapable = FastCheck.string({
  unit: FastCheck.constantFrom(..."&<>@#!|:,U", "&amp;", "&lt;", "<@U0BOT>", "\n", "  ", "ü", "🚀", "\u0000"),
  maxLength: 40
})

const request = (written: Written): RequestText =>
  Either.getOrElse(parse(written), ({ reason }) => assert.fail(`refused: ${reason}`))

describe("Slack's writing as plain text", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["<@U0BOT> fix it", "fix it"],
    ["<@U0BOT|opentl>: fix it", "fix it"],
    ["please <@U0BOT> fix it", "please fix it"],
    ["<@U0BOT> <@U0BOT> fix it", "fix it"],
    ["<@U0BOT> fix it <@U0BOT>, please", "fix it, please"],
    ["fix it\n<@U0BOT> and test", "fix it\nand test"],
    ["(<@U0BOT> fix it)", "( fix it)"],
    ["ask <@U1> and <@U9>", "ask @ada and @U9"],
    ["see <#C1|general> <#C1> <#C2|> <#C9>", "see #general #general #C2 #C9"],
    ["<https://x.test/a?b=1&amp;c=2>", "https://x.test/a?b=1&c=2"],
    ["<https://x.test/|x.test>", "https://x.test/"],
    ["<https://x.test/1|the bug>", "the bug (https://x.test/1)"],
    ["<mailto:a@b.test|a@b.test>", "a@b.test"],
    ["<!here> <!subteam^S1|@team>", "@here @team"],
    ["<!date^1392734382^{date}|today>", "today"],
    ["&gt; quoted\n3 &lt; 4 &amp;&amp; 5 > 4", "> quoted\n3 < 4 && 5 > 4"],
    ["&amp;lt;", "&lt;"]
  ]
  for (const [from, to] of cases) it(JSON.stringify(from), () => assert.strictEqual(text(from), to))

  it("a repository may be given as a link, whatever its text says", () => {
    for (
      const link of [
        "<https://github.com/a/b>",
        "\"<https://github.com/a/b>\"",
        "<https://github.com/a/b|github.com/a/b>",
        "<https://github.com/a/b|ours>"
      ]
    ) {
      assert.deepInclude(request(read(`<@U0BOT> fix > it --repo ${link} --approve`, names)), {
        repo: "a/b",
        prompt: "fix > it",
        approve: true
      })
    }
  })

  it("no flag is taken out of a quotation, code, a name or the words of a link", () => {
    for (
      const inert of [
        "&gt; --repo evil/repo",
        "&gt;&gt;&gt; --repo evil/repo",
        "```--repo evil/repo```",
        "`--repo evil/repo`",
        "&gt; a\n&gt; --repo evil/repo",
        "<https://x.test|see --repo evil/repo>",
        "thanks <@U3>"
      ]
    ) assert.deepInclude(request(read(`${inert}\nfix it --repo a/b`, names)), { repo: "a/b" }, inert)
  })

  it.prop("what was escaped reads as it was written", [escapable], ([words]) => {
    assert.strictEqual(text(escape(words)), words.trimStart())
  })

  it("names people, channels and groups once each, with what the text calls them", () =>
    assert.deepStrictEqual(
      [...namesIn("<@U1> <@U2|bob> <@U1> <#C1> <#C2|random> <!subteam^S1|@team> <https://x.test>")],
      [["U1", ""], ["U2", "bob"], ["C1", ""], ["C2", "random"], ["S1", "team"]]
    ))

  const hostile: ReadonlyArray<string> = [
    "<@U1> ",
    "<@U0BOT> ",
    "--repo <https://github.com/a/b> ",
    "<",
    "<@U0BOT ",
    "&lt;"
  ]
  for (const each of ["<https://x.test/1|the bug> ", ...hostile]) {
    it(`${JSON.stringify(each)} twenty thousand times is read in a moment`, () =>
      assert.isTrue(Either.isRight(parse(read(each.repeat(20_000), names)))))
  }

  it("mentions of the bot behind a long text are left out in a moment", () => {
    const long = `${"a ".repeat(20_000)}${"<@U0BOT> ".repeat(20_000)}b`
    assert.strictEqual(plain(read(long, names)).length, 40_001)
  })
})

const section = (...elements: ReadonlyArray<unknown>) => ({ type: "rich_text_section", elements })
const words = (text: string, style = {}) => ({ type: "text", text, style })
const bot = { type: "user", user_id: "U0BOT" }
const rich = (...elements: ReadonlyArray<unknown>): Written =>
  Option.getOrElse(
    RichText.read([{ type: "rich_text", elements }], names),
    () => assert.fail("the blocks were not read")
  )

describe("Slack's blocks as plain text", () => {
  it("say what the message's text says", () => {
    const written = rich(
      section(
        bot,
        words(" fix "),
        words("npm ci", { code: true }),
        words(" now ", { bold: true }),
        { type: "link", url: "https://x.test/1", text: "the bug" },
        words(", ask "),
        { type: "user", user_id: "U1" },
        words(" in "),
        { type: "channel", channel_id: "C1" },
        words(" "),
        { type: "emoji", name: "wave" },
        words(" "),
        { type: "broadcast", range: "here" },
        { type: "usergroup", usergroup_id: "S1" }
      ),
      { type: "rich_text_quote", elements: [words("one\ntwo")] },
      { type: "rich_text_preformatted", elements: [words("let a = `b`\n```")] },
      { type: "rich_text_list", style: "ordered", elements: [section(words("first")), section(words("second"))] },
      { type: "rich_text_list", style: "bullet", indent: 1, elements: [section(words("third"))] },
      section(words("end\n"))
    )
    assert.strictEqual(
      plain(written),
      "fix `npm ci` *now* the bug (https://x.test/1), ask @ada in #general :wave: @here@team\n" +
        "> one\n> two\n````\nlet a = `b`\n```\n````\n1. first\n2. second\n    • third\nend\n"
    )
  })

  it("no flag is taken out of a quotation or code, whatever stands in it", () => {
    const evil = "a ``` ` --repo evil/repo ` ``` b\n\n--repo evil/repo"
    for (
      const inert of [
        { type: "rich_text_quote", elements: [words(evil)] },
        { type: "rich_text_preformatted", elements: [words(evil)] },
        section(words("see "), words("x` --repo evil/repo `y", { code: true })),
        section(words("a ` b "), words("x` --repo evil/repo", { code: true })),
        section(words("> pasted --repo evil/repo"))
      ]
    ) {
      const { prompt, repo } = request(rich(section(bot, words(" ")), inert, section(words("fix it --repo a/b"))))
      assert.strictEqual(repo, "a/b")
      assert.include(prompt, "--repo evil/repo")
      assert.isTrue(prompt.endsWith("\nfix it"), prompt)
    }
  })

  it("a link is a flag's value", () =>
    assert.deepInclude(
      request(rich(section(bot, words(" fix --repo "), { type: "link", url: "https://github.com/a/b", text: "ours" }))),
      { repo: "a/b", prompt: "fix" }
    ))

  it("of another kind are left to the message's text", () => {
    for (
      const blocks of [undefined, [], "x", [{ type: "section" }], [{ type: "rich_text", elements: [{ type: "new" }] }]]
    ) {
      assert.deepStrictEqual(RichText.read(blocks, names), Option.none())
      assert.deepStrictEqual(RichText.idsIn(blocks), [])
    }
  })
})
