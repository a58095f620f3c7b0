/**
 * What was posted of a session's turn: which messages and files, by their ids on the platform. It is stored with each
 * visible effect, so that a restart goes on where the last process was. Pure.
 *
 * A message is recorded before it is sent, without its id, and with it after the platform's acknowledgement. One that is
 * found without an id was interrupted in between: nobody knows whether it arrived.
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"

/** One message, or one file. */
export const Message = Schema.Struct({
  /** The platform's name for it; absent while it is being sent. */
  id: optional(Schema.String),
  /** A fingerprint of its content, where it is edited in place. */
  content: optional(Schema.String),
  /** The part of its content that is worth an edit at once. */
  state: optional(Schema.String),
  /** A person deleted it: it is not edited any more. */
  isGone: optional(Schema.Boolean)
})
export type Message = typeof Message.Type

/** The n-th plan that the turn proposed, in as many messages as it takes. */
export const Plan = Schema.Struct({
  proposal: Schema.Int,
  parts: Schema.Array(Message),
  /** Whether it has buttons to answer it. */
  isOpen: Schema.Boolean,
  /** Whether all of it was posted, or never will be. */
  isWhole: Schema.Boolean
})
export type Plan = typeof Plan.Type

export const FileKind = Schema.Literal("log", "diff")
export type FileKind = typeof FileKind.Type

export const Posted = Schema.Struct({
  turn: Schema.Int,
  /** What the thread hangs from, where the request left no message of its own. */
  opening: optional(Message),
  status: optional(Message),
  /** The status was posted a second time, since the first may not have arrived. */
  isContinued: optional(Schema.Boolean),
  plans: Schema.Array(Plan),
  card: Schema.Array(Message),
  log: optional(Message),
  diff: optional(Message),
  /** Our reaction on the request. */
  reaction: optional(Schema.String)
})
export type Posted = typeof Posted.Type

/** Before anything of a turn was posted. What belongs to the request goes from turn to turn. */
export const begin = (turn: number, before: Posted | undefined): Posted => ({
  turn,
  plans: [],
  card: [],
  ...(before?.opening === undefined ? {} : { opening: before.opening }),
  ...(before?.reaction === undefined ? {} : { reaction: before.reaction })
})

/** What is posted once. */
export type Item = Data.TaggedEnum<{
  Opening: {}
  Status: {}
  Plan: { readonly proposal: number; readonly part: number }
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
    Card: ({ part }) => posted.card[part],
    File: ({ kind }) => posted[kind]
  })

/** A plan as it is now, in its place among the others. */
export const withPlan = (posted: Posted, plan: Plan): Posted => ({
  ...posted,
  plans: [...posted.plans.filter(({ proposal }) => proposal !== plan.proposal), plan]
})

/** Parts are posted in their order, so what is put at an index is the last one. */
const put = (parts: ReadonlyArray<Message>, index: number, message: Message | undefined): ReadonlyArray<Message> => [
  ...parts.slice(0, index),
  ...(message === undefined ? [] : [message])
]

/** The same with what is known of an item now; `undefined` takes it back: it was not posted. */
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
    Card: ({ part }) => ({ ...posted, card: put(posted.card, part, message) }),
    File: ({ kind }) => {
      const { [kind]: _, ...rest } = posted
      return message === undefined ? rest : { ...rest, [kind]: message }
    }
  })

/** Whether nobody knows that it arrived. */
export const isInDoubt = (message: Message | undefined): boolean => message !== undefined && message.id === undefined
