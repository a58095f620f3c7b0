import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { cleaned, keyboardArgument, textArgument } from "./TelegramText.ts"

const read = (args: { readonly [name: string]: unknown }) =>
  Either.mapLeft(
    textArgument(args, { entities: "entities", max: 4096, text: "text" }),
    (refusal) => refusal.description
  )

describe("entities given with a text", () => {
  const cases: ReadonlyArray<readonly [string, object, string]> = [
    ["before it", { length: 1, offset: -1, type: "bold" }, "receive an entity with incorrect offset -1"],
    ["of no length", { length: -1, offset: 0, type: "bold" }, "receive an entity with incorrect length -1"],
    ["after it", { length: 1, offset: 4, type: "bold" }, "entity begins after the end of the text at UTF-16 offset 4"],
    [
      "beyond it",
      { length: 4, offset: 1, type: "bold" },
      "entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 5"
    ],
    [
      "from inside a symbol",
      { length: 1, offset: 2, type: "bold" },
      "entity begins in a middle of a UTF-16 symbol at byte offset 5"
    ],
    [
      "into a symbol",
      { length: 2, offset: 0, type: "bold" },
      "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 5"
    ],
    [
      "of an unknown type",
      { length: 1, offset: 0, type: "loud" },
      "can't parse MessageEntity: Unsupported type specified"
    ],
    ["without an offset", { length: 1, type: "bold" }, "can't parse MessageEntity: Can't find field \"offset\""]
  ]
  it.each(cases)("are refused: %s", (_, entity, reason) => {
    assert.deepStrictEqual(read({ entities: [entity], text: "a🚀b" }), Either.left(`Bad Request: ${reason}`))
  })

  it("pass inside it; those that the service finds by itself are passed over", () => {
    const bold = { length: 2, offset: 1, type: "bold" }
    const entities = JSON.stringify([bold, { length: 1, offset: 0, type: "url" }])
    assert.deepStrictEqual(read({ entities, text: "a🚀b" }), Either.right({ entities: [bold], text: "a🚀b" }))
  })

  const pieces = FastCheck.string({
    maxLength: 12,
    unit: FastCheck.constantFrom(" ", "\n", "\r", "\t", "a", "ü", "🚀")
  })
  it.prop("stay on what they mark when white space at the ends is cut", [pieces, pieces, pieces], (parts) => {
    const [before, marked, after] = parts
    FastCheck.pre(/[aü🚀]/u.test(marked))
    const entity = { length: marked.length, offset: before.length, type: "bold" }
    const { entities: [kept], text } = cleaned({ entities: [entity], text: `${before}${marked}${after}` })
    const shown = text.slice(kept?.offset ?? 0, (kept?.offset ?? 0) + (kept?.length ?? 0))
    assert.strictEqual(shown.trimEnd(), marked.replaceAll("\r", "").replaceAll("\t", " ").trimEnd())
    assert.notMatch(text, /[ \n]$|\r|\t/)
  })
})

describe("a keyboard", () => {
  it("of another kind passes with a new message and not with an edit", () => {
    const args = { reply_markup: JSON.stringify({ force_reply: true }) }
    assert.isTrue(Either.isRight(keyboardArgument(args, false)))
    assert.isTrue(Either.isLeft(keyboardArgument(args, true)))
  })

  it("must be JSON", () => {
    const refused = Either.mapLeft(keyboardArgument({ reply_markup: "{" }, false), (refusal) => refusal.description)
    assert.deepStrictEqual(refused, Either.left("Bad Request: can't parse reply keyboard markup JSON object"))
  })
})
