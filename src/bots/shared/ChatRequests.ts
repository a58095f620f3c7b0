/**
 * What becomes of a message that is a task or a follow-up. Each belongs to its session afterwards, so that a reply or a
 * reaction to it is about that session.
 */
import * as Effect from "effect/Effect"
import type { SessionId } from "../../domain/Ids.ts"
import type { Requester } from "../../domain/Requester.ts"
import { type Conversation, Conversations, type OpenSession } from "./Conversations.ts"
import { SessionActions } from "./SessionActions.ts"
import { plain, type Written } from "./WrittenText.ts"

/** A message from a person. */
export interface Said {
  /** The message itself, as a conversation. */
  readonly message: Conversation
  /** Identifies it on its platform: a message that arrives twice takes effect once. */
  readonly key: string
  readonly written: Written
  readonly by: Requester
}

/** Where a task comes from, apart from its message. */
export type Origin = Omit<OpenSession, "by" | "key" | "platform" | "written">

export const make = Effect.gen(function*() {
  const actions = yield* SessionActions
  const conversations = yield* Conversations
  return {
    /** Creates a session for the task. The message is bound to it last: if it is bound, all is done. */
    open: ({ by, key, message, written }: Said, origin: Origin) =>
      conversations.open({
        ...origin,
        platform: message.platform,
        written,
        by,
        key,
        conversations: [...origin.conversations, message]
      }),
    /** Sends a follow-up to the session; a message without words is refused. */
    followUp: ({ by, key, message, written }: Said, session: SessionId) =>
      Effect.zipRight(
        actions.followUp(session, plain(written), by, `${message.platform}:${key}`),
        conversations.bind(message, session)
      )
  }
})
