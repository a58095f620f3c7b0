import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Review from "../../src/domain/Review.ts"
import * as Unseen from "../../src/domain/Unseen.ts"

const answer = (fields: Partial<Review.ReviewAnswer>): Review.ReviewAnswer => ({
  verdict: "approve",
  summary: "good",
  findings: [],
  ...fields
})
const file = (name: string, why: Unseen.UnseenFile["why"] = "left_out"): Unseen.UnseenFile => ({ file: name, why })

describe("an answer to a review", () => {
  it("does not decode where it says two things at once", () => {
    const decode = Schema.decodeUnknownEither(Review.ReviewAnswer)
    assert.isTrue(Either.isRight(decode(answer({ remarks: ["fine"] }))))
    assert.isTrue(Either.isRight(decode(answer({ verdict: "request_changes", findings: [{ comment: "no" }] }))))
    assert.isTrue(Either.isLeft(decode(answer({ findings: [{ comment: "no" }] }))))
    assert.isTrue(Either.isLeft(decode({ ...answer({}), approved: false })))
    assert.isTrue(
      Either.isLeft(decode({ ...answer({ verdict: "request_changes" }), findings: [{ comment: "a", b: 1 }] }))
    )
  })
})

describe("a review", () => {
  it("with something unseen is no approval of the whole", () => {
    const part = Review.fromAnswer(answer({}), Unseen.make([file("a.ts")]))
    assert.isTrue(Review.needsDraft(part))
    assert.strictEqual(Review.verdict(part), "approved in part")
    const whole = Review.fromAnswer(answer({}), undefined)
    assert.isFalse(Review.needsDraft(whole))
    assert.strictEqual(Review.show(whole), "approved: good")
  })

  it("of an earlier version still reads: an approval's findings were remarks", () => {
    const stored = { _tag: "Approved", summary: "good", findings: [{ file: "a.ts", line: 1, comment: "nit" }] }
    const review = Schema.decodeUnknownSync(Review.Review)(stored)
    assert.isFalse(Review.needsDraft(review))
    assert.strictEqual(Review.show(review), "approved: good\n- `a.ts:1`: nit")
  })

  it("says its findings, and its remarks after them", () => {
    const review = Review.fromAnswer(
      answer({ verdict: "request_changes", summary: "bad", findings: [{ comment: "fix it" }], remarks: ["nice"] }),
      Unseen.make([file("a.png", "media")])
    )
    assert.strictEqual(
      Review.show(review),
      "changes requested: bad\n1 file was not shown to the reviewer: a.png (picture, font or sound)\n- fix it\n- nice"
    )
  })
})

describe("what was not shown", () => {
  it("is nothing where there is nothing", () => assert.isUndefined(Unseen.make([])))

  it("names so many files and counts the others, those that hold back first", () => {
    const pictures = Array.from({ length: 100 }, (_, i) => file(`${i}.png`, "media"))
    const unseen = Unseen.make([...pictures, file("a.ts")], 5)
    assert.strictEqual(unseen?.files.length, 50)
    assert.deepStrictEqual(unseen?.files[0], file("a.ts"))
    const said = unseen === undefined ? "" : Unseen.show(unseen)
    assert.match(said, /^106 files were not shown to the reviewer: a\.ts .*, and 86 more$/)
    assert.isTrue(Unseen.holdsBack(unseen))
    assert.isFalse(Unseen.holdsBack(Unseen.make(pictures)))
    assert.strictEqual(Unseen.show({ total: 3, media: 0, files: [] }), "3 files were not shown to the reviewer: 3 more")
  })

  it("shows what hides in a file's name", () => {
    const unseen = Unseen.make([file("a\u202egpj.js\n\u001b[2K\u{e0041}b")])
    assert.isDefined(unseen)
    if (unseen !== undefined) assert.include(Unseen.show(unseen), "a\\u{202e}gpj.js\\u{a}\\u{1b}[2K\\u{e0041}b (left")
  })

  it.prop(
    "survives the way through the database",
    [FastCheck.array(FastCheck.string({ unit: "binary" }))],
    ([names]) => {
      const review = Review.fromAnswer(answer({}), Unseen.make(names.map((name) => file(name))))
      const wire: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Review.Review)(review)))
      assert.deepStrictEqual(Schema.decodeUnknownSync(Review.Review)(wire), review)
      assert.strictEqual(Review.needsDraft(review), names.length > 0)
    }
  )
})
