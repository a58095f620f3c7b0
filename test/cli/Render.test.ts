import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import { diffText } from "../../src/cli/DiffText.ts"
import { eventText } from "../../src/cli/EventLines.ts"
import { age, listLines, since } from "../../src/cli/SessionLines.ts"
import * as Style from "../../src/cli/terminal/Style.ts"
import { width } from "../../src/cli/terminal/TerminalText.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { TurnStarted } from "../../src/domain/SessionEvent.ts"
import { agentLine, eventView, output } from "../support/Events.ts"
import { epoch, session } from "./Harness.ts"

const zone = DateTime.zoneUnsafeMakeNamed("UTC")

describe("age", () => {
  it("is the largest unit that is full", () => {
    const ages = [
      "0 seconds",
      "59 seconds",
      "60 seconds",
      "59 minutes",
      "1 hours",
      "47 hours",
      "13 days",
      "14 days",
      "100 days"
    ] as const
    assert.deepStrictEqual(ages.map((text) => age(Duration.decode(text))), [
      "0s",
      "59s",
      "1m",
      "59m",
      "1h",
      "1d",
      "13d",
      "2w",
      "14w"
    ])
  })

  it("does not run backwards where clocks differ", () => {
    assert.strictEqual(since(DateTime.unsafeMake(5000), epoch), "0s")
  })
})

const sessions = [
  session({ status: "complete", phase: "ended", prUrl: "https://github.com/acme/widgets/pull/12", prNumber: 12 }),
  session({
    id: SessionId.make("aaaaaaaaaaaa"),
    repo: "acme/ドキュメント",
    prompt: "翻訳を直す: the Japanese pages\nwith details",
    status: "error",
    phase: "ended"
  }),
  session({
    id: SessionId.make("bbbbbbbbbbbb"),
    prompt: `A ${"very ".repeat(40)}long task`,
    status: "pending",
    phase: "queued"
  })
]
const now = DateTime.unsafeMake(3 * 60_000)
const list = (columns: number | undefined, style = Style.plain) => listLines(sessions, { now, columns, style })

describe("listLines", () => {
  it("is a table that cuts nothing where there is no terminal", () => {
    assert.deepStrictEqual(list(undefined).slice(0, 3), [
      "ID            REPO               STATUS    AGE  TASK                                                                      PR",
      "0123456789ab  acme/widgets       complete  3m   Fix the flaky test                                                        https://github.com/acme/widgets/pull/12",
      "aaaaaaaaaaaa  acme/ドキュメント  error     3m   翻訳を直す: the Japanese pages"
    ])
  })

  it("names a pull request by its number where the URL has no room", () => {
    assert.deepStrictEqual(list(80).slice(0, 3), [
      "ID            REPO               STATUS    AGE  TASK                         PR",
      "0123456789ab  acme/widgets       complete  3m   Fix the flaky test           #12",
      "aaaaaaaaaaaa  acme/ドキュメント  error     3m   翻訳を直す: the Japanese p…"
    ])
  })

  it("links it on a terminal", () => {
    assert.include(
      list(80, Style.coloured).join("\n"),
      "\x1b]8;;https://github.com/acme/widgets/pull/12\x1b\\#12\x1b]8;;\x1b\\"
    )
  })

  it.prop("fits the terminal", [FastCheck.integer({ min: 52, max: 250 })], ([columns]) => {
    for (const line of list(columns)) assert.isAtMost(width(line), columns)
  })

  it("shows nothing that a terminal would act on", () => {
    const hostile = session({ prompt: "\x1b[2Jwipe\x07", repo: "/srv/\x1b]0;x\x07git" })
    const text = listLines([hostile], { now, columns: 100, style: Style.plain }).join("\n")
    assert.notInclude(text, "\x1b")
    assert.include(text, "wipe")
  })
})

describe("eventText", () => {
  const text = (data: string, style = Style.plain) => eventText(output(1, data), { style, zone })

  it("has the time, the type and the text", () => {
    assert.strictEqual(text("hello"), "00:00:00 output  hello\n")
    assert.strictEqual(
      eventText(eventView(2, TurnStarted.make({ turn: 1, prompt: "Fix it", deadline: epoch })), {
        style: Style.plain,
        zone
      }),
      "00:00:00 status  turn 1 started\n"
    )
  })

  it("indents further lines below the text", () => {
    assert.strictEqual(text("one\n\ntwo"), "00:00:00 output  one\n\n                 two\n")
  })

  it("folds an agent's thought to one line of a terminal, and leaves it whole elsewhere", () => {
    const thought = agentLine(1, `First ${"long ".repeat(40)}\nthen \x1b[1Ashort`, { kind: "thought" })
    const shown = eventText(thought, { style: Style.plain, zone, columns: 60 })
    assert.match(shown, /^00:00:00 output {2}thinking: First long .*…\n$/)
    assert.isAtMost(width(shown.trimEnd()), 60)
    assert.include(eventText(thought, { style: Style.plain, zone }), "then short")
  })

  it("shows what a tool printed beside its call, without its colours", () => {
    const line = agentLine(1, "  \x1b[31mred\x1b[2J", { kind: "tool_call", title: "npm test", status: "failed" })
    assert.strictEqual(eventText(line, { style: Style.plain, zone, columns: 60 }), "00:00:00 output    red\n")
  })

  it("lets an agent's colours through on a terminal, and nothing else", () => {
    assert.strictEqual(text("\x1b[32mok\x1b[1A"), "00:00:00 output  ok\n")
    assert.match(text("\x1b[32mok\x1b[1A", Style.coloured), /\x1b\[32mok\x1b\[0m\n$/)
  })
})

describe("diffText", () => {
  const diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n"

  it("changes nothing without colours", () => {
    assert.strictEqual(diffText(diff, Style.plain), diff)
  })

  it("colours lines by what they are", () => {
    assert.strictEqual(
      diffText(diff, Style.coloured),
      "\x1b[1mdiff --git a/x b/x\x1b[22m\n\x1b[1m--- a/x\x1b[22m\n\x1b[1m+++ b/x\x1b[22m\n\x1b[36m@@ -1 +1 @@\x1b[39m\n" +
        "\x1b[31m-old\x1b[39m\n\x1b[32m+new\x1b[39m\n same\n"
    )
  })
})
