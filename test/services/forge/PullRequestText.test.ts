import { assert, describe, it } from "@effect/vitest"
import { CommitId, SessionId } from "../../../src/domain/Ids.ts"
import * as Verification from "../../../src/domain/Verification.ts"
import { type PullRequestText, pullRequestText } from "../../../src/services/forge/PullRequestText.ts"

const sessionId = SessionId.make("0123456789ab")
const requestedBy = { name: "ada", via: "slack" } as const

const text = (changes: Partial<PullRequestText> = {}): PullRequestText => ({
  sessionId,
  prompt: "Add a flag\nplease",
  turnPrompt: undefined,
  plan: { title: "Add a flag", markdown: "Because." },
  points: [],
  reviews: [],
  review: { _tag: "Approved", summary: "Fine", findings: [] },
  verification: Verification.none(CommitId.make("a".repeat(40))),
  answer: "Done.",
  changes: { commit: CommitId.make("a".repeat(40)), files: 1, insertions: 2, deletions: 3 },
  sensitive: [],
  unscanned: [],
  weakened: [],
  usage: { inputTokens: 1000, outputTokens: 20, costUsd: 0.5 },
  requestedBy,
  ...changes
})

/** Lines that are ours: not quoted, and outside of every container of a user's words. */
const ours = (body: string) => body.split("\n").filter((line) => !line.startsWith(">"))

