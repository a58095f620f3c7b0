/**
 * Block Kit as Slack's own schema has it: what it accepts passes, what it refuses is refused with the schema's words.
 * A problem reads as the service writes it, `must be less than 76 characters [json-pointer:/blocks/0/...]`.
 */
import * as Predicate from "effect/Predicate"
import { arrayAt, at, isJsonObject, type JsonObject, stringAt } from "./SlackJson.ts"

type Check = (value: unknown, pointer: string) => ReadonlyArray<string>

const problem = (message: string, pointer: string) => [`${message} [json-pointer:${pointer}]`]
const characters = (text: string) => [...text].length

const string = (max: number, min = 1): Check => (value, pointer) =>
  !Predicate.isString(value)
    ? problem("must provide a string", pointer)
    : characters(value) > max
    ? problem(`must be less than ${max + 1} characters`, pointer)
    : characters(value) < min
    ? problem(`must be more than ${min - 1} characters`, pointer)
    : []

const oneOf = (...values: ReadonlyArray<string>): Check => (value, pointer) =>
  Predicate.isString(value) && values.includes(value) ? [] : problem("must be a valid enum value", pointer)

const boolean: Check = (value, pointer) => Predicate.isBoolean(value) ? [] : problem("must be a boolean", pointer)

const integer = (min: number, max: number): Check => (value, pointer) =>
  !Predicate.isNumber(value) || !Number.isInteger(value)
    ? problem("must provide an integer", pointer)
    : value < min
    ? problem(`must be greater than ${min}`, pointer)
    : value > max
    ? problem(`must be less than ${max}`, pointer)
    : []

const url: Check = (value, pointer) => {
  const problems = string(3000)(value, pointer)
  return problems.length > 0 || !Predicate.isString(value) || URL.canParse(value)
    ? problems
    : problem("input must be a valid: uri", pointer)
}

const array = (items: Check, max: number, min = 1): Check => (value, pointer) =>
  !Array.isArray(value)
    ? problem("must provide an array", pointer)
    : value.length > max
    ? problem(`no more than ${max} items allowed`, pointer)
    : value.length < min
    ? problem(`must provide at least ${min} items`, pointer)
    : value.flatMap((item, index) => items(item, `${pointer}/${index}`))

interface Fields {
  readonly [name: string]: Check
}

const object = (required: Fields, optional: Fields = {}): Check => (value, pointer) => {
  if (!isJsonObject(value)) return problem("must provide an object", pointer)
  const known: Fields = { ...optional, ...required }
  return [
    ...Object.keys(required).filter((name) => value[name] === undefined).flatMap((name) =>
      problem(`missing required field: ${name}`, pointer)
    ),
    ...Object.entries(value).flatMap(([name, field]) =>
      known[name] === undefined
        ? problem(`invalid additional property: ${name}`, pointer)
        : field === undefined
        ? []
        : known[name](field, `${pointer}/${name}`)
    )
  ]
}

/** An object told apart by its `type`. */
const variant = (variants: Fields): Check => (value, pointer) => {
  if (!isJsonObject(value)) return problem("must provide an object", pointer)
  const type = value["type"]
  if (type === undefined) return problem("missing required field: type", pointer)
  const check = variants[String(type)]
  return check === undefined ? problem(`unsupported type: ${String(type)}`, `${pointer}/type`) : check(value, pointer)
}

const type: Check = () => []
const actionId = { action_id: string(255) }
const blockId = { block_id: string(255) }

const plainText = (max: number) => object({ text: string(max), type }, { emoji: boolean })
const markdownText = (max: number) => object({ text: string(max), type }, { verbatim: boolean })
const schemas = (check: Check): Check => (value, pointer) => {
  const problems = check(value, pointer)
  return problems.length === 0 ? [] : [...problem("failed to match all allowed schemas", pointer), ...problems]
}
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
