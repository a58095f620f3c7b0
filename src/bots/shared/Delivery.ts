/**
 * Makes a thread or chat show the current turn: the message that starts the thread, the status, the plans, then the
 * result card, the files and the reaction. It may be interrupted anywhere, and is repeated until everything is posted.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { Sessions } from "../../actors/sessions/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import type { ChatPort, Turn, Urgency } from "./ChatPort.ts"
import * as Notice from "./Notice.ts"
import * as Posted from "./Posted.ts"
import { Item } from "./Posted.ts"
import { isLost, once, post, postParts, record, type Showing } from "./PostOnce.ts"
import * as TurnView from "./TurnView.ts"

export interface ShowTurn<Target> {
  readonly sessionId: SessionId
  readonly target: Target
  readonly view: TurnView.TurnView
  /** What was posted before, possibly for an earlier turn. */
  readonly posted: Posted.Posted | undefined
  /** Epoch milliseconds. */
  readonly now: number
  readonly isRefresh: boolean
  /** Stores the current state of what is posted. */
  readonly keep: (posted: Posted.Posted) => Effect.Effect<void, StoreError>
}

const showOpening = Effect.fnUntraced(function*<T, W, Content>(showing: Showing<T, W, Content>) {
  const opening = showing.port.renderer.opening(yield* showing.turn)
  if (Option.isSome(opening)) yield* post(showing, Item.Opening(), opening.value)
})

/** When to edit the status: `isLast` comes after everything else. Each attempt calls this twice, and edits once. */
const urgencyOf = (editsLast: boolean, isLast: boolean, isChanged: boolean, isOver: boolean): Urgency | undefined =>
  isChanged
    ? isLast === editsLast ? "now" : undefined
    // the elapsed time of a finished turn does not change
    : isLast || isOver
    ? undefined
    : "spare"

const editStatus = Effect.fnUntraced(function*<T, W, Content>(
  showing: Showing<T, W, Content>,
  id: string,
  content: Content,
  next: Posted.Message,
  urgency: Urgency
) {
  const outcome = yield* Effect.asSome(showing.port.edit(yield* showing.turn, id, content, urgency)).pipe(
    // a postponed edit is made by the next one, which says the same and more
    Effect.catchIf(
      (error) => urgency === "spare" && error.isRetryable && !error.isForEveryone,
      () => Effect.succeedNone
    )
  )
  if (Option.isNone(outcome)) return
  yield* record(showing, Item.Status(), { ...next, id, ...(outcome.value === "gone" ? { isGone: true } : {}) })
})

const showStatus = Effect.fnUntraced(function*<T, W, Content>(showing: Showing<T, W, Content>, isLast: boolean) {
  const { change, isRefresh, port: { editsLast, renderer }, posted, turn, view } = showing
  const { card, isContinued: wasContinued = false, notices, plans, status } = yield* posted
  if (status?.isGone === true) return
  const isContinued = wasContinued || isLost(showing)(status)
  const { content, state } = renderer.status(yield* turn, {
    isContinued,
    isPlanInDoubt: plans.at(-1)?.parts.some(isLost(showing)) ?? false,
    isCardInDoubt: card.some(isLost(showing)),
    isNoticeInDoubt: view.notices.some((notice, i) => Notice.isOpen(notice) && isLost(showing)(notices[i]?.message))
  })
  const next = { content: fingerprint(content), state }
  if (status?.id === undefined) {
    if (isContinued) yield* change((posted) => ({ ...posted, isContinued }))
    return yield* post(showing, Item.Status(), content, next)
  }
  const isChanged = status.state !== state && !isRefresh
  const urgency = urgencyOf(editsLast, isLast, isChanged, view.end !== undefined)
  if (urgency === undefined) return
  if (next.content !== status.content) return yield* editStatus(showing, status.id, content, next, urgency)
  if (state !== status.state) yield* record(showing, Item.Status(), { ...status, state })
})

const showPlan = Effect.fnUntraced(function*<T, W, Content>(showing: Showing<T, W, Content>, proposal: number) {
  const { change, port, posted, turn, view } = showing
  const isOpen = view.waiting && proposal === view.proposals
  const before = Posted.planOf(yield* posted, proposal) ?? { proposal, parts: [], isOpen, isWhole: false }
  const update = (changes: Partial<Posted.Plan>) =>
    change((posted) => Posted.withPlan(posted, { ...Posted.planOf(posted, proposal) ?? before, ...changes }))
  if (!before.isWhole) {
    yield* update({})
    const contents = port.renderer.plan(yield* turn, proposal)
    yield* postParts(showing, before.parts, contents, (part) => Item.Plan({ proposal, part }))
    yield* update({ isWhole: true })
  }
  if (!before.isOpen || isOpen) return
  const last = Posted.planOf(yield* posted, proposal)?.parts.at(-1)?.id
  if (last !== undefined) yield* port.closePlan(yield* turn, last, proposal)
  yield* update({ isOpen: false })
})

