/** The methods of Slack's Web API about messages and their reactions. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { blocksTooLong, messageProblems } from "./SlackBlocks.ts"
import { messageChanged, messageDeleted, messagePosted, reactionChanged } from "./SlackEvents.ts"
import { arrayAt, flagAt, isJsonObject, type JsonObject, stringAt } from "./SlackJson.ts"
import {
  channelArgument,
  done,
  isOurs,
  keptBlocks,
  messageArgument,
  type Method,
  type Refusal,
  refuse,
  require,
  required,
  threadArgument,
  writableChannel
} from "./SlackMethod.ts"
import { botUserId, newMessage, nextTs, putMessage, type SlackMessage } from "./SlackState.ts"
import { messageWire } from "./SlackWire.ts"

interface Content {
  readonly text: string
  readonly blocks: ReadonlyArray<unknown>
  readonly attachments: ReadonlyArray<unknown>
}

const blocksArgument = (args: JsonObject): Either.Either<ReadonlyArray<unknown>, Refusal> =>
  Either.gen(function*() {
    const blocks = args["blocks"]
    if (blocks === undefined || blocks === "") return []
    if (!Array.isArray(blocks)) return yield* refuse("invalid_blocks_format")
    const problems = messageProblems(blocks)
    yield* require(problems.length === 0, "invalid_blocks", problems)
    yield* require(!blocksTooLong(blocks), "msg_blocks_too_long")
    return blocks
  })

/** What a message says. The text of a post may have 40 000 characters, that of an update 4 000. */
const contentArgument = (args: JsonObject, maxText: number): Either.Either<Content, Refusal> =>
  Either.gen(function*() {
    const markdown = stringAt(args, "markdown_text") ?? ""
    const text = args["text"] ?? markdown
    if (!Predicate.isString(text)) return yield* refuse("invalid_arguments", ["must provide a string"])
    yield* require([...text].length <= maxText && [...markdown].length <= 12_000, "msg_too_long")
    const blocks = yield* blocksArgument(args)
    const alone = args["text"] === undefined && blocks.length === 0
    yield* require(markdown === "" || alone, "markdown_text_conflict")
    const attachments = arrayAt(args, "attachments")
    yield* require(attachments.length <= 100, "too_many_attachments")
    const nested = attachments.flatMap((attachment) => messageProblems(arrayAt(attachment, "blocks")))
    yield* require(nested.length === 0, "invalid_attachments", nested)
    yield* require(text !== "" || blocks.length > 0 || attachments.length > 0, "no_text")
    return { attachments, blocks, text }
  })

/** Metadata: an event type and a flat-enough payload, 16 000 characters at most; an empty object is none. */
const metadataArgument = (args: JsonObject): Either.Either<JsonObject | undefined, Refusal> =>
  Either.gen(function*() {
    const metadata = args["metadata"]
    if (metadata === undefined || metadata === "") return undefined
    if (!isJsonObject(metadata)) return yield* refuse("invalid_metadata_format")
    if (Object.keys(metadata).length === 0) return undefined
    yield* require(
      (stringAt(metadata, "event_type") ?? "") !== "" && isJsonObject(metadata["event_payload"]),
      "invalid_metadata_format"
    )
    const foreign = Object.keys(metadata).filter((name) => name !== "event_type" && name !== "event_payload")
    yield* require(foreign.length === 0, "invalid_metadata_format")
    yield* require(JSON.stringify(metadata).length <= 16_000, "metadata_too_large")
    return metadata
  })

const postMessage: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* writableChannel(state, call.args)
    const content = yield* contentArgument(call.args, 40_000)
    const metadata = yield* metadataArgument(call.args)
    const threadTs = yield* threadArgument(state, channel, call.args)
    const [ts, next] = nextTs(state, call.now)
    const message = newMessage({
      ...content,
      blocks: keptBlocks(content.blocks, ts),
      broadcast: threadTs !== undefined && flagAt(call.args, "reply_broadcast"),
      channel: channel.id,
      metadata,
      threadTs,
      ts,
      user: botUserId
    })
    const after = { ...next, messages: [...next.messages, message] }
    return done(after, { channel: channel.id, message: messageWire(after, message, true), ts }, [
      messagePosted(after, message)
    ])
  })

const update: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* channelArgument(state, call.args)
    const message = yield* messageArgument(state, channel, call.args, "ts")
    yield* require(isOurs(message), "cant_update_message")
    const content = yield* contentArgument(call.args, 4000)
    const metadata = yield* metadataArgument(call.args)
    // Without blocks and with a text the blocks go; metadata that is not named stays.
    const keepsBlocks = call.args["blocks"] === undefined && content.text === ""
    const [changeTs, next] = nextTs(state, call.now)
    const after: SlackMessage = {
      ...message,
      ...content,
      blocks: keepsBlocks ? message.blocks : keptBlocks(content.blocks, changeTs),
      edits: [...message.edits, { blocks: message.blocks, text: message.text, until: call.now }],
      metadata: call.args["metadata"] === undefined ? message.metadata : metadata,
      text: content.text
    }
    const changed = putMessage(next, after)
    const body = {
      channel: channel.id,
      message: messageWire(changed, after, true),
      text: after.text,
      ts: message.ts
    }
    return done(changed, body, [messageChanged(changed, after, messageWire(state, message, false), changeTs)])
  })

