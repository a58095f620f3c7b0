/**
 * What was posted for a session's turn: which messages and files, by their ids on the platform. It is stored with each
 * visible effect, so that a restart continues where the last process stopped. Pure.
 *
 * A message is recorded without its id before it is sent, and with it after the platform's acknowledgement. If it has
 * no id, the process was interrupted in between, and it is unknown whether the message arrived.
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"

/** A message or a file. */
export const Message = Schema.Struct({
  /** The platform's id; absent while it is being sent. */
  id: optional(Schema.String),
  /** A fingerprint of its content, if it is edited in place. */
  content: optional(Schema.String),
  /** The part of its content whose change is worth an immediate edit. */
  state: optional(Schema.String),
  /** A person deleted it, so it is no longer edited. */
  isGone: optional(Schema.Boolean)
})
export type Message = typeof Message.Type

/** The turn's n-th proposal, in as many messages as it needs. */
export const Plan = Schema.Struct({
  proposal: Schema.Int,
  parts: Schema.Array(Message),
  /** Whether it still has buttons. */
  isOpen: Schema.Boolean,
  /** Whether it was posted completely, or never will be. */
  isWhole: Schema.Boolean
})
export type Plan = typeof Plan.Type

/** The turn's n-th notice. */
export const Notice = Schema.Struct({
  message: optional(Message),
  /** Whether it still says that the turn waits. */
  isOpen: Schema.Boolean
})
export type Notice = typeof Notice.Type

export const FileKind = Schema.Literal("log", "diff")
export type FileKind = typeof FileKind.Type

export const Posted = Schema.Struct({
  turn: Schema.Int,
  /** The message that starts the thread, if the request left no message. */
  opening: optional(Message),
  status: optional(Message),
  /** The status was posted again, because the first one may not have arrived. */
  isContinued: optional(Schema.Boolean),
  plans: Schema.Array(Plan),
  notices: Schema.optionalWith(Schema.Array(Notice), { default: () => [] }),
  card: Schema.Array(Message),
  log: optional(Message),
  diff: optional(Message),
  /** The bot's reaction on the request. */
  reaction: optional(Schema.String)
})
export type Posted = typeof Posted.Type

/** The state before anything of a turn was posted. What belongs to the request is kept from the previous turn. */
export const begin = (turn: number, before: Posted | undefined): Posted => ({
  turn,
  plans: [],
  notices: [],
  card: [],
  ...(before?.opening === undefined ? {} : { opening: before.opening }),
  ...(before?.reaction === undefined ? {} : { reaction: before.reaction })
})

/** An item that is posted once. */
export type Item = Data.TaggedEnum<{
  Opening: {}
  Status: {}
  Plan: { readonly proposal: number; readonly part: number }
  /** Counted from 0. */
  Notice: { readonly notice: number }
  Card: { readonly part: number }
  File: { readonly kind: FileKind }
}>
export const Item = Data.taggedEnum<Item>()

export const planOf = (posted: Posted, proposal: number): Plan | undefined =>
  posted.plans.find((plan) => plan.proposal === proposal)

/** The message of an item; none while no attempt was made to post it. */
export const messageOf = (posted: Posted, item: Item): Message | undefined =>
  Item.$match(item, {
    Opening: () => posted.opening,
    Status: () => posted.status,
    Plan: ({ part, proposal }) => planOf(posted, proposal)?.parts[part],
    Notice: ({ notice }) => posted.notices[notice]?.message,
    Card: ({ part }) => posted.card[part],
    File: ({ kind }) => posted[kind]
  })

/** Inserts or replaces a plan. */
export const withPlan = (posted: Posted, plan: Plan): Posted => ({
  ...posted,
  plans: [...posted.plans.filter(({ proposal }) => proposal !== plan.proposal), plan]
})

/** Inserts or replaces a notice. They are posted in order. */
export const withNotice = (posted: Posted, index: number, notice: Notice): Posted => ({
  ...posted,
  notices: posted.notices.length > index
    ? posted.notices.map((other, i) => i === index ? notice : other)
    : [...posted.notices, notice]
})

/** Parts are posted in order, so the one at `index` is the last. */
const put = (parts: ReadonlyArray<Message>, index: number, message: Message | undefined): ReadonlyArray<Message> => [
  ...parts.slice(0, index),
  ...(message === undefined ? [] : [message])
]

/** Sets the state of an item; `undefined` removes it, because it was not posted. */
export const withMessage = (posted: Posted, item: Item, message: Message | undefined): Posted =>
  Item.$match(item, {
    Opening: () => {
      const { opening: _, ...rest } = posted
      return message === undefined ? rest : { ...rest, opening: message }
    },
    Status: () => {
      const { status: _, ...rest } = posted
      return message === undefined ? rest : { ...rest, status: message }
    },
    Plan: ({ part, proposal }) => {
      const plan = planOf(posted, proposal) ?? { proposal, parts: [], isOpen: false, isWhole: false }
      return withPlan(posted, { ...plan, parts: put(plan.parts, part, message) })
    },
    Notice: ({ notice }) =>
      withNotice(posted, notice, {
        isOpen: posted.notices[notice]?.isOpen ?? true,
        ...(message === undefined ? {} : { message })
      }),
    Card: ({ part }) => ({ ...posted, card: put(posted.card, part, message) }),
    File: ({ kind }) => {
      const { [kind]: _, ...rest } = posted
      return message === undefined ? rest : { ...rest, [kind]: message }
    }
  })

/** Whether it is unknown if the message arrived. */
export const isInDoubt = (message: Message | undefined): boolean => message !== undefined && message.id === undefined
