/** The parts of the Web API's responses that are read. */
import * as Schema from "effect/Schema"
import { Message } from "./SlackClient.ts"

const maybe = Schema.optional(Schema.NullOr(Schema.String))

export const Messages = Schema.Struct({
  messages: Schema.Array(Message),
  response_metadata: Schema.optional(Schema.Struct({ next_cursor: Schema.optional(Schema.String) }))
})

export const Posted = Schema.Struct({ ts: Schema.String })

export const Person = Schema.Struct({
  user: Schema.Struct({
    name: Schema.String,
    team_id: maybe,
    enterprise_user: Schema.optional(Schema.NullOr(Schema.Struct({ enterprise_id: maybe }))),
    profile: Schema.optional(Schema.Struct({ display_name: Schema.optional(Schema.String) }))
  })
})

export const Channel = Schema.Struct({
  channel: Schema.Struct({
    name: maybe,
    is_member: Schema.optional(Schema.Boolean),
    is_im: Schema.optional(Schema.Boolean)
  })
})
