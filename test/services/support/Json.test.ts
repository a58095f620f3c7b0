import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as CallRequest from "../../../src/services/gateway/CallRequest.ts"
import * as Json from "../../../src/services/support/Json.ts"

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
const decode = Schema.decodeUnknownEither(Json.Unknown)

describe("JSON from outside", () => {
  it("is taken to a depth of 200", () => {
    assert.isTrue(Either.isRight(decode(nested(200))))
    assert.isTrue(Either.isLeft(decode(nested(201))))
    assert.isTrue(Either.isLeft(decode("{\"a\":".repeat(201) + "1" + "}".repeat(201))))
  })

  it("has depth by its structure, not by its strings", () => {
    const brackets = "[{".repeat(500)
    assert.deepStrictEqual(
      decode(JSON.stringify([brackets, `\\"${brackets}`, { [brackets]: [] }])),
      Either.right([
        brackets,
        `\\"${brackets}`,
        { [brackets]: [] }
      ])
    )
    assert.isTrue(Either.isRight(decode(`[${Array.from({ length: 1000 }, () => "[[]]").join(",")}]`)))
  })

  it("that is too deep is refused in a sentence, with a schema too, whose error would have to show it", () => {
    const wrong = Schema.decodeUnknownEither(Json.parse(Schema.Struct({ a: Schema.String })))
    for (const text of [nested(400_000), `{"a":${nested(400_000)}}`]) {
      const refused = wrong(text)
      assert.isTrue(Either.isLeft(refused))
      if (Either.isLeft(refused)) assert.include(refused.left.message, "nests deeper than 200 levels")
    }
  })
})

describe("a model call's body from a sandbox", () => {
  it("that is too deep to be looked into is passed on as it came", () => {
    const body = `{"stream":true,"messages":${nested(400_000)}}`
    const scan = CallRequest.scanner("openai-chat").feed(new TextEncoder().encode(body)).end()
    const call = CallRequest.read({ dialect: "openai-chat" }, scan)
    assert.strictEqual(scan.fault, "deep")
    assert.isUndefined(CallRequest.askForUsage(call, scan))
  })
})
