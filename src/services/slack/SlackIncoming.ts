/** The events from the socket that the bot handles. All others are acknowledged and ignored. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const text = Schema.optionalWith(Schema.String, { default: () => "", nullable: true })
const maybe = Schema.optional(Schema.String)

const Said = {
  channel: Schema.String,
  ts: Schema.String,
  user: maybe,
  text,
  /** The message from Slack's editor, as rich text. */
  blocks: Schema.optional(Schema.Unknown),
  thread_ts: maybe,
  /** Set for messages from an app or a bot. */
  bot_id: maybe,
  subtype: maybe
}
export const MessageEvent = Schema.Struct({ type: Schema.Literal("message"), channel_type: maybe, ...Said })
export type MessageEvent = typeof MessageEvent.Type
export const MentionEvent = Schema.Struct({ type: Schema.Literal("app_mention"), ...Said })
export type MentionEvent = typeof MentionEvent.Type
export const ReactionEvent = Schema.Struct({
  type: Schema.Literal("reaction_added"),
  reaction: Schema.String,
  user: Schema.String,
  item: Schema.Struct({ channel: Schema.String, ts: Schema.String })
})
export const HomeEvent = Schema.Struct({
  type: Schema.Literal("app_home_opened"),
  user: Schema.String,
  tab: Schema.String
})
const EventsApi = Schema.Struct({
  event: Schema.Union(MessageEvent, MentionEvent, ReactionEvent, HomeEvent)
})

export const SlashCommand = Schema.Struct({
  command: Schema.String,
  channel_id: Schema.String,
  user_id: Schema.String,
  text,
  trigger_id: Schema.String,
  thread_ts: maybe,
  /** Accepts replies for half an hour. */
  response_url: maybe
})
export type SlashCommand = typeof SlashCommand.Type

export const ButtonPressed = Schema.Struct({
  type: Schema.Literal("block_actions"),
  user: Schema.Struct({ id: Schema.String }),
  trigger_id: Schema.String,
  container: Schema.Struct({ channel_id: maybe, message_ts: maybe, thread_ts: maybe }),
  actions: Schema.Array(Schema.Struct({ action_id: Schema.String, value: maybe }))
})
export type ButtonPressed = typeof ButtonPressed.Type

export const FormSubmitted = Schema.Struct({
  type: Schema.Literal("view_submission"),
  user: Schema.Struct({ id: Schema.String }),
  view: Schema.Struct({
    callback_id: Schema.String,
    private_metadata: Schema.String,
    state: Schema.Struct({
      values: Schema.Record({
        key: Schema.String,
        value: Schema.Record({
          key: Schema.String,
          value: Schema.Struct({ value: Schema.optional(Schema.NullOr(Schema.String)) })
        })
      })
    })
  })
})
export type FormSubmitted = typeof FormSubmitted.Type

export type SlackEvent =
  | typeof EventsApi.Type["event"]
  | (SlashCommand & { readonly type: "slash_command" })
  | ButtonPressed
  | FormSubmitted

const Interactive = Schema.Union(ButtonPressed, FormSubmitted)

/** Decodes an envelope's payload by the envelope's type; none if the bot does not handle it. */
export const read = (type: string, body: unknown): Option.Option<SlackEvent> => {
  switch (type) {
    case "events_api":
      return Option.map(Schema.decodeUnknownOption(EventsApi)(body), ({ event }) => event)
    case "slash_commands":
      return Option.map(
        Schema.decodeUnknownOption(SlashCommand)(body),
        (command): SlackEvent => ({ type: "slash_command", ...command })
      )
    case "interactive":
      return Schema.decodeUnknownOption(Interactive)(body)
    default:
      return Option.none()
  }
}