/** What is over before it was told is not told any more. */
const showNotice = Effect.fnUntraced(function*<T, W, Content>(showing: Showing<T, W, Content>, index: number) {
  const { change, port, posted, turn, view } = showing
  const notice = view.notices[index]
  if (notice === undefined) return
  const before = (yield* posted).notices[index] ?? { isOpen: true }
  const isOpen = Notice.isOpen(notice)
  const item = Item.Notice({ notice: index })
  const settle = change((posted) =>
    Posted.withNotice(posted, index, { ...posted.notices[index] ?? before, isOpen: false })
  )
  if (!before.isOpen) return
  if (before.message === undefined && !isOpen) return yield* settle
  if (isLost(showing)(before.message)) return isOpen ? undefined : yield* settle
  const content = port.renderer.notice(yield* turn, notice)
  const next = { content: fingerprint(content) }
  yield* post(showing, item, content, next)
  const shown = Posted.messageOf(yield* posted, item)
  if (shown?.id !== undefined && shown.isGone !== true && shown.content !== next.content) {
    const outcome = yield* port.edit(yield* turn, shown.id, content, "now")
    yield* record(showing, item, { ...next, id: shown.id, ...(outcome === "gone" ? { isGone: true } : {}) })
  }
  if (!isOpen) yield* settle
})

const showFile = Effect.fnUntraced(function*<T, W, Content>(showing: Showing<T, W, Content>, kind: Posted.FileKind) {
  const { port, posted, turn } = showing
  const { [kind]: before } = yield* posted
  if (before?.id !== undefined || isLost(showing)(before)) return
  const file = yield* port.file(yield* turn, kind)
  if (Option.isNone(file)) return
  yield* once(showing, Item.File({ kind }), Effect.flatMap(turn, (turn) => port.upload(turn, kind, file.value)))
})

const showEnd = Effect.fnUntraced(function*<T, W, Content>(showing: Showing<T, W, Content>) {
  const { port, posted, turn } = showing
  const { card } = yield* posted
  yield* postParts(showing, card, port.renderer.card(yield* turn), (part) => Item.Card({ part }))
  for (const kind of port.files) yield* showFile(showing, kind)
})

const react = Effect.fnUntraced(function*<T, W, Content>({ change, port, posted, turn, view }: Showing<T, W, Content>) {
  const { reaction: before } = yield* posted
  const reaction = port.renderer.reaction(view)
  // the first reaction was added when the request arrived
  const isFirst = before === undefined && view.end === undefined
  if (reaction === undefined || reaction === before || isFirst) return
  yield* port.react(yield* turn, reaction, before)
  yield* change((posted) => ({ ...posted, reaction }))
})

/** Shows a turn on a platform. */
export const show = Effect.fn("Delivery.show")(function*<Target, TargetWire, Content>(
  port: ChatPort<Target, TargetWire, Content>,
  { isRefresh, keep, now, posted: before, sessionId, target, view }: ShowTurn<Target>
) {
  const session = yield* Effect.flatMap(Sessions, (sessions) => sessions.get(sessionId))
  const state = yield* Ref.make(before?.turn === view.turn ? before : Posted.begin(view.turn, before))
  const showing: Showing<Target, TargetWire, Content> = {
    port,
    view,
    isRefresh,
    posted: Ref.get(state),
    turn: Effect.map(Ref.get(state), (posted): Turn<Target> => ({ target, session, view, now, posted })),
    change: (f) => Effect.flatMap(Ref.updateAndGet(state, f), keep)
  }
  if (port.showWorking !== undefined && view.end === undefined && !TurnView.waits(view)) {
    yield* port.showWorking(yield* showing.turn)
  }
  yield* showOpening(showing)
  yield* showStatus(showing, false)
  if (isRefresh) return
  for (let proposal = 1; proposal <= view.proposals; proposal++) yield* showPlan(showing, proposal)
  for (const index of view.notices.keys()) yield* showNotice(showing, index)
  if (view.end !== undefined) yield* showEnd(showing)
  yield* showStatus(showing, true)
  yield* react(showing)
})
