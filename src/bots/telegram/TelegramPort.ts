/**
 * Makes what stands in a chat match a turn: the request's reaction, the status message, the plan, the result card, the
 * log and the diff. Repeated after a crash, it goes on where it was: the status is sent again where it is not known to
 * stand, marked as continued; a plan, a card or a document never is, and the status carries their buttons instead.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { Sessions } from "../../actors/Sessions.ts"
import type { Session } from "../../domain/Session.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { type Patience, TelegramClient, type TelegramError } from "../../services/telegram/TelegramClient.ts"
import { Conversations } from "../shared/Conversations.ts"
import { ShowImpossible, type Showing, ShowLater } from "../shared/Follower.ts"
import { letFinish } from "../shared/LetFinish.ts"
import { SessionFiles, type TelegramFile } from "./TelegramFiles.ts"
import { messagePlace } from "./TelegramKeys.ts"
import * as Own from "./TelegramOwn.ts"
import * as View from "./TelegramView.ts"

/** A turn that is to be shown, and what stands of it. */
interface Turn extends Showing<Own.Target, Own.Own> {
  readonly session: Session
  readonly stands: Ref.Ref<Own.Own>
}

/** Longer waits are not made inside a delivery: others go first meanwhile. */
const patient: Patience = { longest: 1500 }
/** An older elapsed time is not worth a place in line. */
const impatient: Patience = { longest: 0 }
/** Telegram shows "typing" for five seconds. */
const typingMillis = 5000

/** What a failed call means for a delivery. */
const meaning = (error: TelegramError): ShowLater | ShowImpossible =>
  error.isRetryable || error.isUnauthorized
    ? new ShowLater({
      reason: error.message,
      everyone: false,
      ...(error.retryAfterMillis === undefined ? {} : { millis: error.retryAfterMillis })
    })
    : new ShowImpossible({ reason: error.message })

