/** What is kept of a session that is shown in Slack: where, and what stands there. */
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"

export const Target = Schema.Struct({
  channel: Schema.String,
  user: Schema.String,
  /** The thread's first message; absent for a command, whose thread hangs from a message of ours. */
  thread: optional(Schema.String),
  /** The message that asked. */
  request: optional(Schema.String)
})
export type Target = typeof Target.Type

export const Own = Schema.Struct({
  /** What a command's thread hangs from. */
  root: optional(Schema.String),
  turn: Schema.Int,
  /** The kind of message that is being sent. */
  sending: optional(Schema.String),
  /** Timestamps by kind: `status`, `plan-1`, …, `card`, `log`. */
  posts: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** What stands in each, as a fingerprint. */
  stands: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** The reaction on the request for the latest turn's end. */
  reaction: optional(Schema.String)
})
export type Own = typeof Own.Type

/** A new turn begins with nothing; what a command's thread hangs from, and the reaction, stay. */
export const forTurn = (kept: Own | undefined, turn: number): Own => {
  if (kept?.turn === turn) return kept
  const { reaction, root } = kept ?? {}
  return {
    turn,
    posts: {},
    stands: {},
    ...(root === undefined ? {} : { root }),
    ...(reaction === undefined ? {} : { reaction })
  }
}
