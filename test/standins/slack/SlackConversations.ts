/** The methods of Slack's Web API that look things up: conversations, people, and the app itself. */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { flagAt, type JsonObject, numberAt, stringAt } from "./SlackJson.ts"
import { channelArgument, done, type Method, type Refusal, refuse, require, required } from "./SlackMethod.ts"
import {
  appId,
  botId,
  botUserId,
  imOf,
  messagesIn,
  nextId,
  type SlackChannel,
  type SlackMessage,
  type SlackState,
  teamId,
  threadOf
} from "./SlackState.ts"
import { messageWire } from "./SlackWire.ts"

/** What the app may do, as `auth.test` says in its headers: the scopes of the documented manifest. */
export const defaultScopes = [
  "app_mentions:read",
  "channels:history",
  "channels:read",
  "chat:write",
  "commands",
  "files:write",
  "groups:history",
  "groups:read",
  "im:history",
  "im:read",
  "im:write",
  "reactions:read",
  "reactions:write",
  "users:read"
]

const authTest: Method = (state) =>
  Either.right(done(state, {
    bot_id: botId,
    is_enterprise_install: false,
    team: "OpenTL",
    team_id: teamId,
    url: "https://opentl.slack.com/",
    user: "opentl",
    user_id: botUserId
  }))

const connectionsOpen: Method = (state, call) => {
  const [ticket, next] = nextId(state, "ticket-")
  return Either.right(done({ ...next, tickets: [...next.tickets, ticket] }, {
    url: `${call.origin.replace(/^http/, "ws")}/link?ticket=${ticket}&app_id=${appId}`
  }))
}

/** The part of a list that `cursor` and `limit` ask for; at most 999 of it. */
const page = (
  all: ReadonlyArray<SlackMessage>,
  args: JsonObject
): Either.Either<{ readonly items: ReadonlyArray<SlackMessage>; readonly next: string }, Refusal> =>
  Either.gen(function*() {
    const cursor = stringAt(args, "cursor") ?? ""
    const start = cursor === "" ? 0 : all.findIndex((each) => cursorOf(each) === cursor)
    yield* require(start >= 0, "invalid_cursor")
    const limit = numberAt(args, "limit") ?? 100
    yield* require(Number.isInteger(limit) && limit > 0 && limit < 1000, "invalid_limit")
    const following = all[start + limit]
    return { items: all.slice(start, start + limit), next: following === undefined ? "" : cursorOf(following) }
  })

const cursorOf = (message: SlackMessage) => Encoding.encodeBase64(`next_ts:${message.ts}`)

const withinTimes = (args: JsonObject) => (message: SlackMessage) => {
  const ts = Number(message.ts)
  const oldest = numberAt(args, "oldest")
  const latest = numberAt(args, "latest")
  const inclusive = flagAt(args, "inclusive")
  return (oldest === undefined || ts > oldest || (inclusive && ts === oldest)) &&
    (latest === undefined || ts < latest || (inclusive && ts === latest))
}

const listing = (state: SlackState, args: JsonObject, all: ReadonlyArray<SlackMessage>) =>
  Either.map(page(all, args), ({ items, next }) =>
    done(state, {
      has_more: next !== "",
      messages: items.map((message) => messageWire(state, message, flagAt(args, "include_all_metadata"))),
      response_metadata: { next_cursor: next }
    }))

/** A conversation that the bot may read; here a missing channel is an unknown one. */
const readableChannel = (state: SlackState, args: JsonObject): Either.Either<SlackChannel, Refusal> =>
  Either.gen(function*() {
    const channel = stringAt(args, "channel") === undefined
      ? yield* refuse("channel_not_found")
      : yield* channelArgument(state, args)
    yield* require(channel.joined, "not_in_channel")
    return channel
  })

const replies: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* readableChannel(state, call.args)
    const ts = stringAt(call.args, "ts") ?? ""
    const thread = threadOf(state, channel.id, ts)
    yield* require(thread.length > 0, "thread_not_found")
    // The first message comes whatever the times asked for.
    const within = withinTimes(call.args)
    return yield* listing(state, call.args, thread.filter((message) => message.ts === ts || within(message)))
  })

const history: Method = (state, call) =>
  Either.gen(function*() {
    const channel = yield* readableChannel(state, call.args)
    const shown = messagesIn(state, channel.id)
      .filter((message) => message.threadTs === undefined || message.threadTs === message.ts || message.broadcast)
      .filter(withinTimes(call.args))
    return yield* listing(state, call.args, [...shown].reverse())
  })

const channelWire = (channel: SlackChannel): JsonObject => ({
  context_team_id: teamId,
  id: channel.id,
  is_archived: channel.archived,
  is_channel: channel.kind === "channel",
  is_group: channel.kind === "group",
  is_im: channel.kind === "im",
  is_member: channel.joined,
  is_private: channel.kind !== "channel",
  ...(channel.kind === "im" ? { user: channel.members?.[0] } : { name: channel.name })
})

const info: Method = (state, call) =>
  Either.map(channelArgument(state, call.args), (channel) => done(state, { channel: channelWire(channel) }))

const open: Method = (state, call) =>
  Either.gen(function*() {
    const named = stringAt(call.args, "channel")
    const users = stringAt(call.args, "users")
    if (named !== undefined) {
      const channel = yield* channelArgument(state, call.args)
      yield* require(channel.kind === "im", "method_not_supported_for_channel_type")
      return done(state, { already_open: true, channel: { id: channel.id }, no_op: true })
    }
    if (users === undefined || users === "") return yield* refuse("users_list_not_supplied")
    yield* require(!users.includes(","), "invalid_user_combination")
    yield* require(users !== botUserId && state.users.some((user) => user.id === users), "user_not_found")
    return done(state, { channel: { id: imOf(users) } })
  })

const usersInfo: Method = (state, call) =>
  Either.gen(function*() {
    const id = yield* required(call.args, "user")
    const user = state.users.find((each) => each.id === id)
    if (user === undefined) return yield* refuse("user_not_found")
    return done(state, {
      user: {
        deleted: false,
        id: user.id,
        is_bot: user.id === botUserId,
        name: user.name,
        profile: { display_name: user.name, real_name: user.realName, team: teamId },
        real_name: user.realName,
        team_id: user.team ?? teamId,
        tz: "Etc/UTC",
        tz_offset: 0
      }
    })
  })

const botsInfo: Method = (state, call) =>
  stringAt(call.args, "bot") === botId
    ? Either.right(done(state, {
      bot: { app_id: appId, deleted: false, id: botId, name: "OpenTL", user_id: botUserId }
    }))
    : refuse("bot_not_found")

export const conversationMethods: Readonly<Record<string, Method>> = {
  "apps.connections.open": connectionsOpen,
  "auth.test": authTest,
  "bots.info": botsInfo,
  "conversations.history": history,
  "conversations.info": info,
  "conversations.open": open,
  "conversations.replies": replies,
  "users.info": usersInfo
}
