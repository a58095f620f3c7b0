/**
 * Block Kit as Slack's own schema has it: what it accepts passes, what it refuses is refused with the schema's words.
 * A problem reads as the service writes it, `must be less than 76 characters [json-pointer:/blocks/0/...]`.
 */
import * as Predicate from "effect/Predicate"
import { arrayAt, at, isJsonObject, type JsonObject, stringAt } from "./SlackJson.ts"
import {
  array,
  boolean,
  characters,
  type Check,
  type Fields,
  integer,
  object,
  oneOf,
  problem,
  schemas,
  string,
  type,
  url,
  variant
} from "./SlackSchema.ts"

const actionId = { action_id: string(255) }
const blockId = { block_id: string(255) }

const plainText = (max: number) => object({ text: string(max), type }, { emoji: boolean })
const markdownText = (max: number) => object({ text: string(max), type }, { verbatim: boolean })
const plain = (max: number) => schemas(variant({ plain_text: plainText(max) }))
const text = (max: number) => schemas(variant({ mrkdwn: markdownText(max), plain_text: plainText(max) }))

const confirm = object({ text: text(300), title: plain(100) }, {
  confirm: plain(30),
  deny: plain(30),
  style: oneOf("primary", "danger")
})
const option = object({ text: text(75), value: string(150) }, { description: text(75), url })
const group = object({ label: plain(75), options: array(option, 100) })
const focus = { focus_on_load: boolean }
const choices = { ...actionId, ...focus, confirm }
const select = { ...choices, placeholder: plain(150) }
const listed = { option_groups: array(group, 100), options: array(option, 100) }

const image = object({ alt_text: string(2000), image_url: url, type })
const button = object({ text: plain(75), type }, {
  ...actionId,
  accessibility_label: string(75),
  confirm,
  style: oneOf("primary", "danger"),
  url,
  value: string(2000, 0)
})
const plainTextInput = object({ type }, {
  ...actionId,
  ...focus,
  dispatch_action_config: object({}, {
    trigger_actions_on: array(oneOf("on_enter_pressed", "on_character_entered"), 2)
  }),
  initial_value: string(3000, 0),
  max_length: integer(1, 3000),
  min_length: integer(0, 3000),
  multiline: boolean,
  placeholder: plain(150)
})
const selects: Fields = {
  channels_select: object({ type }, { ...select, initial_channel: string(255), response_url_enabled: boolean }),
  checkboxes: object({ options: array(option, 10), type }, { ...choices, initial_options: array(option, 10) }),
  conversations_select: object({ type }, { ...select, default_to_current_conversation: boolean }),
  datepicker: object({ type }, { ...select, initial_date: string(10) }),
  multi_static_select: object({ type }, {
    ...select,
    ...listed,
    initial_options: array(option, 100),
    max_selected_items: integer(1, 100)
  }),
  radio_buttons: object({ options: array(option, 10), type }, { ...choices, initial_option: option }),
  static_select: object({ type }, { ...select, ...listed, initial_option: option }),
  users_select: object({ type }, { ...select, initial_user: string(255) })
}
const interactive: Fields = {
  ...selects,
  button,
  overflow: object({ options: array(option, 5), type }, { ...actionId, confirm })
}
const richText = variant({
  rich_text_list: object({ elements: array(type, 1000, 0), style: oneOf("bullet", "ordered"), type }, {
    border: integer(0, 1),
    indent: integer(0, 8),
    offset: integer(0, 1000)
  }),
  rich_text_preformatted: object({ elements: array(type, 1000, 0), type }, {
    border: integer(0, 1),
    language: string(50)
  }),
  rich_text_quote: object({ elements: array(type, 1000, 0), type }, { border: integer(0, 1) }),
  rich_text_section: object({ elements: array(type, 1000, 0), type })
})

const section: Check = (value, pointer) => [
  ...object({ type }, {
    ...blockId,
    accessory: variant({ ...interactive, image }),
    expand: boolean,
    fields: array(text(2000), 10),
    text: text(3000)
  })(value, pointer),
  ...(at(value, "text") === undefined && at(value, "fields") === undefined
    ? problem("missing required field: text", pointer)
    : [])
]

