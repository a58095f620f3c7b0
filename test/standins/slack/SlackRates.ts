/** The rate limits that Slack documents, and the scopes that its methods ask for. */
import type { RateRule } from "./SlackFaults.ts"
import { type JsonObject, stringAt } from "./SlackJson.ts"

/** Requests a minute, for the whole app. */
const tiers: Readonly<Record<string, number>> = {
  "apps.connections.open": 50,
  "bots.info": 50,
  "chat.delete": 50,
  "chat.postEphemeral": 100,
  "chat.update": 50,
  "conversations.history": 50,
  "conversations.info": 50,
  "conversations.open": 50,
  "conversations.replies": 50,
  "files.completeUploadExternal": 100,
  "files.getUploadURLExternal": 100,
  "reactions.add": 50,
  "reactions.get": 50,
  "reactions.remove": 20,
  "users.info": 100,
  "views.open": 100,
  "views.publish": 100,
  "views.update": 100
}

/**
 * The limits that a call counts against. A post: one a second for a channel, with bursts of five, and three hundred a
 * minute for the workspace ("several hundred"). Any other method: its tier, as a bucket that holds one minute's worth.
 */
export const rateRules = (method: string, args: JsonObject): ReadonlyArray<RateRule> => {
  if (method === "chat.postMessage") {
    return [
      { burst: 5, key: stringAt(args, "channel") ?? "", name: "chat.postMessage to a channel", perSecond: 1 },
      { burst: 300, key: "workspace", name: "chat.postMessage", perSecond: 5 }
    ]
  }
  const perMinute = tiers[method]
  return perMinute === undefined
    ? []
    : [{ burst: perMinute, key: "workspace", name: method, perSecond: perMinute / 60 }]
}

const scopes: Readonly<Record<string, string>> = {
  "bots.info": "users:read",
  "chat.delete": "chat:write",
  "chat.postEphemeral": "chat:write",
  "chat.postMessage": "chat:write",
  "chat.update": "chat:write",
  "conversations.history": "history",
  "conversations.info": "read",
  "conversations.open": "im:write",
  "conversations.replies": "history",
  "files.completeUploadExternal": "files:write",
  "files.getUploadURLExternal": "files:write",
  "reactions.add": "reactions:write",
  "reactions.get": "reactions:read",
  "reactions.remove": "reactions:write",
  "users.info": "users:read"
}

/** The scope that a call needs; for a conversation it depends on its kind, told by the first letter of its id. */
export const scopeFor = (method: string, args: JsonObject): string | undefined => {
  const scope = scopes[method]
  if (scope !== "history" && scope !== "read") return scope
  const channel = stringAt(args, "channel") ?? ""
  const kind = channel.startsWith("D") ? "im" : channel.startsWith("G") ? "groups" : "channels"
  return `${kind}:${scope}`
}
