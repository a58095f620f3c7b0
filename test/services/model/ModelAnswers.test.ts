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

const answer = { verdict: "approve", summary: "Fine", findings: [] } as const

const text = (text: string): ModelAnswers.RawAnswer => ({ input: Option.none(), text, isCut: false })
const read = (raw: ModelAnswers.RawAnswer) => ModelAnswers.read(question, raw)

describe("ModelAnswers", () => {
  it("takes the tool's input before the text", () => {
    const raw = { ...text("{\"verdict\":\"request_changes\",\"summary\":\"No\"}"), input: Option.some(answer) }
    assert.deepStrictEqual(read(raw), Either.right(answer))
  })

  it("finds the object in a fence, in prose, and behind another one", () => {
    const json = JSON.stringify(answer)
    for (
      const given of [
        json,
        `\`\`\`json\n${json}\n\`\`\``,
        `Here it is: ${json} Good.`,
        `{"a": {}} then ${json}`,
        `{ not json } ${json}`
      ]
    ) {
      assert.deepStrictEqual(read(text(given)), Either.right(answer), given)
    }
  })

  it("leaves nulls out and trims", () => {
    const given = { verdict: " approve ", summary: "Fine\n", findings: [{ file: null, line: null, comment: " c " }] }
    assert.deepStrictEqual(
      read(text(JSON.stringify(given))),
      Either.right({ verdict: "approve", summary: "Fine", findings: [{ comment: "c" }] })
    )
  })

  it("says what is wrong", () => {
    const problem = (raw: ModelAnswers.RawAnswer) => Option.getOrElse(Either.getLeft(read(raw)), () => "")
    assert.strictEqual(problem(text(" ")), "it is empty")
    assert.strictEqual(problem(text("Well, well")), "it has no JSON object")
    assert.strictEqual(problem({ ...text("{\"verdict\": \"app"), isCut: true }), "it was cut off at the token limit")
    assert.include(problem(text("{\"verdict\":\"maybe\",\"summary\":\"x\"}")), "verdict")
  })

  it("reads words where the question knows how, and JSON first", () => {
    const worded = { ...question, readText: () => Option.some({ ...answer, summary: "words" }) }
    assert.deepStrictEqual(
      ModelAnswers.read(worded, text("LGTM")),
      Either.right({ ...answer, summary: "words" })
    )
    assert.deepStrictEqual(ModelAnswers.read(worded, text(JSON.stringify(answer))), Either.right(answer))
    assert.isTrue(Either.isLeft(ModelAnswers.read(worded, text(""))))
  })

  it.prop("finds any object again, whatever stands round it", [
    FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue()),
    FastCheck.string().filter((text) => !/[{}"]/.test(text))
  ], ([value, around]) => {
    const json = JSON.stringify(value)
    const [found] = ModelAnswers.jsonObjects(`${around}${json}${around}`)
    assert.strictEqual(JSON.stringify(found), json)
  })

  it.prop("ends on any text", [FastCheck.stringMatching(/^[{}"\\a:,[\]]{0,400}$/)], ([text]) => {
    assert.isArray(ModelAnswers.jsonObjects(text))
  })

  it("describes both questions as objects, without a loose end", () => {
    const planQuestion = { purpose: "plan", system: "", prompt: "", answer: PlanAnswer } as const
    for (const schema of [ModelAnswers.jsonSchema(question), ModelAnswers.jsonSchema(planQuestion)]) {
      assert.strictEqual(schema["type"], "object")
    }
    const schema = JSON.stringify(ModelAnswers.jsonSchema(question))
    const defined = new Set(Object.keys(Object(ModelAnswers.jsonSchema(question)["$defs"] ?? {})))
    for (const [, name] of schema.matchAll(/#\/\$defs\/(\w+)/g)) assert.isTrue(defined.has(name ?? ""))
    assert.include(schema, "\"request_changes\"")
  })
})
