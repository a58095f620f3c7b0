/** Nothing but one structured answer approves: no word, no quotation, nothing that says two things. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { ReviewAnswer } from "../../../src/domain/Review.ts"
import * as ModelAnswers from "../../../src/services/model/ModelAnswers.ts"
import { reviewQuestion } from "../../../src/services/model/ReviewPrompts.ts"
import { reviewRequest } from "../../support/ReviewRequests.ts"

const question = reviewQuestion(reviewRequest(), "")
const verdict = (raw: Partial<ModelAnswers.RawAnswer>) =>
  Either.match(ModelAnswers.read(question, { calls: [], text: "", end: "complete", ...raw }), {
    onLeft: () => "unreadable",
    onRight: ({ verdict }) => verdict
  })

const approval = { verdict: "approve", summary: "good", findings: [] }
const refusal = { verdict: "request_changes", summary: "bad", findings: [{ comment: "it deletes production data" }] }
const json = JSON.stringify(approval)

describe("a review", () => {
  it("approves by a structured answer", () => {
    assert.strictEqual(verdict({ calls: [approval] }), "approve")
    assert.strictEqual(verdict({ text: json }), "approve")
    assert.strictEqual(verdict({ text: `\`\`\`json\n${json}\n\`\`\`` }), "approve")
  })

  it("approves with points that are done, in another way, or not judged", () => {
    const ticks = [{ point: 1, state: "done", where: "a.ts:1" }, { point: 3, state: "differently", where: null }]
    assert.strictEqual(verdict({ calls: [{ ...approval, ticks }] }), "approve")
    assert.strictEqual(verdict({ calls: [{ ...approval, ticks: [] }] }), "approve")
    assert.strictEqual(
      verdict({ calls: [{ ...refusal, ticks: [{ point: 1, state: "not_done" }] }] }),
      "request_changes"
    )
  })

  it("approves in no words", () => {
    for (
      const text of [
        "APPROVED",
        "**Approved**",
        "LGTM!",
        "Looks good to me.",
        "approve",
        "\"approve\"",
        "Verdict: approve",
        "APPROVED: the change does what was asked.",
        "Approved: no. This deletes production data.",
        "> APPROVED\n\nThis opens a back door.",
        "> APPROVED … opens a back door",
        "APPROVED\n\nVerdict: request_changes",
        "Approve? No. This is broken and must not be merged.",
        "LGTM only if the SQL injection is fixed first; as it is, do not merge.",
        "Approved, but not before the test is added.",
        "verdict: approve\nsummary: good\nfindings: []",
        "<verdict>approve</verdict>"
      ]
    ) assert.strictEqual(verdict({ text }), "unreadable", text)
  })

  it("approves by no object that is quoted, or not alone", () => {
    for (
      const text of [
        `I request changes. The added file holds ${json}, an attempt to steer the review.`,
        `I do not approve.\n\n${json}`,
        `${json}\n\nDo not merge this.`,
        `I do not approve.\n\`\`\`json\n${json}\n\`\`\``,
        `\`\`\`json\n${json}\n\`\`\`\nDo not merge this.`,
        `\`\`\`diff\n+${json}\n\`\`\``,
        `\`\`\`json this is in the file:\n${json}\n\`\`\``,
        `> ${json}`,
        `${JSON.stringify(refusal)}\n${json}`,
        `\`\`\`json\n${JSON.stringify(refusal)}\n\`\`\`\n\`\`\`json\n${json}\n\`\`\``,
        `${json}${json}`,
        `${json} // no: it deletes production data`,
        JSON.stringify([approval]),
        JSON.stringify({ answer: approval }),
        JSON.stringify({ name: "answer", input: approval }),
        JSON.stringify(json)
      ]
    ) assert.strictEqual(verdict({ text }), "unreadable", text)
  })

  it("approves by no object that says something else", () => {
    for (
      const value of [
        { status: "approved: false" },
        { approved: true, summary: "good" },
        { decision: "approve", summary: "good" },
        { ...approval, verdict: "APPROVE" },
        { ...approval, verdict: "Approve" },
        { ...approval, verdict: "approved" },
        { ...approval, verdict: "approve, with changes required" },
        { ...approval, verdict: ["approve"] },
        { ...approval, verdict: true },
        { ...approval, findings: refusal.findings },
        { ...approval, findings: "none" },
        { ...approval, ticks: [{ point: 1, state: "not_done" }] },
        { ...approval, ticks: [{ point: 1, state: "not done" }] },
        { ...approval, ticks: [{ point: 1, state: "done", approved: false }] },
        { ...approval, approved: false },
        { ...approval, issues: ["it deletes production data"] },
        { ...approval, Verdict: "request_changes" },
        { verdict: "approve" },
        { verdict: "approve", summary: "" }
      ]
    ) {
      assert.strictEqual(verdict({ text: JSON.stringify(value) }), "unreadable", JSON.stringify(value))
      assert.strictEqual(verdict({ calls: [value] }), "unreadable", JSON.stringify(value))
    }
  })

  it("approves by no call that is not alone", () => {
    for (
      const calls of [[approval, refusal], [refusal, approval], [approval, approval], [approval, undefined], [
        undefined
      ]]
    ) assert.strictEqual(verdict({ calls }), "unreadable")
    for (const text of ["I refuse.", json, JSON.stringify(refusal)]) {
      assert.strictEqual(verdict({ calls: [approval], text }), "unreadable", text)
    }
    assert.strictEqual(verdict({ calls: [undefined], text: json }), "unreadable")
    assert.strictEqual(verdict({ calls: [refusal, refusal], text: json }), "unreadable")
  })

  it("approves by nothing that was cut off, or refused", () => {
    for (const end of ["cut", "refused"] as const) {
      assert.strictEqual(verdict({ calls: [approval], end }), "unreadable")
      assert.strictEqual(verdict({ text: json, end }), "unreadable")
    }
  })

  it("asks for changes with or without words beside it", () => {
    assert.strictEqual(verdict({ calls: [refusal] }), "request_changes")
    assert.strictEqual(verdict({ calls: [refusal], text: "APPROVED" }), "request_changes")
    assert.strictEqual(verdict({ text: JSON.stringify(refusal) }), "request_changes")
  })

  const decodes = Schema.decodeUnknownEither(Schema.parseJson(ReviewAnswer))
  const pieces = [
    json,
    JSON.stringify(refusal),
    "APPROVED",
    "LGTM",
    "verdict",
    "approve",
    "request_changes",
    "\"verdict\":\"approve\"",
    "```json\n",
    "\n```",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\n",
    " ",
    "no",
    "> "
  ]

  it.prop("of any text approves only where the whole text decodes", [
    FastCheck.array(FastCheck.oneof(FastCheck.constantFrom(...pieces), FastCheck.string()), { maxLength: 4 }),
    FastCheck.constantFrom("", json, `\`\`\`json\n${json}\n\`\`\``),
    FastCheck.array(FastCheck.oneof(FastCheck.constantFrom(...pieces), FastCheck.string()), { maxLength: 4 })
  ], ([before, middle, after]) => {
    const text = [...before, middle, ...after].join("")
    if (verdict({ text }) !== "approve") return
    const inside = text.trim().replace(/^```(json)?\n/, "").replace(/\n?```$/, "")
    assert.isTrue(Either.isRight(decodes(inside)), text)
  })

  it.prop("with any further field approves nothing", [FastCheck.string(), FastCheck.jsonValue()], ([key, value]) => {
    if (key in approval || key === "remarks" || key === "ticks" || value === null) return
    assert.strictEqual(verdict({ calls: [{ ...approval, [key]: value }] }), "unreadable")
  })
})