const remove: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* channelArgument(state, call.args)
    const message = yield* messageArgument(state, channel, call.args, "ts")
    yield* require(isOurs(message), "cant_delete_message")
    const [changeTs, next] = nextTs(state, call.now)
    return done(putMessage(next, { ...message, deleted: true }), { channel: channel.id, ts: message.ts }, [
      messageDeleted(state, message, changeTs)
    ])
  })

const postEphemeral: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* writableChannel(state, call.args)
    const user = yield* required(call.args, "user")
    yield* require(
      state.users.some((each) => each.id === user) && (channel.members?.includes(user) ?? true),
      "user_not_in_channel"
    )
    const { blocks, text } = yield* contentArgument(call.args, 40_000)
    const threadTs = yield* threadArgument(state, channel, call.args)
    const [ts, next] = nextTs(state, call.now)
    const ephemeral = { blocks: keptBlocks(blocks, ts), channel: channel.id, text, threadTs, ts, user }
    return done({ ...next, ephemerals: [...next.ephemerals, ephemeral] }, { message_ts: ts })
  })

const getPermalink: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* channelArgument(state, call.args)
    const message = yield* messageArgument(state, channel, call.args, "message_ts")
    const thread = message.threadTs === undefined ? "" : `?thread_ts=${message.threadTs}&cid=${channel.id}`
    return done(state, {
      channel: channel.id,
      permalink: `https://opentl.slack.com/archives/${channel.id}/p${message.ts.replace(".", "")}${thread}`
    })
  })

/** An emoji's name: no colons round it. */
const emojiArgument = (args: JsonObject) =>
  Either.flatMap(
    required(args, "name"),
    (name) => /^[a-z0-9_+'-]+$/.test(name) ? Either.right(name) : refuse("invalid_name")
  )

const reactionsAdd: Method = (state, call) =>
  Either.gen(function*() {
    const name = yield* emojiArgument(call.args)
    const channel = yield* channelArgument(state, call.args)
    const message = yield* messageArgument(state, channel, call.args, "timestamp")
    const next = withReaction(message, name, botUserId)
    if (next === undefined) return yield* refuse("already_reacted")
    const [eventTs, after] = nextTs(state, call.now)
    return done(putMessage(after, next), {}, [reactionChanged("reaction_added", message, name, botUserId, eventTs)])
  })

const reactionsRemove: Method = (state, call) =>
  Either.gen(function*() {
    const name = yield* emojiArgument(call.args)
    const channel = yield* channelArgument(state, call.args)
    const message = yield* messageArgument(state, channel, call.args, "timestamp")
    const next = withoutReaction(message, name, botUserId)
    if (next === undefined) return yield* refuse("no_reaction")
    const [eventTs, after] = nextTs(state, call.now)
    return done(putMessage(after, next), {}, [reactionChanged("reaction_removed", message, name, botUserId, eventTs)])
  })

const reactionsGet: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* channelArgument(state, call.args)
    const message = yield* messageArgument(state, channel, call.args, "timestamp")
    return done(state, { channel: channel.id, message: messageWire(state, message, false), type: "message" })
  })

/** The message with one user's reaction more; undefined when it has that one already. */
export const withReaction = (message: SlackMessage, name: string, user: string): SlackMessage | undefined => {
  const found = message.reactions.find((each) => each.name === name)
  if (found?.users.includes(user) === true) return undefined
  const rest = message.reactions.filter((each) => each.name !== name)
  return { ...message, reactions: [...rest, { name, users: [...(found?.users ?? []), user] }] }
}

/** The message with one user's reaction less; undefined when it has no such one. */
export const withoutReaction = (message: SlackMessage, name: string, user: string): SlackMessage | undefined =>
  message.reactions.some((each) => each.name === name && each.users.includes(user))
    ? {
      ...message,
      reactions: message.reactions
        .map((each) => each.name === name ? { name, users: each.users.filter((other) => other !== user) } : each)
        .filter((each) => each.users.length > 0)
    }
    : undefined

export const chatMethods: Readonly<Record<string, Method>> = {
  "chat.delete": remove,
  "chat.getPermalink": getPermalink,
  "chat.postEphemeral": postEphemeral,
  "chat.postMessage": postMessage,
  "chat.update": update,
  "reactions.add": reactionsAdd,
  "reactions.get": reactionsGet,
  "reactions.remove": reactionsRemove
}
