import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { PlanAnswer } from "../../../src/domain/Plan.ts"
import { ReviewAnswer } from "../../../src/domain/Review.ts"
import type { ModelQuestion } from "../../../src/services/model/LanguageModel.ts"
import * as ModelAnswers from "../../../src/services/model/ModelAnswers.ts"

const question: ModelQuestion<ReviewAnswer, typeof ReviewAnswer.Encoded> = {
  purpose: "review",
  system: "",
  prompt: "",
  answer: ReviewAnswer
}
const planQuestion: ModelQuestion<PlanAnswer, typeof PlanAnswer.Encoded> = {
  purpose: "plan",
  system: "",
  prompt: "",
  answer: PlanAnswer
}

const answer = { verdict: "approve", summary: "Fine", findings: [] } as const
const plan = { title: "Do it", summary: "As asked.", steps: ["do it"] }

const raw = (fields: Partial<ModelAnswers.RawAnswer>): ModelAnswers.RawAnswer => ({
  calls: [],
  text: "",
  end: "complete",
  ...fields
})
const read = (fields: Partial<ModelAnswers.RawAnswer>) => ModelAnswers.read(question, raw(fields))
const problem = (fields: Partial<ModelAnswers.RawAnswer>) =>
  Option.getOrElse(Either.getLeft(read(fields)), () => "it was read")

const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

