import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { blocksTooLong, messageProblems, viewProblems } from "./SlackBlocks.ts"

const plain = (text: string) => ({ text, type: "plain_text" })
const mrkdwn = (text: string) => ({ text, type: "mrkdwn" })
const button = (fields: object = {}) => ({ action_id: "a", text: plain("Go"), type: "button", ...fields })
const section = (fields: object = {}) => ({ text: mrkdwn("hi"), type: "section", ...fields })
const actions = (...elements: ReadonlyArray<unknown>) => ({ elements, type: "actions" })
const input = (fields: object = {}) => ({
  element: { action_id: "reason", type: "plain_text_input" },
  label: plain("Why"),
  type: "input",
  ...fields
})
const long = (length: number) => "x".repeat(length)
const many = <A>(count: number, make: (index: number) => A) => Array.from({ length: count }, (_, index) => make(index))

describe("blocks that Slack takes", () => {
  it("a card with every kind of block", () => {
    const blocks = [
      { text: plain(long(150)), type: "header" },
      section({ accessory: button({ style: "primary" }), block_id: long(255) }),
      { fields: many(10, (index) => mrkdwn(`field ${index}`)), type: "section" },
      { elements: many(10, () => mrkdwn("c")), type: "context" },
      { type: "divider" },
      actions(
        ...many(24, (index) => button({ action_id: `a${index}`, value: long(2000) })),
        { action_id: "more", options: [{ text: plain("Stop"), value: "stop" }], type: "overflow" }
      ),
      { alt_text: "a chart", image_url: "https://example.com/a.png", type: "image" },
      { text: "# hi", type: "markdown" },
      input(),
      { elements: [{ elements: [{ text: "hi", type: "text" }], type: "rich_text_section" }], type: "rich_text" }
    ]
    assert.deepStrictEqual(messageProblems(blocks), [])
  })

  it("fifty in a message and a hundred in a modal", () => {
    assert.deepStrictEqual(messageProblems(many(50, () => section())), [])
    const modal = { blocks: many(100, () => section()), title: plain("Title"), type: "modal" }
    assert.deepStrictEqual(viewProblems(modal, "modal"), [])
  })
})

describe("blocks that Slack refuses", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<unknown>, ReadonlyArray<string>]> = [
    ["too many", many(51, () => section()), ["no more than 50 items allowed [json-pointer:/blocks]"]],
    ["a long section", [section({ text: mrkdwn(long(3001)) })], [
      "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
      "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]],
    ["an empty section text", [section({ text: mrkdwn("") })], [
      "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
      "must be more than 0 characters [json-pointer:/blocks/0/text/text]"
    ]],
    ["a section of nothing", [{ type: "section" }], ["missing required field: text [json-pointer:/blocks/0]"]],
    ["eleven fields", [section({ fields: many(11, () => mrkdwn("f")) })], [
      "no more than 10 items allowed [json-pointer:/blocks/0/fields]"
    ]],
    ["a long header", [{ text: plain(long(151)), type: "header" }], [
      "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
      "must be less than 151 characters [json-pointer:/blocks/0/text/text]"
    ]],
    ["a header in mrkdwn", [{ text: mrkdwn("x"), type: "header" }], [
      "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
      "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"
    ]],
    ["eleven in a context", [{ elements: many(11, () => mrkdwn("c")), type: "context" }], [
      "no more than 10 items allowed [json-pointer:/blocks/0/elements]"
    ]],
    ["twenty-six actions", [actions(...many(26, (index) => button({ action_id: `a${index}` })))], [
      "no more than 25 items allowed [json-pointer:/blocks/0/elements]"
    ]],
    ["no actions", [actions()], ["must provide at least 1 items [json-pointer:/blocks/0/elements]"]],
    ["a long button text", [actions(button({ text: plain(long(76)) }))], [
      "failed to match all allowed schemas [json-pointer:/blocks/0/elements/0/text]",
      "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"
    ]],
    ["a long button value", [actions(button({ value: long(2001) }))], [
      "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"
    ]],
    ["a long action id", [actions(button({ action_id: long(256) }))], [
      "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"
    ]],
    ["a long URL", [actions(button({ url: `https://a.b/${long(3000)}` }))], [
      "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]"
    ]],
    ["no URL", [actions(button({ url: "nowhere" }))], [
      "input must be a valid: uri [json-pointer:/blocks/0/elements/0/url]"
    ]],
    ["a style of its own", [actions(button({ style: "green" }))], [
      "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"
    ]],
    ["two actions of one id", [actions(button(), button())], [
      "`action_id` already exists: a [json-pointer:/blocks/0]"
    ]],
    ["two blocks of one id", [section({ block_id: "b" }), section({ block_id: "b" })], [
      "`block_id` already exists: b [json-pointer:/blocks/1/block_id]"
    ]],
    ["a long block id", [section({ block_id: long(256) })], [
      "must be less than 256 characters [json-pointer:/blocks/0/block_id]"
    ]],
    ["an unknown block", [{ type: "sectoin" }], ["unsupported type: sectoin [json-pointer:/blocks/0/type]"]],
    ["an unknown element", [actions({ type: "knob" })], [
      "unsupported type: knob [json-pointer:/blocks/0/elements/0/type]"
    ]],
    ["an unknown field", [{ text: mrkdwn("x"), type: "divider" }], [
      "invalid additional property: text [json-pointer:/blocks/0]"
    ]]
  ]
  it.each(cases)("%s", (_, blocks, problems) => {
    assert.deepStrictEqual(messageProblems(blocks), problems)
  })

  it("texts that together are too long", () => {
    const sections = (count: number) => many(count, () => section({ text: mrkdwn(long(3000)) }))
    assert.isFalse(blocksTooLong(sections(4)))
    assert.isTrue(blocksTooLong([...sections(4), section()]))
  })

  it.prop("limits count characters, not code units", [FastCheck.integer({ max: 90, min: 60 })], ([count]) => {
    const blocks = [actions(button({ text: plain("🚀".repeat(count)) }))]
    assert.strictEqual(messageProblems(blocks).length === 0, count <= 75)
  })
})

describe("views that Slack refuses", () => {
  const modal = { blocks: [section()], title: plain("Title"), type: "modal" }
  const cases: ReadonlyArray<readonly [string, object, ReadonlyArray<string>]> = [
    ["a long title", { ...modal, title: plain(long(25)) }, [
      "failed to match all allowed schemas [json-pointer:/view/title]",
      "must be less than 25 characters [json-pointer:/view/title/text]"
    ]],
    ["no title", { blocks: [], type: "modal" }, ["missing required field: title [json-pointer:/view]"]],
    ["long private metadata", { ...modal, private_metadata: long(3001) }, [
      "must be less than 3001 characters [json-pointer:/view/private_metadata]"
    ]],
    ["a hundred and one blocks", { ...modal, blocks: many(101, () => section()) }, [
      "no more than 100 items allowed [json-pointer:/view/blocks]"
    ]],
    ["input without a submit button", { ...modal, blocks: [input()] }, [
      "missing required field: submit [json-pointer:/view]"
    ]],
    ["a Home tab", { blocks: [], type: "home" }, ["unsupported type: home [json-pointer:/view/type]"]]
  ]
  it.each(cases)("%s", (_, view, problems) => {
    assert.deepStrictEqual(viewProblems(view, "modal"), problems)
  })
})
