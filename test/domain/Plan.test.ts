import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Acceptance from "../../src/domain/Acceptance.ts"
import * as Plan from "../../src/domain/Plan.ts"

const answer = Schema.decodeUnknownSync(Plan.PlanAnswer)
const plan = Plan.fromAnswer(answer({
  title: "Add a flag",
  summary: "As asked.",
  steps: ["Read it", "Use it"],
  acceptance: ["The flag is read", " ", "A test shows it"]
}))

describe("a plan", () => {
  it("has its steps and points as lists, and for people in its text", () => {
    assert.deepStrictEqual(plan.steps, ["Read it", "Use it"])
    assert.deepStrictEqual(plan.acceptance, ["The flag is read", "A test shows it"])
    assert.include(
      plan.markdown,
      "### Steps\n\n1. Read it\n2. Use it\n\n### Done when\n\n- The flag is read\n- A test shows it"
    )
  })

  it("has at most twelve of each", () => {
    const many = Array.from({ length: 20 }, (_, i) => `number ${i}`)
    const { acceptance, markdown, steps } = Plan.fromAnswer(
      answer({ title: "t", summary: "s", steps: many, acceptance: many })
    )
    assert.deepStrictEqual([steps?.length, acceptance?.length], [12, 12])
    assert.include(markdown, "20. number 19")
  })

  it("of an earlier version is read, and one without points has none", () => {
    const stored = { title: "t", markdown: "m" }
    assert.deepStrictEqual(Schema.decodeUnknownSync(Plan.Plan)(stored), stored)
    assert.notProperty(Plan.fromAnswer(answer({ title: "t", summary: "s", steps: ["do it"] })), "acceptance")
  })

  it("that is edited has the points that its lists still have", () => {
    const text = plan.markdown.replace("- The flag is read", "* The flag `--x` is read\n* It has a help text")
      .replace("2. Use it\n", "")
    assert.deepStrictEqual(Plan.edited(plan, text), {
      title: plan.title,
      markdown: text,
      steps: ["Read it"],
      acceptance: ["The flag `--x` is read", "It has a help text", "A test shows it"]
    })
  })

  it("that is written anew has none: it says itself what it is", () => {
    for (const markdown of ["Do it.", "- do it\n- and that", "### Done when\n\nIt works.", "## Other\n\n- a"]) {
      assert.deepStrictEqual(Plan.edited(plan, markdown), { title: plan.title, markdown })
    }
  })
})

describe("a plan's points", () => {
  it("are ticked once each, the worst counts, and points that do not exist are left out", () => {
    const ticks = [
      { point: 2, state: "done" },
      { point: 2, state: "differently", where: "a.ts" },
      { point: 1, state: "not_done" },
      { point: 0, state: "done" },
      { point: 4, state: "not_done" }
    ] as const
    assert.deepStrictEqual(Acceptance.ticksOf(ticks, 3), [ticks[2], ticks[1]])
    assert.deepStrictEqual(Acceptance.ticksOf(ticks, 0), [])
    assert.strictEqual(Acceptance.show([ticks[2], ticks[1]]), "1 not done; 2 done differently (a.ts)")
    assert.deepStrictEqual(
      Acceptance.judged(["a", "b", "c"], [ticks[1]]).map(({ tick }) => tick?.state),
      [undefined, "differently", undefined]
    )
  })
})
