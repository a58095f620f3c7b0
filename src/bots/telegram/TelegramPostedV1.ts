/**
 * The first format in which OpenTL stored what it had posted in a Telegram chat. It is still read, because a server may
 * be upgraded in the middle of a session.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import type { Message, Posted } from "../shared/Posted.ts"

/** Without an id, the message was being sent. */
const Sent = Schema.Struct({ id: optional(Schema.Int) })

const PostedV1 = Schema.Struct({
  turn: Schema.Int,
  reaction: optional(Schema.String),
  status: optional(Sent),
  /** The status's content, as JSON. */
  shown: optional(Schema.parseJson()),
  continued: Schema.Boolean,
  statusGone: Schema.Boolean,
  plan: optional(Schema.Struct({
    proposal: Schema.Int,
    pieces: Schema.Array(Sent),
    open: Schema.Boolean,
    isWhole: optional(Schema.Boolean)
  })),
  card: Schema.Array(Sent),
  log: optional(Sent),
  diff: optional(Sent)
})

const messageOf = ({ id }: typeof Sent.Type): Message => id === undefined ? {} : { id: String(id) }

const upgrade = (stored: typeof PostedV1.Type): Posted => {
  const { card, continued, diff, log, plan, reaction, shown, status, statusGone, turn } = stored
  const content = shown === undefined ? undefined : fingerprint(shown)
  return {
    turn,
    ...(status === undefined ? {} : {
      status: {
        ...messageOf(status),
        ...(content === undefined ? {} : { content, state: content }),
        ...(statusGone ? { isGone: true } : {})
      }
    }),
    ...(continued ? { isContinued: true } : {}),
    plans: plan === undefined ? [] : [{
      proposal: plan.proposal,
      parts: plan.pieces.map(messageOf),
      isOpen: plan.open,
      isWhole: plan.isWhole ?? false
    }],
    notices: [],
    card: card.map(messageOf),
    ...(log === undefined ? {} : { log: messageOf(log) }),
    ...(diff === undefined ? {} : { diff: messageOf(diff) }),
    ...(reaction === undefined ? {} : { reaction })
  }
}

const decode = Schema.decodeUnknownOption(PostedV1)

export const read = (stored: unknown): Option.Option<Posted> => Option.map(decode(stored), upgrade)
