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
import { Sessions } from "../../actors/Sessions.ts"
import type { Session } from "../../domain/Session.ts"
import * as Budget from "../../services/slack/SlackBudget.ts"
import { SlackClient, type SlackError } from "../../services/slack/SlackClient.ts"
import { isCredentialError } from "../../services/slack/SlackFailure.ts"
import { type ChatView, ShowImpossible, type Showing, ShowLater } from "../shared/ChatPort.ts"
import { Conversations } from "../shared/Conversations.ts"
import * as Cards from "./SlackCards.ts"
import { fileNames, logOf } from "./SlackFiles.ts"
import { placeOfMessage, placeOfThread } from "./SlackKeys.ts"
import { Own, Target } from "./SlackMemo.ts"
import { standing } from "./SlackStanding.ts"
import * as View from "./SlackView.ts"

/** A token that is refused may be put right; any other refusal stands, and what was to be told is passed over. */
const notShown = (error: SlackError): ShowLater | ShowImpossible => {
  const isToken = isCredentialError(error) && error.code !== "missing_scope"
  return !error.isRetryable && !isToken
    ? new ShowImpossible({ reason: error.message })
    : new ShowLater({
      reason: error.message,
      everyone: isToken,
      ...(error.retryAfterMillis === undefined ? {} : { millis: Math.max(500, error.retryAfterMillis) })
    })
}

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
    const { edit, once, own, post, record } = standing(slack, { channel, sessionId, turn: view.turn }, kept, keep)

    const root = target.thread ?? own().root ?? own().posts["request"]
    const thread = root ?? (yield* post("request", undefined, Cards.request(target.user, session.prompt)))
    if (target.thread === undefined && own().root === undefined) {
      yield* record({ ...own(), root: thread })
      yield* conversations.bind({ platform: "slack", place: placeOfThread(channel, thread) }, sessionId)
      // a slash command leaves no message to react to but this one
      yield* tolerant(slack.react(channel, thread, "eyes", Budget.needed))
    }

    const statusAt = own().posts["status"]
    const status = View.status(session, view, now)
    const state = View.stateOf(view)
    if (statusAt === undefined) {
      const ts = yield* post("status", thread, status)
      yield* conversations.bind({ platform: "slack", place: placeOfMessage(channel, ts) }, sessionId)
      yield* record({ ...own(), stands: { ...own().stands, state } })
    } else if (own().stands["state"] === state && view.end === undefined) {
      // time, cost and the last action are shown when nobody needs the budget; the end is always shown
      yield* Effect.catchIf(
        edit("status", statusAt, status, Budget.spare),
        (error) => error._tag === "SlackError" && error.isRetryable,
        () => Effect.void
      )
    }

    for (let proposal = 1; proposal <= view.proposals; proposal++) {
      const kind = `plan-${proposal}`
      const ts = own().posts[kind]
      const content = View.plan(session, view, proposal)
      if (ts !== undefined) {
        // what a rejected plan said stays readable; an overtaken one only loses its buttons
        const isLatest = proposal === view.proposals
        if (isLatest || own().stands[`${kind}-open`] === "yes") yield* edit(kind, ts, content, Budget.needed)
      } else {
        yield* post(kind, thread, content)
      }
      const isOpen = view.waiting && proposal === view.proposals ? "yes" : "no"
      if (own().stands[`${kind}-open`] !== isOpen) {
        yield* record({ ...own(), stands: { ...own().stands, [`${kind}-open`]: isOpen } })
      }
    }

    if (view.end !== undefined) {
      if (own().posts["card"] === undefined) yield* post("card", thread, Cards.card(session, view, now))
      if (own().posts["log"] === undefined) {
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

    if (statusAt !== undefined && own().stands["state"] !== state) {
      yield* edit("status", statusAt, status, Budget.needed)
      yield* record({ ...own(), stands: { ...own().stands, state } })
    }

    const request = target.request ?? own().root
    const reaction = view.end === undefined ? undefined : View.marks[view.end.end]
    if (request !== undefined && reaction !== undefined && own().stands["reaction"] !== reaction) {
      const earlier = own().reaction
      if (earlier !== undefined && earlier !== reaction) {
        yield* tolerant(slack.unreact(channel, request, earlier, Budget.needed))
      }
      yield* tolerant(slack.react(channel, request, reaction, Budget.needed))
      yield* record({ ...own(), reaction, stands: { ...own().stands, reaction } })
    }
  }, Effect.catchTag("SlackError", (error) => Effect.fail(notShown(error))))

  return { platform: "slack", target: Target, own: Own, show } satisfies ChatView<
    Target,
    typeof Target.Encoded,
    Own,
    typeof Own.Encoded
  >
})

/** Without a reaction everything else still says how it ended. */
const tolerant = (effect: Effect.Effect<void, SlackError>) =>
  Effect.catchIf(effect, (error) => !error.isRetryable, (error) => Effect.logWarning(error.message))

export type SlackChat = Effect.Effect.Success<typeof make>