export const make = Effect.gen(function*() {
  const client = yield* TelegramClient
  const conversations = yield* Conversations
  const files = yield* SessionFiles
  const sessions = yield* Sessions
  const typedAt = new Map<number, number>()

  const change = (turn: Turn, f: (own: Own.Own) => Own.Own) =>
    Effect.flatMap(Ref.updateAndGet(turn.stands, f), turn.keep)

  /** Records, sends, records the id. What Telegram refused for certain is taken back. */
  const sendOnce = Effect.fnUntraced(
    function*(turn: Turn, note: Own.Note, send: Effect.Effect<number, TelegramError>) {
      yield* change(turn, (own) => note(own, {}))
      const id = yield* Effect.tapError(
        send,
        (error) => error.kind === "uncertain" ? Effect.void : change(turn, (own) => note(own, undefined))
      )
      yield* change(turn, (own) => note(own, { id }))
      // a reply to one of a session's messages is for that session
      yield* conversations.bind(messagePlace(turn.target.chatId, id), turn.sessionId)
    },
    letFinish
  )

  const ignoring = (self: Effect.Effect<void, TelegramError>) =>
    Effect.catchAll(self, (error) => Effect.logDebug(error.message))

  const react = Effect.fnUntraced(function*(turn: Turn) {
    const { target: { chatId, requestId }, view } = turn
    const { reaction } = yield* Ref.get(turn.stands)
    const wanted = view.end === undefined ? View.reactions.received : View.reactions[view.end.end]
    // the first one is put at receipt
    const isFirst = reaction === undefined && view.end === undefined
    if (requestId === undefined || reaction === wanted || isFirst) return
    // a chat may have its reactions switched off
    yield* ignoring(client.react({ chatId, messageId: requestId }, wanted))
    yield* change(turn, (own) => ({ ...own, reaction: wanted }))
  })

  const type = Effect.fnUntraced(function*({ now, target, view }: Turn) {
    if (view.end !== undefined || view.waiting || now - (typedAt.get(target.chatId) ?? 0) < typingMillis) return
    typedAt.set(target.chatId, now)
    yield* ignoring(client.typing(target))
  })

  const showStatus = Effect.fnUntraced(function*(turn: Turn) {
    const { isRefresh, now, session, target, view } = turn
    const { card, continued, plan, shown, status, statusGone } = yield* Ref.get(turn.stands)
    if (statusGone) return
    const again = continued || Own.isUncertain(status)
    const next = View.status(session, view, now, {
      continued: again,
      planUncertain: plan?.pieces.some(Own.isUncertain) ?? false,
      cardUncertain: card.some(Own.isUncertain)
    })
    const text = JSON.stringify(next)
    if (status?.id === undefined) {
      yield* change(turn, (own) => ({ ...own, continued: again }))
      const message = { ...target, ...next, replyTo: target.requestId }
      return yield* sendOnce(turn, Own.noteStatus(text), client.send(message, patient))
    }
    if (text === shown) return
    yield* client.edit({ chatId: target.chatId, messageId: status.id }, next, isRefresh ? impatient : patient).pipe(
      Effect.matchEffect({
        onSuccess: () => change(turn, (own) => ({ ...own, shown: text })),
        onFailure: (error): Effect.Effect<void, TelegramError | StoreError> =>
          error.isMessageGone ? change(turn, (own) => ({ ...own, statusGone: true })) : Effect.fail(error)
      })
    )
  })

  /** A plan that was answered has no buttons any more. */
  const closePlan = Effect.fnUntraced(function*(turn: Turn) {
    const { target: { chatId }, view } = turn
    const { plan } = yield* Ref.get(turn.stands)
    if (plan === undefined || !plan.open || (view.waiting && plan.proposal === view.proposals)) return
    const messageId = plan.pieces[plan.pieces.length - 1]?.id
    if (messageId !== undefined) {
      yield* Effect.catchIf(
        client.removeButtons({ chatId, messageId }, patient),
        (error) => error.isMessageGone,
        () => Effect.void
      )
    }
    yield* change(turn, (own) => ({ ...own, plan: { ...plan, open: false } }))
  })

  const sendPieces = (
    turn: Turn,
    stand: ReadonlyArray<Own.Sent>,
    pieces: ReadonlyArray<View.Shown>,
    note: (index: number) => Own.Note
  ) =>
    stand.some(Own.isUncertain) ? Effect.void : Effect.forEach(
      pieces.slice(stand.length),
      (piece, index) => sendOnce(turn, note(stand.length + index), client.send({ ...turn.target, ...piece }, patient)),
      { discard: true }
    )

  const showPlan = Effect.fnUntraced(function*(turn: Turn) {
    const { session, view } = turn
    yield* closePlan(turn)
    if (view.proposals === 0) return
    const { plan } = yield* Ref.get(turn.stands)
    const stand = plan?.proposal === view.proposals ? plan.pieces : []
    if (plan?.proposal === view.proposals && plan.isWhole === true) return
    yield* sendPieces(
      turn,
      stand,
      View.plan(session, view),
      (index) => Own.notePlan(view.proposals, index, view.waiting)
    )
    yield* change(
      turn,
      ({ plan: sent, ...own }) => sent === undefined ? own : { ...own, plan: { ...sent, isWhole: true } }
    )
  })

  const showFile = Effect.fnUntraced(function*(
    turn: Turn,
    stands: Own.Sent | undefined,
    note: Own.Note,
    find: Effect.Effect<TelegramFile | undefined, StoreError>
  ) {
    if (stands !== undefined) return
    const file = yield* find
    if (file !== undefined) yield* sendOnce(turn, note, client.sendDocument(turn.target, file, patient))
  })

  const showEnd = Effect.fnUntraced(function*(turn: Turn) {
    const { session, sessionId, view } = turn
    const { card, diff, log } = yield* Ref.get(turn.stands)
    yield* sendPieces(turn, card, View.card(session, view), Own.noteCard)
    yield* showFile(turn, log, Own.noteLog, files.log(sessionId))
    if (view.changes !== undefined) yield* showFile(turn, diff, Own.noteDiff, files.diff(sessionId))
  })

  const showAll = Effect.fnUntraced(function*(showing: Showing<Own.Target, Own.Own>) {
    const { isRefresh, own, sessionId, view } = showing
    const stands = yield* Ref.make(own?.turn === view.turn ? own : Own.begin(view.turn, own))
    const turn: Turn = { ...showing, session: yield* sessions.get(sessionId), stands }
    yield* type(turn)
    yield* showStatus(turn)
    if (isRefresh) return
    yield* showPlan(turn)
    if (view.end !== undefined) yield* showEnd(turn)
    yield* react(turn)
  })

  return (showing: Showing<Own.Target, Own.Own>): Effect.Effect<void, ShowLater | ShowImpossible | StoreError> =>
    Effect.catchTags(showAll(showing), {
      TelegramError: (error) => Effect.fail(meaning(error)),
      SessionNotFound: (error) => new ShowImpossible({ reason: error.message })
    })
})
