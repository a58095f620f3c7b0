/** What people do to an app in Slack, as the payloads it gets: commands, buttons and submissions, and their answers. */
import * as Predicate from "effect/Predicate"
import { messageProblems } from "./SlackBlocks.ts"
import { arrayAt, at, flagAt, isJsonObject, type JsonObject, stringAt } from "./SlackJson.ts"
import { keptBlocks } from "./SlackMethod.ts"
import {
  appId,
  botUserId,
  findMessage,
  newMessage,
  nextId,
  nextTs,
  putMessage,
  type SlackEphemeral,
  type SlackMessage,
  type SlackState,
  type SlackView,
  teamId
} from "./SlackState.ts"
import { messageWire, viewWire } from "./SlackWire.ts"

const hookLife = 30 * 60 * 1000

const team = { domain: "opentl", id: teamId }

const userWire = (state: SlackState, id: string): JsonObject => {
  const name = state.users.find((user) => user.id === id)?.name ?? id
  return { id, name, team_id: teamId, username: name }
}

const channelName = (state: SlackState, id: string) => state.channels.find((each) => each.id === id)?.name ?? id

/** A trigger and a response URL's id for what a user did, and the state that knows them. */
const issued = (state: SlackState, user: string, channel: string, messageTs: string | undefined, now: number) => {
  const [trigger, first] = nextId(state, "1337.42.")
  const [hook, second] = nextId(first, "hook")
  return {
    hook,
    state: {
      ...second,
      hooks: [...second.hooks, { channel, id: hook, issuedAt: now, messageTs, user, uses: 0 }],
      triggers: [...second.triggers, { id: trigger, issuedAt: now, used: false, user }]
    },
    trigger
  }
}

/** Where and by whom something was done. */
export interface Act {
  readonly user: string
  readonly now: number
  readonly origin: string
}

export const slashCommand = (
  state: SlackState,
  act: Act & { readonly channel: string; readonly command: string; readonly text: string }
): readonly [JsonObject, SlackState] => {
  const { hook, state: next, trigger } = issued(state, act.user, act.channel, undefined, act.now)
  return [{
    api_app_id: appId,
    channel_id: act.channel,
    channel_name: channelName(state, act.channel),
    command: act.command,
    is_enterprise_install: "false",
    response_url: `${act.origin}/response/${hook}`,
    team_domain: team.domain,
    team_id: teamId,
    text: act.text,
    trigger_id: trigger,
    user_id: act.user,
    user_name: stringAt(userWire(state, act.user), "name")
  }, next]
}

/** A button or menu that was used, as its block shows it. */
export interface Used {
  readonly block: JsonObject
  readonly element: JsonObject
}

const action = ({ block, element }: Used, ts: string): JsonObject => ({
  ...Object.fromEntries(
    ["action_id", "text", "value", "url", "style", "type"].flatMap((key) =>
      element[key] === undefined ? [] : [[key, element[key]]]
    )
  ),
  action_ts: ts,
  block_id: block["block_id"]
})

/** `block_actions` for a button under a message; an ephemeral message is not shown again in the payload. */
export const messageAction = (
  state: SlackState,
  used: Used,
  target: { readonly message: SlackMessage } | { readonly ephemeral: SlackEphemeral },
  act: Act
): readonly [JsonObject, SlackState] => {
  const shown = "message" in target ? target.message : target.ephemeral
  const { hook, state: next, trigger } = issued(state, act.user, shown.channel, shown.ts, act.now)
  const [ts, after] = nextTs(next, act.now)
  return [{
    actions: [action(used, ts)],
    api_app_id: appId,
    channel: { id: shown.channel, name: channelName(state, shown.channel) },
    container: {
      channel_id: shown.channel,
      is_ephemeral: "ephemeral" in target,
      message_ts: shown.ts,
      type: "message",
      ...(shown.threadTs === undefined ? {} : { thread_ts: shown.threadTs })
    },
    enterprise: null,
    is_enterprise_install: false,
    response_url: `${act.origin}/response/${hook}`,
    state: { values: {} },
    team,
    trigger_id: trigger,
    type: "block_actions",
    user: userWire(state, act.user),
    ...("message" in target ? { message: messageWire(state, target.message, true) } : {})
  }, after]
}

/** `block_actions` for a button in a Home tab or a modal. */
export const viewAction = (
  state: SlackState,
  used: Used,
  view: SlackView,
  act: Act
): readonly [JsonObject, SlackState] => {
  const { state: next, trigger } = issued(state, act.user, "", undefined, act.now)
  const [ts, after] = nextTs(next, act.now)
  return [{
    actions: [action(used, ts)],
    api_app_id: appId,
    container: { type: "view", view_id: view.id },
    enterprise: null,
    is_enterprise_install: false,
    team,
    trigger_id: trigger,
    type: "block_actions",
    user: userWire(state, act.user),
    view: viewWire(view)
  }, after]
}

