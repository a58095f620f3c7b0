/** The plan as a contract, on the real actors: its points go to the reviewer, and their ticks to agent and pull request. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FakeModel from "../../fakes/FakeModel.ts"
import { added, type Change, diffOf } from "../../support/Patches.ts"
import { create, history, withServer } from "../../support/TestApp.ts"

const plan = { ...FakeModel.plan("Add a flag"), acceptance: ["`--x` is read", "It has a test", "The page names it"] }
const refusal = FakeModel.requestChanges("no test")

/** A session whose plan has these points, with these answers of the reviewer. */
const reviewed = (answers: ReadonlyArray<unknown>, changes?: ReadonlyArray<Change>) =>
  withServer((world) =>
    Effect.gen(function*() {
      if (changes !== undefined) world.remote.diff = () => diffOf(changes)
      world.model.answer = (purpose, n) => Effect.succeed(purpose === "plan" ? plan : answers[n - 1])
      const events = yield* Effect.flatMap(create(), history)
      return {
        events,
        asked: world.model.asked.filter(({ purpose }) => purpose === "review").map(({ prompt }) => prompt),
        agentPrompts: world.engine.specs.flatMap(({ inputs }) =>
          inputs.flatMap(({ content, path }) =>
            path === "in/prompt.md" && content._tag === "Text" ? [content.text] : []
          )
        ),
        draft: world.remote.proposals[0]?.draft,
        body: world.remote.proposals[0]?.body ?? ""
      }
    })
  )

describe("a plan's points", () => {
  it.effect("are given to the reviewer with their numbers, and the pull request shows how they were ticked", () =>
    Effect.gen(function*() {
      const ticks = [
        { point: 1, state: "done", where: "src/a.ts:3" },
        { point: 2, state: "differently", where: "by hand" },
        { point: 9, state: "done" }
      ]
      const { asked, body, draft, events } = yield* reviewed([{ ...FakeModel.approve, ticks }])
      assert.match(asked[0] ?? "", /name="points">\n1\. `--x` is read\n2\. It has a test\n3\. The page names it\n</)
      const review = events.find(({ type }) => type === "review")
      assert.strictEqual(
        review?.data,
        "approved: good\npoints of the plan: 1 done (src/a.ts:3); 2 done differently (by hand)"
      )
      assert.deepInclude(review?.detail?.["review"], { ticks: ticks.slice(0, 2) })
      assert.include(
        body,
        "### What was asked\n\n- [x] \\`--x\\` is read (src/a.ts:3)\n" +
          "- [x] It has a test (done differently: by hand)\n- [ ] The page names it (not judged)\n"
      )
      assert.isFalse(draft)
    }))

  it.effect("of which one is not done are not approved: the answer contradicts itself, and is unreadable", () =>
    Effect.gen(function*() {
      const ticks = [{ point: 2, state: "not_done" }]
      const { body, draft, events } = yield* reviewed([{ ...FakeModel.approve, ticks }])
      assert.match(events.find(({ type }) => type === "review")?.data ?? "", /a point of the plan is not done/)
      assert.isTrue(draft)
      assert.include(body, "- [ ] It has a test (not judged)")
    }))

  it.effect("that are not done are told to the agent, and the last review's ticks count", () =>
    Effect.gen(function*() {
      const notDone = { ...refusal, ticks: [{ point: 2, state: "not_done" }] }
      const { agentPrompts, body } = yield* reviewed([notDone, {
        ...refusal,
        ticks: [{ point: 2, state: "done" }, { point: 3, state: "not_done" }]
      }])
      assert.include(
        agentPrompts[1],
        "- `a.txt:1`: no test\n\nNot done of the plan:\n\n- It has a test\n\nMake these changes"
      )
      assert.include(body, "- [x] It has a test\n- [ ] The page names it (not done)\n")
    }))
})

describe("the reviewer", () => {
  it.effect("is told what the checks said, and how the tests were weakened", () =>
    Effect.gen(function*() {
      const { asked } = yield* reviewed([FakeModel.approve], [
        added("a.ts", "x"),
        {
          path: "a.test.ts",
          status: "deleted",
          mode: "000000",
          previousMode: "100644",
          text: "diff --git a/a.test.ts b/a.test.ts\ndeleted file mode 100644\n--- a/a.test.ts\n+++ /dev/null\n" +
            "@@ -1 +0,0 @@\n-it(\"works\", () => {})\n"
        }
      ])
      assert.match(asked[0] ?? "", /name="checks">\nnot verified: /)
      assert.match(asked[0] ?? "", /name="tests">\n- a\.test\.ts: test file deleted, with 1 test\n</)
    }))
})
