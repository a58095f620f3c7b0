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
  reviews: [],
  review: { _tag: "Approved", summary: "Fine", findings: [] },
  verification: Verification.none(CommitId.make("a".repeat(40))),
  answer: "Done.",
  changes: { commit: CommitId.make("a".repeat(40)), files: 1, insertions: 2, deletions: 3 },
  sensitive: [],
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
    assert.isTrue(body.startsWith("> Add a flag\n> please\n\n### What was done\n\n> Done."))
    assert.include(body, "- Round 1: **approved**: Fine")
    assert.include(body, "<details>\n<summary>Plan</summary>\n\n> Because.\n\n</details>")
    assert.include(body, "1 file changed, +2 −3 · 1,000 in, 20 out, $0.5000 (tokens)")
    assert.include(body, "session `0123456789ab`, requested by ada (slack)")
    assert.notInclude(body, "draft")
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
    assert.include(body, "### Remarks\n\n> - A typo\n> in it")
  })

  it("lists the files that need a person's eye, of many the first", () => {
    const many = Array.from({ length: 25 }, (_, i) => ({ path: `.github/workflows/${i}.yml`, why: "added; workflow" }))
    const { body } = pullRequestText(text({ sensitive: many }))
    assert.include(body, "### Needs your eye\n\n- `.github/workflows/0.yml`: added; workflow\n- `.github")
    assert.include(body, "- `.github/workflows/19.yml`: added; workflow\n- and 5 more files")
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
        unseen
      } as const
      const { body, title } = pullRequestText(text({
        prompt: long,
        turnPrompt: long,
        answer: long,
        plan: { title: long, markdown: long },
        review,
        sensitive: Array.from({ length: 50 }, () => ({ path: long, why: long })),
        reviews: Array.from({ length: 20 }, (_, i) => ({ round: i + 1, review })),
        requestedBy: { name: long, via: "http" }
      }))
      assert.isBelow(body.length, 65_536)
      assert.isAtMost(Array.from(title).length, 72)
    }
  })
})
