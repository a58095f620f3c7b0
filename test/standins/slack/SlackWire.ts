/** What the workspace keeps, as the service writes it. */
import * as Arr from "effect/Array"
import { compact, type JsonObject } from "./SlackJson.ts"
import {
  appId,
  botId,
  botUserId,
  messagesIn,
  type SlackMessage,
  type SlackState,
  type SlackView,
  teamId
} from "./SlackState.ts"

/** A message as the service writes it; metadata only where it was asked for. */
export const messageWire = (state: SlackState, message: SlackMessage, withMetadata: boolean): JsonObject => {
  const replies = messagesIn(state, message.channel).filter((each) =>
    each.threadTs === message.ts && each.ts !== message.ts
  )
  const fromBot = message.user === botUserId
  return compact({
    app_id: fromBot ? appId : undefined,
    attachments: message.attachments.length > 0 ? message.attachments : undefined,
    blocks: message.blocks.length > 0 ? message.blocks : undefined,
    bot_id: fromBot ? botId : undefined,
    edited: message.edits.length > 0 && message.blocks.length === 0
      ? { ts: message.ts, user: message.user }
      : undefined,
    files: message.files.length > 0 ? message.files.flatMap((id) => fileWire(state, id)) : undefined,
    latest_reply: Arr.last(replies).pipe((last) => last._tag === "Some" ? last.value.ts : undefined),
    metadata: withMetadata ? message.metadata : undefined,
    reactions: message.reactions.length > 0
      ? message.reactions.map((each) => ({ count: each.users.length, name: each.name, users: each.users }))
      : undefined,
    reply_count: replies.length > 0 ? replies.length : undefined,
    subtype: message.broadcast ? "thread_broadcast" : message.files.length > 0 && !fromBot ? "file_share" : undefined,
    team: teamId,
    text: message.text,
    thread_ts: message.threadTs ?? (replies.length > 0 ? message.ts : undefined),
    ts: message.ts,
    type: "message",
    user: message.user
  })
}

/** A file as the service writes it, without its content. */
export const fileWire = (state: SlackState, id: string): ReadonlyArray<JsonObject> =>
  state.files.filter((file) => file.id === id).map((file) => ({
    id: file.id,
    name: file.name,
    size: file.length,
    title: file.title,
    user: botUserId
  }))

/** A view as the service writes it. */
export const viewWire = (view: SlackView, values: JsonObject = {}): JsonObject => ({
  app_id: appId,
  app_installed_team_id: teamId,
  bot_id: botId,
  callback_id: "",
  clear_on_close: false,
  close: null,
  external_id: "",
  notify_on_close: false,
  previous_view_id: null,
  private_metadata: "",
  submit: null,
  ...view.view,
  hash: view.hash,
  id: view.id,
  root_view_id: view.id,
  state: { values },
  team_id: teamId,
  type: view.kind
})