const common: Fields = {
  actions: object({ elements: array(variant(interactive), 25), type }, blockId),
  context: object({
    elements: array(variant({ image, mrkdwn: markdownText(2000), plain_text: plainText(2000) }), 10),
    type
  }, blockId),
  divider: object({ type }, blockId),
  header: object({ text: plain(150), type }, blockId),
  image: object({ alt_text: string(2000), image_url: url, type }, { ...blockId, title: plain(2000) }),
  input: object({ element: variant({ ...selects, plain_text_input: plainTextInput }), label: plain(2000), type }, {
    ...blockId,
    dispatch_action: boolean,
    hint: plain(2000),
    optional: boolean
  }),
  rich_text: object({ elements: array(richText, 100, 0), type }, blockId),
  section
}
const inMessages: Fields = { ...common, markdown: object({ text: string(12_000), type }, blockId) }

/** The interactive elements of a block, wherever the block keeps them. */
export const elementsOf = (block: unknown): ReadonlyArray<JsonObject> =>
  [...arrayAt(block, "elements"), at(block, "accessory"), at(block, "element")].filter(isJsonObject)

const repeated = (ids: ReadonlyArray<string | undefined>) =>
  ids.flatMap((id, index) => id !== undefined && ids.indexOf(id) < index ? [{ id, index }] : [])

/** Ids must be unique: a block's in its message or view, an action's in its block. */
const duplicates = (blocks: ReadonlyArray<unknown>, pointer: string) => [
  ...repeated(blocks.map((block) => stringAt(block, "block_id"))).flatMap(({ id, index }) =>
    problem(`\`block_id\` already exists: ${id}`, `${pointer}/${index}/block_id`)
  ),
  ...blocks.flatMap((block, index) =>
    repeated(elementsOf(block).map((element) => stringAt(element, "action_id"))).flatMap(({ id }) =>
      problem(`\`action_id\` already exists: ${id}`, `${pointer}/${index}`)
    )
  )
]

const blocksOf = (fields: Fields, max: number): Check => (value, pointer) => {
  const problems = array(variant(fields), max, 0)(value, pointer)
  return problems.length === 0 && Array.isArray(value) ? duplicates(value, pointer) : problems
}

/** What is wrong with the blocks of a message; nothing when they may be posted. */
export const messageProblems = (blocks: unknown): ReadonlyArray<string> => blocksOf(inMessages, 50)(blocks, "/blocks")

const viewFields = {
  blocks: blocksOf(common, 100),
  callback_id: string(255, 0),
  external_id: string(255, 0),
  private_metadata: string(3000, 0)
}
const modal = object({ blocks: viewFields.blocks, title: plain(24), type }, {
  ...viewFields,
  clear_on_close: boolean,
  close: plain(24),
  notify_on_close: boolean,
  submit: plain(24),
  submit_disabled: boolean
})
const home = object({ blocks: viewFields.blocks, type }, viewFields)

/** What is wrong with a view of a kind; a modal that asks for input must have a submit button. */
export const viewProblems = (view: unknown, kind: "modal" | "home"): ReadonlyArray<string> => [
  ...variant(kind === "modal" ? { modal } : { home })(view, "/view"),
  ...(kind === "modal" && at(view, "submit") === undefined &&
      arrayAt(view, "blocks").some((block) => stringAt(block, "type") === "input")
    ? problem("missing required field: submit", "/view")
    : [])
]

const textLength = (value: unknown): number =>
  Array.isArray(value)
    ? value.reduce((sum: number, item) => sum + textLength(item), 0)
    : !isJsonObject(value)
    ? 0
    : Object.entries(value).reduce(
      (sum, [name, field]) =>
        sum + (name === "text" && Predicate.isString(field) ? characters(field) : textLength(field)),
      0
    )

/** Whether the texts of a message's blocks together are more than Slack posts (`msg_blocks_too_long`). */
export const blocksTooLong = (blocks: unknown): boolean => textLength(blocks) > 12_000
