/**
 * What stands in a thread, message by message: each is posted once and then edited in place. Before a post the memo says
 * what is being sent, after it where it stands.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionId } from "../../domain/Ids.ts"
import type * as Budget from "../../services/slack/SlackBudget.ts"
import { type SlackClient, type SlackContent, SlackError } from "../../services/slack/SlackClient.ts"
import { fingerprint } from "../../services/store/Fingerprint.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { forTurn, type Own } from "./SlackMemo.ts"

export const standing = (
  slack: Context.Tag.Service<SlackClient>,
  { channel, sessionId, turn }: { readonly channel: string; readonly sessionId: SessionId; readonly turn: number },
  kept: Own | undefined,
  keep: (own: Own) => Effect.Effect<void, StoreError>
) => {
  let own = forTurn(kept, turn)
  const record = (next: Own) => {
    own = next
    return keep(next)
  }
  const settled = ({ sending: _, ...rest }: Own): Own => rest

  /** Sends something once. `found` looks for it where an earlier try may have come through. */
  const once = <E>(
    kind: string,
    found: Effect.Effect<Option.Option<string>, SlackError>,
    send: Effect.Effect<string, SlackError | E>,
    done: (own: Own, ts: string) => Own
  ): Effect.Effect<string, SlackError | StoreError | E> =>
    Effect.gen(function*() {
      if (own.sending === kind) {
        const earlier = yield* found
        if (Option.isSome(earlier)) {
          yield* record(done(settled(own), earlier.value))
          return earlier.value
        }
      } else {
        yield* record({ ...own, sending: kind })
      }
      const ts = yield* Effect.tapError(send, (error) =>
        // a refusal leaves nothing behind, so there is nothing to look for
        isSlackError(error) && error.isRefusal ? record(settled(own)) : Effect.void)
      yield* record(done(settled(own), ts))
      return ts
    })
  const post = (kind: string, thread: string | undefined, content: SlackContent) => {
    const place = { channel, thread }
    const mark = { session: sessionId, turn, kind }
    return once(kind, slack.find(place, mark), slack.post(place, content, mark), (state, ts) => ({
      ...state,
      posts: { ...state.posts, [kind]: ts },
      stands: { ...state.stands, [kind]: fingerprint(content) }
    }))
  }
  /** Edits a message where something else stands in it. A message that a person deleted stays deleted. */
  const edit = (kind: string, ts: string, content: SlackContent, pace: Budget.Pace) =>
    Effect.gen(function*() {
      const print = fingerprint(content)
      if (own.stands[kind] === print) return
      yield* Effect.catchIf(
        slack.update(channel, ts, content, pace),
        (error) => error.code === "message_not_found" || error.code === "cant_update_message",
        () => Effect.void
      )
      yield* record({ ...own, stands: { ...own.stands, [kind]: print } })
    })
  return { edit, once, own: () => own, post, record }
}

const isSlackError = Schema.is(SlackError)
