/** What every method of the Slack Web API stand-in is made of: its arguments, its answer, and its refusals. */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { elementsOf } from "./SlackBlocks.ts"
import { arrayAt, isJsonObject, type JsonObject, stringAt } from "./SlackJson.ts"
import { botUserId, findMessage, type SlackChannel, type SlackMessage, type SlackState } from "./SlackState.ts"

export interface Call {
  readonly args: JsonObject
  /** Milliseconds. */
  readonly now: number
  /** Where this stand-in is reached, without a slash at the end. */
  readonly origin: string
}

export interface Done {
  readonly body: JsonObject
  readonly state: SlackState
  /** What the Events API tells the app because of it. */
  readonly events: ReadonlyArray<JsonObject>
}

/** An answer with `ok: false`. */
export class Refusal extends Data.TaggedClass("Refusal")<{
  readonly error: string
  /** The details, as Slack's validation writes them. */
  readonly messages: ReadonlyArray<string>
}> {}

/** A method: pure, from the workspace and a call to the answer and the workspace after it. */
export type Method = (state: SlackState, call: Call) => Either.Either<Done, Refusal>

export const done = (state: SlackState, body: JsonObject = {}, events: ReadonlyArray<JsonObject> = []): Done => ({
  body,
  events,
  state
})

export const refuse = (error: string, messages: ReadonlyArray<string> = []): Either.Either<never, Refusal> =>
  Either.left(new Refusal({ error, messages }))

/** Refuses unless a condition holds. */
export const require = (
  holds: boolean,
  error: string,
  messages?: ReadonlyArray<string>
): Either.Either<void, Refusal> => holds ? Either.void : refuse(error, messages)

/** A text argument that must be there. */
export const required = (args: JsonObject, name: string): Either.Either<string, Refusal> => {
  const value = stringAt(args, name)
  return value === undefined || value === ""
    ? refuse("invalid_arguments", [`missing required field: ${name}`])
    : Either.right(value)
}

/** The channel that an argument names by its id, by `#name`, or by a user's id for the direct messages with them. */
export const channelArgument = (
  state: SlackState,
  args: JsonObject,
  name = "channel"
): Either.Either<SlackChannel, Refusal> =>
  Either.flatMap(required(args, name), (reference) => {
    const found = state.channels.find((channel) =>
      channel.id === reference || channel.id === `D${reference}` ||
      (channel.kind !== "im" && channel.name === reference.replace(/^#/, ""))
    )
    return found === undefined ? refuse("channel_not_found") : Either.right(found)
  })

/** A channel that the bot may write to. */
export const writableChannel = (
  state: SlackState,
  args: JsonObject,
  name?: string
): Either.Either<SlackChannel, Refusal> =>
  channelArgument(state, args, name).pipe(
    Either.filterOrLeft((channel) => !channel.archived, () => new Refusal({ error: "is_archived", messages: [] })),
    Either.filterOrLeft((channel) => channel.joined, () => new Refusal({ error: "not_in_channel", messages: [] }))
  )

/** A message by channel and timestamp. */
export const messageArgument = (
  state: SlackState,
  channel: SlackChannel,
  args: JsonObject,
  name: string
): Either.Either<SlackMessage, Refusal> =>
  Either.flatMap(required(args, name), (ts) => {
    const found = findMessage(state, channel.id, ts)
    return found === undefined ? refuse("message_not_found") : Either.right(found)
  })

/** The thread that a post goes to; a reply must name the thread's first message, not another reply. */
export const threadArgument = (
  state: SlackState,
  channel: SlackChannel,
  args: JsonObject
): Either.Either<string | undefined, Refusal> => {
  const ts = args["thread_ts"]
  if (ts === undefined || ts === "") return Either.right(undefined)
  if (typeof ts !== "string" || !/^\d{10}\.\d{6}$/.test(ts)) {
    return refuse("invalid_thread_ts", [`${String(ts)} is not a valid thread_ts`])
  }
  const parent = findMessage(state, channel.id, ts)
  return parent === undefined
    ? refuse("thread_not_found")
    : parent.threadTs !== undefined && parent.threadTs !== parent.ts
    ? refuse("cannot_reply_to_message")
    : Either.right(ts)
}

/** Blocks as they are kept: the ids that the app left out are filled in, as the service does. */
export const keptBlocks = (blocks: ReadonlyArray<unknown>, prefix: string): ReadonlyArray<unknown> =>
  blocks.map((block, index) => {
    if (!isJsonObject(block)) return block
    const named = (element: unknown, place: number): unknown =>
      isJsonObject(element) && elementsOf(block).includes(element) &&
        stringAt(element, "type") !== "image" && stringAt(block, "type") !== "context" &&
        stringAt(block, "type") !== "rich_text"
        ? { action_id: `${prefix}a${index}.${place}`, ...element }
        : element
    return {
      block_id: `${prefix}b${index}`,
      ...block,
      ...(block["elements"] === undefined ? {} : { elements: arrayAt(block, "elements").map(named) }),
      ...(block["accessory"] === undefined ? {} : { accessory: named(block["accessory"], 0) }),
      ...(block["element"] === undefined ? {} : { element: named(block["element"], 0) })
    }
  })

/** Whether a message was posted by the app itself. */
export const isOurs = (message: SlackMessage): boolean => message.user === botUserId
