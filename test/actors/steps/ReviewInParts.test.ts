/**
 * A diff that is too long for one question is reviewed in parts, on the real actors: all of it is shown once, a last
 * question gives the verdict, and what has no answer approves nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import type { SessionEvent } from "../../../src/domain/SessionEvent.ts"
import { LanguageModelError } from "../../../src/services/model/LanguageModel.ts"
import type { Asked } from "../../fakes/FakeModel.ts"
import * as FakeModel from "../../fakes/FakeModel.ts"
import { added, type Change, diffOf } from "../../support/Patches.ts"
import { by, create, history, untilFact, withServer } from "../../support/TestApp.ts"

/** The lines of a file: each is in the diff once. */
const linesOf = (path: string, count: number) => Array.from({ length: count }, (_, i) => `${path} line ${i} ;`)
const long = (path: string, lines: number) => added(path, linesOf(path, lines).join("\n"))

/** Three parts, of about 150 000 characters each. */
const threeParts = ["a.ts", "b.ts", "c.ts"].map((path) => long(path, 7_500))

const numberOf = ({ prompt }: Asked): number => Number(/^## Diff, part (\d+) of/m.exec(prompt)?.[1] ?? 0)

interface Reviewer {
  readonly changes?: ReadonlyArray<Change>
  readonly part?: (number: number) => Effect.Effect<unknown, LanguageModelError>
  readonly whole?: unknown
  readonly budgetUsd?: number
  /** What is looked at ends with such a fact. */
  readonly until?: SessionEvent["_tag"]
}

/** A session with this change and this reviewer: `part` answers for a part, `whole` is the last answer. */
const reviewed = (
  { budgetUsd, changes = threeParts, part = () => approval, until, whole = FakeModel.approve }: Reviewer
) =>
  withServer((world) =>
    Effect.gen(function*() {
      world.remote.diff = () => diffOf(changes)
      world.model.answer = (purpose, _, asked) =>
        purpose === "plan"
          ? Effect.succeed(FakeModel.plan("Fix it"))
          : numberOf(asked) === 0
          ? Effect.succeed(whole)
          : part(numberOf(asked))
      const id = yield* create(budgetUsd === undefined ? {} : { budgetUsd })
      const events = yield* (until === undefined ? history(id) : untilFact(id, until))
      const asked = world.model.asked.filter(({ purpose }) => purpose === "review")
      const [proposal] = world.remote.proposals
      return {
        asked,
        reviews: events.filter(({ type }) => type === "review"),
        uses: events.filter(({ data, type }) => type === "usage" && data.startsWith("review")).length,
        draft: proposal?.draft,
        body: proposal?.body ?? ""
      }
    }), { reviewRounds: 1 })

const approval = Effect.succeed(FakeModel.approve)
const wrong = (file: string, line?: number) => ({
  verdict: "request_changes",
  summary: "not yet",
  findings: [{ file, ...(line === undefined ? {} : { line }), comment: "wrong" }]
})
const broken = new LanguageModelError({
  provider: "anthropic",
  operation: "messages",
  reason: "down",
  isRetryable: false,
  spent: { model: "fake", usage: { inputTokens: 1, outputTokens: 1, costUsd: 0.01 } }
})

describe("a diff of 30 000 lines", () => {
  it.effect("is reviewed whole: each line is shown once, and the last question gives the verdict", () =>
    Effect.gen(function*() {
      const changes = [long("src/one.ts", 20_000), ...Array.from({ length: 100 }, (_, i) => long(`src/f${i}.ts`, 100))]
      const { asked, body, draft, reviews, uses } = yield* reviewed({ changes })
      const parts = asked.filter((question) => numberOf(question) > 0)
      assert.isAtLeast(parts.length, 4)
      const shown = parts.flatMap(({ prompt }) => prompt.match(/^\+src\/\S+ line \d+ ;$/gm) ?? [])
      const expected = [
        ...linesOf("src/one.ts", 20_000),
        ...Array.from({ length: 100 }, (_, i) => linesOf(`src/f${i}.ts`, 100)).flat()
      ].map((line) => `+${line}`)
      assert.strictEqual(shown.length, 30_000)
      assert.deepStrictEqual([...shown].sort(), [...expected].sort())
      for (const { prompt } of parts) assert.isBelow(prompt.length, 230_000)
      assert.strictEqual(reviews.length, 1)
      assert.strictEqual(reviews[0]?.data, `approved: good\nreviewed in ${parts.length} parts`)
      assert.deepInclude(reviews[0]?.detail, { parts: parts.length })
      assert.deepStrictEqual([asked.length, uses], [parts.length + 1, parts.length + 1])
      assert.isFalse(draft)
      assert.notInclude(body, "Not shown")
    }))
})

describe("a review in parts", () => {
  it.effect("is decided by the last question, which drops what another part settles", () =>
    Effect.gen(function*() {
      const { asked, draft, reviews } = yield* reviewed({
        part: (number) => number === 2 ? Effect.succeed(wrong("b.ts", 3)) : approval
      })
      assert.include(asked.at(-1)?.prompt, "requests changes: not yet\nFindings:\n- `b.ts:3`: wrong")
      assert.include(asked.at(-1)?.prompt, "Files: c.ts\napproves: good")
      assert.strictEqual(reviews[0]?.data, "approved: good\nreviewed in 3 parts")
      assert.isFalse(draft)
    }))

  it.effect("requests changes where the last question does, whatever the parts say", () =>
    Effect.gen(function*() {
      const { draft, reviews } = yield* reviewed({ whole: wrong("./b.ts", 99_999) })
      assert.strictEqual(reviews[0]?.data, "changes requested: not yet\n- `b.ts`: wrong\nreviewed in 3 parts")
      assert.isTrue(draft)
    }))

  it.effect("approves nothing while a finding stands that the last question had no room for", () =>
    Effect.gen(function*() {
      const comment = "x".repeat(50_000)
      const { asked, draft, reviews } = yield* reviewed({
        part: (number) =>
          number === 3 ? Effect.succeed({ ...wrong("c.ts"), findings: [{ file: "c.ts", comment }] }) : approval
      })
      assert.notInclude(asked.at(-1)?.prompt, "xxx")
      assert.strictEqual(reviews[0]?.data, `changes requested: good\n- \`c.ts\`: ${comment}\nreviewed in 3 parts`)
      assert.isTrue(draft)
    }))

  it.effect("counts the findings that are not about the diff, and is no approval for it", () =>
    Effect.gen(function*() {
      const { body, draft, reviews } = yield* reviewed({
        part: (number) => number === 1 ? Effect.succeed(wrong("no.ts")) : approval,
        whole: wrong("nowhere.ts")
      })
      const dropped = "2 findings name files that the change does not have, and are left out"
      assert.strictEqual(reviews[0]?.data, `changes requested: not yet\n${dropped}\nreviewed in 3 parts`)
      assert.isTrue(draft)
      assert.include(body, dropped)
    }))

  it.effect("is unreadable where a part has no answer: no other is asked for, and what it has cost is recorded", () =>
    Effect.gen(function*() {
      const { asked, body, draft, reviews, uses } = yield* reviewed({
        part: (number) => number === 1 ? broken : approval
      })
      assert.strictEqual(
        reviews[0]?.data,
        "unreadable review: part 1 of 3: anthropic messages failed: down\nreviewed in 3 parts"
      )
      assert.isAtMost(asked.length, 2)
      assert.strictEqual(uses, asked.length)
      assert.isTrue(draft)
      assert.include(body, "nobody has judged the change yet")
    }))

  it.effect("is unreadable where a part's answer is, or the last one", () =>
    Effect.gen(function*() {
      const part = yield* reviewed({
        part: (number) => number === 3 ? Effect.succeed({ verdict: "approve" }) : approval
      })
      assert.match(part.reviews[0]?.data ?? "", /^unreadable review: part 3 of 3: the model's answer could not be read/)
      assert.isTrue(part.draft)
      const whole = yield* reviewed({ whole: { verdict: "approve" } })
      assert.match(whole.reviews[0]?.data ?? "", /^unreadable review: the model's answer could not be read/)
      assert.isTrue(whole.draft)
      assert.deepStrictEqual([part.uses, whole.uses], [3, 4])
    }))

  it.effect("asks for nothing more when the budget is spent, and tells each question what is left", () =>
    Effect.gen(function*() {
      // plan and answers cost $0.01 each: nothing is left after the first of the two parts that are asked for at once
      const { asked, draft, reviews } = yield* reviewed({ budgetUsd: 0.02, until: "BudgetReached" })
      assert.deepStrictEqual(asked.map(numberOf), [1, 2])
      assert.deepStrictEqual([reviews, draft], [[], undefined], "the turn waits for a budget")
      const enough = yield* reviewed({ budgetUsd: 1 })
      assert.closeTo(enough.asked[0]?.remainingUsd ?? 0, 0.99, 1e-9)
      assert.closeTo(enough.asked.at(-1)?.remainingUsd ?? 0, 0.96, 1e-9)
    }))

  it.effect("goes on after a pause by the budget with the parts that have no answer", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.remote.diff = () => diffOf(threeParts)
        const sessions = yield* Sessions
        const id = yield* create({ budgetUsd: 0.02 })
        yield* untilFact(id, "BudgetReached")
        const asked = () => world.model.asked.filter(({ purpose }) => purpose === "review").map(numberOf)
        assert.deepStrictEqual(asked(), [1, 2])
        yield* sessions.addBudget(id, { addUsd: 1, by })
        yield* history(id)
        assert.deepStrictEqual(asked(), [1, 2, 3, 0])
      }), { reviewRounds: 1 }))
})
