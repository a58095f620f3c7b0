/** The workspace that the Slack stand-in keeps: what is posted, who may see it, and what was asked of the service. */
import type { RateExcess } from "./SlackFaults.ts"
import type { JsonObject } from "./SlackJson.ts"

export const teamId = "T0OPENTL"
export const appId = "A0OPENTL"
export const botId = "B0OPENTL"
export const botUserId = "U0OPENTL"

export interface SlackUser {
  readonly id: string
  readonly name: string
  readonly realName: string
  /** Their workspace, where it is another one: they share a channel. */
  readonly team?: string
}

export interface SlackChannel {
  readonly id: string
  readonly name: string
  readonly kind: "channel" | "group" | "im"
  /** Whether the bot is in it. */
  readonly joined: boolean
  readonly archived: boolean
  /** Who is in it; undefined for everyone. */
  readonly members: ReadonlyArray<string> | undefined
}

/** What a message showed before it was edited. */
export interface SlackEdit {
  readonly text: string
  readonly blocks: ReadonlyArray<unknown>
  /** When this form was replaced, in milliseconds. */
  readonly until: number
}

export interface SlackReaction {
  readonly name: string
  readonly users: ReadonlyArray<string>
}

export interface SlackMessage {
  readonly channel: string
  readonly ts: string
  /** The thread's first message; undefined outside a thread. */
  readonly threadTs: string | undefined
  readonly user: string
  readonly text: string
  readonly blocks: ReadonlyArray<unknown>
  readonly attachments: ReadonlyArray<unknown>
  readonly metadata: JsonObject | undefined
  readonly reactions: ReadonlyArray<SlackReaction>
  readonly files: ReadonlyArray<string>
  readonly broadcast: boolean
  readonly deleted: boolean
  /** The forms it had before, oldest first. */
  readonly edits: ReadonlyArray<SlackEdit>
}

export interface SlackEphemeral {
  readonly channel: string
  readonly user: string
  readonly ts: string
  readonly threadTs: string | undefined
  readonly text: string
  readonly blocks: ReadonlyArray<unknown>
}

export interface SlackFile {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly length: number
  readonly content: Uint8Array | undefined
  /** Where it was shared; undefined until the upload is completed. */
  readonly channel: string | undefined
  readonly threadTs: string | undefined
}

export interface SlackView {
  readonly id: string
  readonly hash: string
  readonly kind: "modal" | "home"
  readonly user: string
  readonly view: JsonObject
  readonly open: boolean
  /** What the app answered to a submission, by block. */
  readonly errors: JsonObject
}

export interface SlackTrigger {
  readonly id: string
  readonly user: string
  readonly issuedAt: number
  readonly used: boolean
}

/** A `response_url`: good for five answers in thirty minutes. */
export interface SlackHook {
  readonly id: string
  readonly user: string
  readonly channel: string
  /** The message whose button was pressed. */
  readonly messageTs: string | undefined
  readonly issuedAt: number
  readonly uses: number
}

/** One request that reached the Web API. */
export interface SlackCall {
  readonly at: number
  readonly method: string
  readonly args: JsonObject
  /** `ok`, the error's name, or `http 429`, `http 500`, `lost request`, `lost response`. */
  readonly outcome: string
}

export interface SlackViolation extends RateExcess {
  readonly at: number
  readonly method: string
}

/** One envelope on one socket. */
export interface SlackDelivery {
  readonly envelopeId: string
  readonly type: "events_api" | "slash_commands" | "interactive"
  /** The event's id; undefined for commands and interactions. */
  readonly eventId: string | undefined
  readonly payload: JsonObject
  /** 0 for the first time, then the retry's number. */
  readonly attempt: number
  readonly connection: number
  readonly sentAt: number
  readonly ackedAt: number | undefined
  /** What the acknowledgement carried. */
  readonly response: unknown
}

export interface SlackState {
  readonly lastTs: number
  readonly sequence: number
  readonly users: ReadonlyArray<SlackUser>
  readonly channels: ReadonlyArray<SlackChannel>
  readonly messages: ReadonlyArray<SlackMessage>
  readonly ephemerals: ReadonlyArray<SlackEphemeral>
  readonly files: ReadonlyArray<SlackFile>
  readonly views: ReadonlyArray<SlackView>
  readonly triggers: ReadonlyArray<SlackTrigger>
  readonly hooks: ReadonlyArray<SlackHook>
  readonly calls: ReadonlyArray<SlackCall>
  readonly violations: ReadonlyArray<SlackViolation>
  readonly deliveries: ReadonlyArray<SlackDelivery>
  /** The Web API's tickets for a socket that were not used yet. */
  readonly tickets: ReadonlyArray<string>
}

/** A message that nobody edited or reacted to yet. */
export const newMessage = (
  fields: Pick<SlackMessage, "channel" | "text" | "ts" | "user"> & Partial<SlackMessage>
): SlackMessage => ({
  attachments: [],
  blocks: [],
  broadcast: false,
  deleted: false,
  edits: [],
  files: [],
  metadata: undefined,
  reactions: [],
  threadTs: undefined,
  ...fields
})

/** The direct message channel of a user with the bot. */
export const imOf = (user: string): string => `D${user}`

export const initialState = (
  users: ReadonlyArray<SlackUser>,
  channels: ReadonlyArray<SlackChannel>
): SlackState => ({
  calls: [],
  channels: [
    ...channels,
    ...users.map((user): SlackChannel => ({
      archived: false,
      id: imOf(user.id),
      joined: true,
      kind: "im",
      members: [user.id],
      name: user.name
    }))
  ],
  deliveries: [],
  ephemerals: [],
  files: [],
  hooks: [],
  lastTs: 1_700_000_000_000_000,
  messages: [],
  sequence: 0,
  tickets: [],
  triggers: [],
  users: [...users, { id: botUserId, name: "opentl", realName: "OpenTL" }],
  views: [],
  violations: []
})

/** A new identifier with a prefix, as in `F00000007`. */
export const nextId = (state: SlackState, prefix: string): readonly [string, SlackState] => {
  const sequence = state.sequence + 1
  return [`${prefix}${String(sequence).padStart(8, "0")}`, { ...state, sequence }]
}

/** A new message timestamp: seconds and microseconds, later than every one before. */
export const nextTs = (state: SlackState, now: number): readonly [string, SlackState] => {
  const lastTs = Math.max(state.lastTs + 1, Math.floor(now * 1000))
  const digits = String(lastTs)
  return [`${digits.slice(0, -6)}.${digits.slice(-6)}`, { ...state, lastTs }]
}

export const findMessage = (state: SlackState, channel: string, ts: string): SlackMessage | undefined =>
  state.messages.find((message) => message.channel === channel && message.ts === ts && !message.deleted)

/** The same state with one message replaced. */
export const putMessage = (state: SlackState, message: SlackMessage): SlackState => ({
  ...state,
  messages: state.messages.map((each) => each.channel === message.channel && each.ts === message.ts ? message : each)
})

/** The messages of a channel that stand, in the order of posting, thread replies among them. */
export const messagesIn = (state: SlackState, channel: string): ReadonlyArray<SlackMessage> =>
  state.messages.filter((message) => message.channel === channel && !message.deleted)

/** A thread's first message and its replies. */
export const threadOf = (state: SlackState, channel: string, ts: string): ReadonlyArray<SlackMessage> =>
  messagesIn(state, channel).filter((message) => message.ts === ts || message.threadTs === ts)
