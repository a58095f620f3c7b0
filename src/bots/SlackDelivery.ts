/**
 * Makes what stands in a session's thread match the view of its turn: the request's message for a command, the status,
 * the plans, then the result card, the log, and the reaction.
 *
 * Each message is posted once: before a post the memo says that it is being sent, after it which one it is. A memo that
 * still says "sending" is one that was interrupted in between; then the thread is searched for the message's metadata
 * (for a file: its name) before anything is sent again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sessions } from "../actors/Sessions.ts"
import type { Session } from "../domain/Session.ts"
import { fingerprint } from "../services/Fingerprint.ts"
import * as Budget from "../services/SlackBudget.ts"
import { SlackClient, type SlackContent, type SlackError } from "../services/SlackClient.ts"
import { isCredentialError } from "../services/SlackFailure.ts"
import type { StoreError } from "../services/StoreError.ts"
import { type ChatView, ShowImpossible, type Showing, ShowLater } from "./ChatView.ts"
import { Conversations } from "./Conversations.ts"
import * as Cards from "./SlackCards.ts"
import { fileNames, logOf } from "./SlackFiles.ts"
import { forTurn, Own, Target } from "./SlackMemo.ts"
import { placeOfMessage, placeOfThread } from "./SlackPlaces.ts"
import * as View from "./SlackView.ts"

/** Slack will not take it back: what was to be told here is passed over. */
const hopeless = new Set([
  "cannot_reply_to_message",
  "channel_not_found",
  "is_archived",
  "not_in_channel",
  "restricted_action",
  "thread_not_found"
])

const shownLater = (error: SlackError): ShowLater | ShowImpossible =>
  hopeless.has(error.code)
    ? new ShowImpossible({ reason: error.message })
    : new ShowLater({
      reason: error.message,
      everyone: isCredentialError(error),
      ...(error.retryAfterMillis === undefined ? {} : { millis: Math.max(500, error.retryAfterMillis) })
    })

export const make = Effect.gen(function*() {
  const conversations = yield* Conversations
  const sessions = yield* Sessions
  const slack = yield* SlackClient

  /** One look: what stands so far, and the steps that bring it up to date. */
  const show = Effect.fn("SlackDelivery.show")(function*(showing: Showing<Target, Own>) {
    const { keep, now, own: kept, sessionId, target, view } = showing
    const session: Session = yield* sessions.get(sessionId).pipe(
      Effect.catchTag("SessionNotFound", (error) => new ShowImpossible({ reason: error.message }))
    )
    const { channel } = target
    let own = forTurn(kept, view.turn)
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
      const mark = { session: sessionId, turn: view.turn, kind }
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

    const root = target.thread ?? own.root ?? own.posts["request"]
    const thread = root ?? (yield* post("request", undefined, Cards.request(target.user, session.prompt)))
    if (target.thread === undefined && own.root === undefined) {
      yield* record({ ...own, root: thread })
      yield* conversations.bind({ platform: "slack", place: placeOfThread(channel, thread) }, sessionId)
    }

    const statusAt = own.posts["status"]
    const status = View.status(session, view, now)
    const state = View.stateOf(view)
    if (statusAt === undefined) {
      const ts = yield* post("status", thread, status)
      yield* conversations.bind({ platform: "slack", place: placeOfMessage(channel, ts) }, sessionId)
      yield* record({ ...own, stands: { ...own.stands, state } })
    } else if (own.stands["state"] === state && view.end === undefined) {
      // time, cost and the last action are shown when nobody needs the budget; the end is always shown
      yield* Effect.catchIf(
        edit("status", statusAt, status, Budget.spare),
        (error) => error._tag === "SlackError" && error.isRetryable,
        () => Effect.void
      )
    }

    for (let proposal = 1; proposal <= view.proposals; proposal++) {
      const kind = `plan-${proposal}`
      const ts = own.posts[kind]
      const content = View.plan(session, view, proposal)
      if (ts !== undefined) {
        // what a rejected plan said stays readable; an overtaken one only loses its buttons
        const isLatest = proposal === view.proposals
        if (isLatest || own.stands[`${kind}-open`] === "yes") yield* edit(kind, ts, content, Budget.needed)
      } else {
        yield* post(kind, thread, content)
      }
      const isOpen = view.waiting && proposal === view.proposals ? "yes" : "no"
      if (own.stands[`${kind}-open`] !== isOpen) {
        yield* record({ ...own, stands: { ...own.stands, [`${kind}-open`]: isOpen } })
      }
    }

    if (view.end !== undefined) {
      if (own.posts["card"] === undefined) yield* post("card", thread, Cards.card(session, view, now))
      if (own.posts["log"] === undefined) {
        const place = { channel, thread }
        const name = fileNames.log(sessionId, view.turn)
        const content = yield* Effect.catchTag(
          logOf(sessions, sessionId),
          "SessionNotFound",
          (error) => new ShowImpossible({ reason: error.message })
        )
        yield* once(
          "log",
          Effect.map(slack.hasFile(place, name), (isThere) => isThere ? Option.some("uploaded") : Option.none()),
          Effect.as(slack.upload(place, { name, title: `Log of turn ${view.turn}`, content }), "uploaded"),
          (state, ts) => ({ ...state, posts: { ...state.posts, log: ts } })
        ).pipe(Effect.catchIf(
          // without the right to upload, everything else is shown all the same
          (error) => error._tag === "SlackError" && error.code === "missing_scope",
          (error) => Effect.logWarning(error.message)
        ))
      }
    }

    if (statusAt !== undefined && own.stands["state"] !== state) {
      yield* edit("status", statusAt, status, Budget.needed)
      yield* record({ ...own, stands: { ...own.stands, state } })
    }

    const request = target.request ?? own.root
    const reaction = view.end === undefined ? undefined : View.marks[view.end.end]
    if (request !== undefined && reaction !== undefined && own.stands["reaction"] !== reaction) {
      if (own.reaction !== undefined && own.reaction !== reaction) yield* slack.unreact(channel, request, own.reaction)
      yield* slack.react(channel, request, reaction)
      yield* record({ ...own, reaction, stands: { ...own.stands, reaction } })
    }
  }, Effect.catchTag("SlackError", (error) => Effect.fail(shownLater(error))))

  return { platform: "slack", target: Target, own: Own, show } satisfies ChatView<
    Target,
    typeof Target.Encoded,
    Own,
    typeof Own.Encoded
  >
})

const isSlackError = (error: unknown): error is SlackError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SlackError"

export type SlackChat = Effect.Effect.Success<typeof make>