/** What was typed or chosen, by action id; text for text inputs and the value of an option for the rest. */
const values = (view: SlackView, entered: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(
    arrayAt(view.view, "blocks").filter(isJsonObject).filter((block) => block["type"] === "input").map((block) => {
      const id = stringAt(block, "element", "action_id") ?? ""
      const kind = stringAt(block, "element", "type") ?? ""
      const given = entered[id] ?? stringAt(block, "element", "initial_value") ?? null
      const option = arrayAt(block, "element", "options").find((each) => stringAt(each, "value") === given) ?? null
      const value = kind === "plain_text_input" ? { value: given } : { selected_option: option }
      return [String(block["block_id"]), { [id]: { type: kind, ...value } }]
    })
  )

/** The input blocks of a view that must be filled in and are not; Slack does not send such a submission. */
export const unfilled = (view: SlackView, entered: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  arrayAt(view.view, "blocks").filter((block) => stringAt(block, "type") === "input" && !flagAt(block, "optional"))
    .map((block) => ({ element: at(block, "element"), id: stringAt(block, "element", "action_id") ?? "" }))
    .filter(({ element, id }) => (entered[id] ?? stringAt(element, "initial_value") ?? "") === "")
    .map(({ id }) => id)

export const viewSubmission = (
  state: SlackState,
  view: SlackView,
  entered: Readonly<Record<string, string>>,
  act: Act
): readonly [JsonObject, SlackState] => {
  const { state: next, trigger } = issued(state, act.user, "", undefined, act.now)
  return [{
    api_app_id: appId,
    enterprise: null,
    is_enterprise_install: false,
    response_urls: [],
    team,
    trigger_id: trigger,
    type: "view_submission",
    user: userWire(state, act.user),
    view: viewWire(view, values(view, entered))
  }, next]
}

/** An answer at a response URL, or what is wrong with it. */
export const respond = (
  state: SlackState,
  id: string,
  body: JsonObject,
  now: number
): { readonly state: SlackState; readonly error: string | undefined } => {
  const hook = state.hooks.find((each) => each.id === id)
  if (hook === undefined || hook.uses >= 5 || now - hook.issuedAt > hookLife) return { error: "used_url", state }
  const text = stringAt(body, "text") ?? ""
  const given = arrayAt(body, "blocks")
  const deletes = flagAt(body, "delete_original")
  if (messageProblems(given).length > 0) return { error: "invalid_blocks", state }
  if (text === "" && given.length === 0 && !deletes) return { error: "no_text", state }
  const [ts, next] = nextTs(
    { ...state, hooks: state.hooks.map((each) => each.id === id ? { ...each, uses: each.uses + 1 } : each) },
    now
  )
  const blocks = keptBlocks(given, ts)
  const { channel, messageTs, user } = hook
  const original = messageTs === undefined ? undefined : findMessage(state, channel, messageTs)
  const others = next.ephemerals.filter((each) => each.ts !== messageTs)
  if (deletes || flagAt(body, "replace_original")) {
    const shown = deletes ? [] : next.ephemerals.filter((each) => each.ts === messageTs)
    return {
      error: undefined,
      state: original === undefined
        ? { ...next, ephemerals: [...others, ...shown.map((each) => ({ ...each, blocks, text }))] }
        : putMessage(next, {
          ...original,
          ...(deletes ? { deleted: true } : { blocks, text }),
          edits: [...original.edits, { blocks: original.blocks, text: original.text, until: now }]
        })
    }
  }
  const message = newMessage({ blocks, channel, text, threadTs: original?.threadTs, ts, user: botUserId })
  return {
    error: undefined,
    state: stringAt(body, "response_type") === "in_channel"
      ? { ...next, messages: [...next.messages, message] }
      : { ...next, ephemerals: [...next.ephemerals, { blocks, channel, text, threadTs: original?.threadTs, ts, user }] }
  }
}

/** The element with an action id among blocks; undefined when nobody could press it. */
export const findUsed = (blocks: ReadonlyArray<unknown>, actionId: string): Used | undefined =>
  blocks.filter(isJsonObject).flatMap((block) =>
    [...arrayAt(block, "elements"), block["accessory"]]
      .filter(isJsonObject)
      .filter((element) => element["action_id"] === actionId && Predicate.isString(element["type"]))
      .map((element): Used => ({ block, element }))
  )[0]