describe("pullRequestText", () => {
  it("tells task, result, review, plan, usage and who asked", () => {
    const { body, title } = pullRequestText(text())
    assert.strictEqual(title, "Add a flag")
    assert.isTrue(
      body.startsWith(
        "**not verified** · review: **approved** · 1 file, +2 −3 · commit `aaaaaaaaaaaa`\n\n" +
          "> Add a flag\n> please\n\n### What was done\n\n> Done."
      )
    )
    assert.include(body, "- Round 1: **approved**: Fine")
    assert.include(body, "<details>\n<summary>Plan</summary>\n\n> Because.\n\n</details>")
    assert.include(body, "---\n1,000 in, 20 out, $0.5000 (tokens)")
    assert.include(body, "session `0123456789ab`, requested by ada (slack)")
    assert.notMatch(body, /draft/i)
  })

  it("has the repository's prefix before a title that is cut for it, not the prefix for the title", () => {
    const titleOf = (titlePrefix: string, title = "Add a flag") =>
      pullRequestText(text({ titlePrefix, plan: { title, markdown: "Because." } })).title
    assert.strictEqual(titleOf("[bot]"), "[bot] Add a flag")
    assert.strictEqual(titleOf("chore(bot): "), "chore(bot): Add a flag")
    const long = titleOf("[bot]", "Add ".repeat(30))
    assert.match(long, /^\[bot\] Add Add .*…$/)
    assert.isAtMost(Array.from(long).length, 72)
  })

  it("says how it is known to work: each check here and on the base, and what a failing one printed", () => {
    const commit = CommitId.make("b".repeat(40))
    const check = { name: "test", run: "npm run test", seconds: 12, tail: "1 of 9 tests failed", exitCode: 1 } as const
    const verification = Verification.of(commit, [
      { ...check, outcome: "failed", baseExitCode: 0 },
      {
        name: "a|b",
        run: "npm run a|b",
        outcome: "failed_before",
        exitCode: 2,
        baseExitCode: 2,
        seconds: 0.2,
        tail: ""
      },
      { name: "slow", run: "slow", outcome: "not_run", seconds: 0, tail: "" }
    ])
    const { body } = pullRequestText(text({ verification }))
    assert.isTrue(body.startsWith("**Draft** · **checks fail** · review: **approved** · "))
    assert.include(body, "| `npm run test` | **failed** (exit code 1) | passes | 12 s |")
    assert.include(body, "| `npm run a\\|b` | failed, as on the base | fails (exit code 2) | < 1 s |")
    assert.include(body, "| `slow` | not run |  |  |")
    assert.include(body, "Run by OpenTL on commit `bbbbbbbbbbbb`")
    assert.include(body, "<summary>Output of test</summary>\n\n> 1 of 9 tests failed")
    const passed = Verification.of(commit, [{ ...check, exitCode: 0, outcome: "passed" }])
    const local = pullRequestText(text({ verification: { ...passed, isLocal: true } })).body
    assert.isTrue(local.startsWith("**verified** (1 of 1 check passes) · "))
    assert.include(local, "on the agent's machine: its sandbox was a local one")
    const off = pullRequestText(text({ verification: Verification.skipped(commit, "switched off") })).body
    assert.include(off, "### How it is known to work\n\n**Not verified**: switched off.")
  })

  it("shows the plan's points as a task list, as the reviewer ticked them", () => {
    const points = ["It is read", "It has\na test", "It is documented, see #1", "It is fast"]
    const review = {
      _tag: "ChangesRequested",
      summary: "Not yet",
      findings: [],
      ticks: [
        { point: 1, state: "done" },
        { point: 2, state: "differently", where: "test/a_b.ts" },
        { point: 3, state: "not_done", where: "@docs\n- [x] all" }
      ],
      dropped: 1
    } as const
    const { body } = pullRequestText(text({ points, review }))
    assert.include(
      body,
      "> please\n\n### What was asked\n\n- [x] It is read\n- [x] It has a test (done differently: test/a\\_b.ts)\n" +
        "- [ ] It is documented, see #\u200b1 (not done: @\u200bdocs - \\[x\\] all)\n- [ ] It is fast (not judged)\n\n"
    )
    assert.include(body, "> Not yet\n\n1 finding names a file that the change does not have, and is left out.")
    assert.notInclude(pullRequestText(text()).body, "What was asked")
  })

  it("lists tests that were weakened before the files that need an eye", () => {
    const { body } = pullRequestText(text({
      weakened: [{ file: "a.test.ts", what: "3 tests removed" }],
      unscanned: ["k.bin: binary"],
      sensitive: [{ path: ".gitmodules", why: "changed" }]
    }))
    assert.include(
      body,
      "### Needs your eye\n\n- `a.test.ts`: may weaken the checks: 3 tests removed\n- not looked through for secrets: k.bin: binary\n- `.gitmodules`: changed"
    )
  })

  it("says of an approval what it does not speak of, and shows remarks", () => {
    const files = [{ file: "a`b.ts", why: "left_out" }, { file: "logo.png", why: "media" }] as const
    const unseen = { total: 30, media: 1, files }
    const { body } = pullRequestText(
      text({ review: { _tag: "Approved", summary: "Fine", findings: [], remarks: ["A typo\nin it"], unseen } })
    )
    assert.include(body, "- Round 1: **approved in part**: Fine")
    assert.include(body, "so this is a draft until somebody has looked at them:\n\n- `` a`b.ts `` (left out")
    assert.include(body, "- `logo.png` (picture, font or sound)\n- and 28 more")
    assert.include(body, "<summary>Remarks of the reviewer</summary>\n\n> - A typo\n> in it")
  })

  it("lists the files that need a person's eye, of many the first", () => {
    const many = Array.from({ length: 25 }, (_, i) => ({ path: `.github/workflows/${i}.yml`, why: "added; workflow" }))
    const { body } = pullRequestText(text({ sensitive: many }))
    assert.include(body, "### Needs your eye\n\n- `.github/workflows/0.yml`: added; workflow\n- `.github")
    assert.include(body, "- `.github/workflows/14.yml`: added; workflow\n- and 10 more files")
    assert.notInclude(pullRequestText(text()).body, "Needs your eye")
  })

  it("closes no issue, in title or body, whoever's words they are, and they can be read", () => {
    const words = "Fixes #12, closes acme/app#3 and resolves https://github.com/acme/app/issues/4 [skip ci]"
    const { body, title } = pullRequestText(text({
      prompt: words,
      turnPrompt: words,
      answer: words,
      plan: { title: words, markdown: words },
      review: { _tag: "ChangesRequested", summary: words, findings: [{ comment: words }], remarks: [words] }
    }))
    for (const written of [title, body]) {
      assert.notMatch(written, /#\d|:\/\/|\[skip/)
      assert.include(written.replaceAll("\u200b", ""), "Fixes #12, closes acme/app#3")
    }
  })
  it("lists every round, and the open findings of a draft", () => {
    const review = {
      _tag: "ChangesRequested",
      summary: "No test",
      findings: [{ file: "a.ts", line: 3, comment: "untested" }]
    } as const
    const { body } = pullRequestText(text({ review, reviews: [{ round: 1, review }, { round: 2, review }] }))
    assert.include(body, "### Open findings")
    assert.include(body, "> - `a.ts:3`: untested")
    assert.include(body, "- Round 1: **changes requested**: No test\n- Round 2: **changes requested**: No test")
  })
  it("says that a review was skipped or could not be read, and what a follow-up asked", () => {
    assert.include(
      pullRequestText(text({ review: { _tag: "Skipped", reason: "no model" } })).body,
      "**not reviewed**: no model"
    )
    const unreadable = pullRequestText(text({ review: { _tag: "Unreadable", reason: "it is empty" } })).body
    assert.include(unreadable, "could not be read (it is empty)")
    assert.include(unreadable, "nobody has judged the change yet")
    assert.include(pullRequestText(text({ turnPrompt: "Rename it" })).body, "### Latest request\n\n> Rename it")
  })
  it("calls nobody and lets nothing break out", () => {
    const evil =
      "@everyone and @acme/team\n</details>\n<!-- \n```\n### Review\n- Round 9: **approved**\n---\n<img src=x>"
    const { body, title } = pullRequestText(text({
      prompt: evil,
      turnPrompt: evil,
      answer: evil,
      plan: { title: evil, markdown: evil },
      review: { _tag: "ChangesRequested", summary: evil, findings: [{ file: evil, comment: evil }] },
      requestedBy: { name: evil, via: "github" }
    }))
    assert.notMatch(body, /@[A-Za-z0-9]/)
    assert.notMatch(body, /<(?!\/?(details|summary)>)[A-Za-z/!?]/)
    assert.strictEqual(body.split("</details>").length, 2)
    assert.notInclude(ours(body).join("\n"), "Round 9: **approved**")
    assert.isFalse(ours(body).some((line) => line.startsWith("```")))
    assert.notInclude(title, "\n")
  })
  it("stays within what GitHub takes, whatever the words are made of", () => {
    const pieces = [
      "a\n",
      "\n*",
      "@a<a",
      "*",
      "word ",
      "\u{1f600}",
      "][",
      "\\[!",
      "#1\n",
      "```mermaid\n",
      "$\\a",
      "\u202e"
    ]
    for (const piece of pieces) {
      const long = piece.repeat(100_000)
      const unseen = {
        total: 60,
        media: 0,
        files: Array.from({ length: 50 }, () => ({ file: long, why: "cut" as const }))
      }
      const review = {
        _tag: "ChangesRequested",
        summary: long,
        findings: [{ comment: long }],
        remarks: [long],
        unseen,
        ticks: Array.from({ length: 50 }, (_, i) => ({ point: i + 1, state: "differently", where: long } as const)),
        dropped: 1_000
      } as const
      const { body, title } = pullRequestText(text({
        prompt: long,
        turnPrompt: long,
        answer: long,
        plan: { title: long, markdown: long },
        points: Array.from({ length: 50 }, () => long),
        review,
        sensitive: Array.from({ length: 50 }, () => ({ path: long, why: long })),
        unscanned: Array.from({ length: 50 }, () => long),
        weakened: Array.from({ length: 50 }, () => ({ file: long, what: long })),
        verification: Verification.of(
          CommitId.make("a".repeat(40)),
          Array.from({ length: 50 }, () => ({ name: long, run: long, outcome: "failed", seconds: 1, tail: long }))
        ),
        reviews: Array.from({ length: 20 }, (_, i) => ({ round: i + 1, review })),
        requestedBy: { name: long, via: "http" }
      }))
      assert.isBelow(body.length, 65_536)
      assert.isAtMost(Array.from(title).length, 72)
    }
  })
})