describe("ModelAnswers", () => {
  it("takes a call's input, a value or JSON text", () => {
    assert.deepStrictEqual(read({ calls: [answer] }), Either.right(answer))
    assert.deepStrictEqual(read({ calls: [JSON.stringify(answer)] }), Either.right(answer))
    assert.deepStrictEqual(read({ calls: [answer], text: " \n" }), Either.right(answer))
  })

  it("takes a text that is an object, in a fence or not", () => {
    const json = JSON.stringify(answer, null, 2)
    for (const text of [json, ` ${json}\n`, `\`\`\`json\n${json}\n\`\`\``, `\`\`\`\r\n${json}\r\n\`\`\`\n`]) {
      assert.deepStrictEqual(read({ text }), Either.right(answer), text)
    }
  })

  it("takes words beside a call where the question allows it for such an answer, and reads nothing out of them", () => {
    const given = { calls: [answer], text: JSON.stringify({ ...answer, summary: "Other" }) }
    assert.deepStrictEqual(read(given), Either.right(answer))
    const strict = { ...question, standsAlone: () => true }
    assert.isTrue(Either.isLeft(ModelAnswers.read(strict, raw(given))))
    assert.isTrue(Either.isRight(ModelAnswers.read(strict, raw({ calls: [answer] }))))
  })

  it("leaves nulls out and trims", () => {
    const given = { verdict: " approve ", summary: "Fine\n", findings: null, remarks: [" c "] }
    assert.deepStrictEqual(
      read({ text: JSON.stringify(given) }),
      Either.right({ verdict: "approve", summary: "Fine", findings: [], remarks: ["c"] })
    )
  })

  it("says in a sentence what is wrong, of a bounded length", () => {
    const json = JSON.stringify(answer)
    assert.strictEqual(problem({ text: " " }), "it is empty")
    assert.strictEqual(problem({ text: "```\n```" }), "it is empty")
    for (const text of ["Well, well", `Here: ${json}`, "[1]", "1", "\"x\"", "null", "{", `${json}${json}`]) {
      assert.strictEqual(problem({ text }), "it is not one JSON object and nothing else", text)
    }
    assert.strictEqual(problem({ text: json, end: "cut" }), "it was cut off at the token limit")
    assert.strictEqual(problem({ text: "I cannot", end: "refused" }), "the model refused to answer: I cannot")
    assert.strictEqual(problem({ calls: [answer], end: "refused" }), "the model refused to answer")
    assert.strictEqual(problem({ calls: [answer, answer] }), "it has 2 tool calls, but only one is allowed")
    assert.match(problem({ text: "{\"verdict\":\"maybe\",\"summary\":\"x\"}" }), /^verdict: .*"maybe"/)
    assert.match(problem({ text: JSON.stringify({ ...answer, approved: false }) }), /^approved: is unexpected/)
    assert.isBelow(problem({ text: JSON.stringify({ verdict: "x".repeat(10_000) }) }).length, 600)
    assert.isBelow(problem({ text: "no ".repeat(10_000), end: "refused" }).length, 600)
  })

  it("takes no object with a key twice, however it is written", () => {
    const refused = "\"verdict\":\"request_changes\",\"summary\":\"No\""
    for (const again of ["\"verdict\":\"approve\"", "\"\\u0076erdict\" : \"approve\"", "\"verdict\"\n:\t\"approve\""]) {
      assert.strictEqual(problem({ text: `{${refused},${again}}` }), "it has a key twice", again)
    }
    const twice = "{\"comment\":\"a\",\"comment\":\"b\"}"
    assert.strictEqual(problem({ text: `{${refused},"findings":[${twice}]}` }), "it has a key twice")
    const findings = "[{\"comment\":\"a \\\"comment\\\": {\"},{\"comment\":\"verdict\"}]"
    assert.isTrue(Either.isRight(read({ text: `{${refused},"findings":${findings}}` })))
  })

  it("is not brought down by the depth or the length of an answer", () => {
    const deep = nested(400_000)
    for (const summary of [deep, `{"a":${deep}}`]) {
      assert.strictEqual(
        problem({ text: `{"verdict":"approve","summary":${summary}}` }),
        "it is longer than 200000 characters"
      )
    }
    assert.strictEqual(problem({ text: `{"summary":${nested(50_000)}}` }), "it is nested too deeply")
    const input: unknown = JSON.parse(deep)
    assert.strictEqual(problem({ calls: [{ ...answer, summary: input }] }), "it is nested too deeply")
    assert.include(ModelAnswers.show(raw({ calls: [input] })), "…")
    assert.strictEqual(
      problem({ calls: [{ ...answer, remarks: ["x".repeat(300_000)] }] }),
      "it is longer than 200000 characters"
    )
  })

  it("reads a plan as strictly", () => {
    const readPlan = (text: string) => ModelAnswers.read(planQuestion, raw({ text }))
    assert.isTrue(Either.isRight(readPlan(JSON.stringify(plan))))
    for (const text of ["# Do it\n\n1. Edit a.ts", `Here is the plan: ${JSON.stringify(plan)}`, "Just fix it."]) {
      assert.isTrue(Either.isLeft(readPlan(text)), text)
    }
  })

  it("shows an answer as it was given", () => {
    assert.strictEqual(ModelAnswers.show(raw({ text: "Hm." })), "Hm.")
    assert.strictEqual(ModelAnswers.show(raw({ text: "Hm.", calls: [{ a: 1 }, undefined] })), "Hm.\n{\"a\":1}\nnull")
  })

  it("describes both questions as objects, without a loose end", () => {
    for (const schema of [ModelAnswers.jsonSchema(question), ModelAnswers.jsonSchema(planQuestion)]) {
      assert.strictEqual(schema["type"], "object")
    }
    const schema = JSON.stringify(ModelAnswers.jsonSchema(question))
    const defined = new Set(Object.keys(Object(ModelAnswers.jsonSchema(question)["$defs"] ?? {})))
    for (const [, name] of schema.matchAll(/#\/\$defs\/(\w+)/g)) assert.isTrue(defined.has(name ?? ""))
    assert.include(schema, "\"request_changes\"")
  })

  it.prop("finds an object again, and takes it with nothing around it", [
    FastCheck.string({ minLength: 1 }).filter((text) => text.trim() !== ""),
    FastCheck.string().filter((text) => text.trim() !== "")
  ], ([summary, around]) => {
    const given = { ...answer, summary }
    assert.deepStrictEqual(read({ text: JSON.stringify(given) }), Either.right({ ...answer, summary: summary.trim() }))
    for (const text of [`${around}${JSON.stringify(given)}`, `${JSON.stringify(given)}${around}`]) {
      assert.isTrue(Either.isLeft(read({ text })), text)
    }
  })
})
