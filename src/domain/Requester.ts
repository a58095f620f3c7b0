/** Who requested something, and where: recorded on every session, message, approval and stop, and in the commit. */
import * as Schema from "effect/Schema"

export const Requester = Schema.Struct({
  /** The API token's name, the chat user's name, or the operating system's user for the CLI. */
  name: Schema.NonEmptyString,
  via: Schema.Literal("http", "cli", "slack", "telegram", "github", "library")
})
export type Requester = typeof Requester.Type

export const show = (requester: Requester): string => `${requester.name} (${requester.via})`
