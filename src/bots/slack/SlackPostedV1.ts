/**
 * The first format in which OpenTL stored what it had posted in a Slack thread. It is still read, because a server may
 * be upgraded in the middle of a session.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"
import type { Message, Plan, Posted } from "../shared/Posted.ts"

const PostedV1 = Schema.Struct({
  /** The message that starts a command's thread. */
  root: optional(Schema.String),
  turn: Schema.Int,
  /** The kind of message that is being sent. */
  sending: optional(Schema.String),
  /** Timestamps by kind: `request`, `status`, `plan-1`, …, `card`, `log`. */
  posts: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Fingerprints by kind; `state` is the status's, `plan-1-open` says whether a plan has buttons. */
  stands: Schema.Record({ key: Schema.String, value: Schema.String }),
  reaction: optional(Schema.String)
})

const planKind = /^plan-(\d+)$/

const upgrade = ({ posts, reaction, root, sending, stands, turn }: typeof PostedV1.Type): Posted => {
  const messageOf = (kind: string): Message | undefined => {
    const id = posts[kind]
    return id === undefined ? sending === kind ? {} : undefined : { id }
  }
  const kept = <K extends string>(name: K, message: Message | undefined) =>
    message === undefined ? {} : { [name]: message }
  const plans = [...new Set([...Object.keys(posts), sending ?? ""])].flatMap((kind): ReadonlyArray<Plan> => {
    const proposal = planKind.exec(kind)?.[1]
    const message = messageOf(kind)
    return proposal === undefined || message === undefined ? [] : [{
      proposal: Number(proposal),
      parts: [message],
      // a plan whose post was interrupted was not yet marked as open
      isOpen: message.id === undefined || stands[`${kind}-open`] !== "no",
      isWhole: message.id !== undefined
    }]
  })
  const { card, status } = { card: messageOf("card"), status: messageOf("status") }
  // the root is stored last when a thread starts
  const opening = root !== undefined ? { id: root } : messageOf("request") === undefined ? undefined : {}
  return {
    turn,
    plans,
    notices: [],
    card: card === undefined ? [] : [card],
    ...(status === undefined ? {} : {
      status: {
        ...status,
        ...(stands["status"] === undefined ? {} : { content: stands["status"] }),
        ...(stands["state"] === undefined ? {} : { state: stands["state"] })
      }
    }),
    ...kept("opening", opening),
    ...kept("log", messageOf("log")),
    ...(reaction === undefined ? {} : { reaction })
  }
}

const decode = Schema.decodeUnknownOption(PostedV1)

export const read = (stored: unknown): Option.Option<Posted> => Option.map(decode(stored), upgrade)
