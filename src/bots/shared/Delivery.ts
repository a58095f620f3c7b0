/**
 * Makes what a thread or a chat shows of a turn match the turn: the message that the thread hangs from, the status, the
 * plans, then the result card, the files and the reaction. Each of them is posted once, and the status is edited in
 * place. It may be interrupted anywhere, and is repeated until all of it is there.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { Sessions } from "../../actors/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { fingerprint } from "../../services/store/Fingerprint.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { ChatFailure, ChatPort, Turn, Urgency } from "./ChatPort.ts"
import { letFinish } from "./LetFinish.ts"
import * as Posted from "./Posted.ts"
import { Item } from "./Posted.ts"
import type { TurnView } from "./TurnView.ts"

export interface Showing<Target> {
  readonly sessionId: SessionId
  readonly target: Target
  readonly view: TurnView
  /** What was posted before, perhaps of an earlier turn. */
  readonly posted: Posted.Posted | undefined
  /** Epoch milliseconds. */
  readonly now: number
  /** Nothing happened but time: worth an edit of the elapsed time, and nothing else. */
  readonly isRefresh: boolean
  /** Stores what is posted now. */
  readonly keep: (posted: Posted.Posted) => Effect.Effect<void, StoreError>
}

/** Shows a turn on a platform. */
export const show = Effect.fn("Delivery.show")(function*<Target, TargetWire, Content>(
  port: ChatPort<Target, TargetWire, Content>,
  showing: Showing<Target>
) {
  const sessions = yield* Sessions
  const session = yield* sessions.get(showing.sessionId)
  const { isRefresh, keep, now, target, view } = showing
  const known = showing.posted?.turn === view.turn ? showing.posted : Posted.begin(view.turn, showing.posted)
  const state = yield* Ref.make(known)
  const posted = Ref.get(state)
  const turn = Effect.map(posted, (posted): Turn<Target> => ({ target, session, view, now, posted }))
  const change = (f: (posted: Posted.Posted) => Posted.Posted) => Effect.flatMap(Ref.updateAndGet(state, f), keep)
  const record = (item: Item, message: Posted.Message | undefined) =>
    change((posted) => Posted.withMessage(posted, item, message))
  /** Nobody knows whether it arrived, and the platform cannot be asked. */
  const isLost = (message: Posted.Message | undefined) => port.find === undefined && Posted.isInDoubt(message)

  /** Records, sends, records the id. What the platform surely did not take is taken back. */
  const send = Effect.fnUntraced(
    function*(
      item: Item,
      request: Effect.Effect<Option.Option<string>, ChatFailure>,
      content: Partial<Posted.Message>
    ) {
      yield* record(item, {})
      const id = yield* Effect.tapError(request, (error) => error.isInDoubt ? Effect.void : record(item, undefined))
      if (Option.isNone(id)) return yield* record(item, undefined)
      yield* port.remember(yield* turn, item, id.value)
      yield* record(item, { ...content, id: id.value })
    },
    letFinish
  )

  /** Sends what was not sent before. Where an earlier try may have arrived, it is looked for first. */
  const once = Effect.fnUntraced(function*(
    item: Item,
    request: Effect.Effect<Option.Option<string>, ChatFailure>,
    content: Partial<Posted.Message> = {}
  ) {
    const message = Posted.messageOf(yield* posted, item)
    if (message?.id !== undefined) return
    const found = message === undefined || port.find === undefined
      ? Option.none()
      : yield* port.find(yield* turn, item)
    if (Option.isNone(found)) return yield* send(item, request, content)
    // what it says may be older than what it is to say now
    yield* port.remember(yield* turn, item, found.value)
    yield* record(item, { id: found.value })
  })
  const post = (item: Item, content: Content, stored?: Partial<Posted.Message>) =>
    once(item, Effect.flatMap(turn, (turn) => Effect.asSome(port.post(turn, item, content))), stored)

  const showOpening = Effect.gen(function*() {
    const opening = port.renderer.opening(yield* turn)
    if (Option.isSome(opening)) yield* post(Item.Opening(), opening.value)
  })

  /** An edit that can wait is made by the next one, which says the same and more. */
  const editStatus = Effect.fnUntraced(
    function*(
      message: Posted.Message & { readonly id: string },
      content: Content,
      next: Posted.Message,
      urgency: Urgency
    ) {
      if (next.content === message.content) return yield* record(Item.Status(), { ...message, ...next })
      const outcome = yield* Effect.asSome(port.edit(yield* turn, message.id, content, urgency)).pipe(
        Effect.catchIf(
          (error) => urgency === "spare" && error.isRetryable && !error.isForEveryone,
          () => Effect.succeedNone
        )
      )
      if (Option.isNone(outcome)) return
      yield* record(Item.Status(), { ...message, ...next, ...(outcome.value === "gone" ? { isGone: true } : {}) })
    }
  )

  const showStatus = Effect.fnUntraced(function*(isLast: boolean) {
    const { card, isContinued = false, plans, status } = yield* posted
    if (status?.isGone === true) return
    const isAgain = isContinued || isLost(status)
    const { content, state } = port.renderer.status(yield* turn, {
      isContinued: isAgain,
      isPlanInDoubt: plans.at(-1)?.parts.some(isLost) ?? false,
      isCardInDoubt: card.some(isLost)
    })
    const next = { content: fingerprint(content), state }
    if (status?.id === undefined) {
      if (isAgain) yield* change((posted) => ({ ...posted, isContinued: true }))
      return yield* post(Item.Status(), content, next)
    }
    if (next.content === status.content && state === status.state) return
    const isChanged = status.state !== state && !isRefresh
    if (isChanged ? port.editsLast && !isLast : isLast) return
    // the elapsed time of a turn that is over does not change
    if (!isChanged && port.editsLast && view.end !== undefined) return
    yield* editStatus({ ...status, id: status.id }, content, next, isChanged ? "now" : "spare")
  })

  /** Posts the parts that were not posted. Behind one of which nobody knows, none is. */
  const postParts = (
    parts: ReadonlyArray<Posted.Message>,
    contents: ReadonlyArray<Content>,
    itemOf: (part: number) => Item
  ) =>
    parts.some(isLost)
      ? Effect.void
      : Effect.forEach(contents, (content, part) => post(itemOf(part), content), { discard: true })

  const showPlan = Effect.fnUntraced(function*(proposal: number) {
    const isOpen = view.waiting && proposal === view.proposals
    const fresh: Posted.Plan = { proposal, parts: [], isOpen, isWhole: false }
    const plan = Posted.planOf(yield* posted, proposal) ?? fresh
    if (!plan.isWhole) {
      yield* Ref.update(state, (posted) => Posted.withPlan(posted, plan))
      const contents = port.renderer.plan(yield* turn, proposal)
      yield* postParts(plan.parts, contents, (part) => Item.Plan({ proposal, part }))
      yield* change((posted) => Posted.withPlan(posted, { ...Posted.planOf(posted, proposal) ?? plan, isWhole: true }))
    }
    if (!plan.isOpen || isOpen) return
    const last = Posted.planOf(yield* posted, proposal)?.parts.at(-1)?.id
    if (last !== undefined) yield* port.closePlan(yield* turn, last, proposal)
    yield* change((posted) => Posted.withPlan(posted, { ...Posted.planOf(posted, proposal) ?? plan, isOpen: false }))
  })

  const showFile = Effect.fnUntraced(function*(kind: Posted.FileKind) {
    const { [kind]: before } = yield* posted
    if (before?.id !== undefined || isLost(before)) return
    const file = yield* port.file(yield* turn, kind)
    if (Option.isNone(file)) return
    yield* once(Item.File({ kind }), Effect.flatMap(turn, (turn) => port.upload(turn, kind, file.value)))
  })

  const showEnd = Effect.gen(function*() {
    const { card } = yield* posted
    yield* postParts(card, port.renderer.card(yield* turn), (part) => Item.Card({ part }))
    yield* Effect.forEach(port.files, showFile, { discard: true })
  })

  const react = Effect.gen(function*() {
    const { reaction: before } = yield* posted
    const reaction = port.renderer.reaction(view)
    // the first one was put at receipt
    const isFirst = before === undefined && view.end === undefined
    if (reaction === undefined || reaction === before || isFirst) return
    yield* port.react(yield* turn, reaction, before)
    yield* change((posted) => ({ ...posted, reaction }))
  })

  if (port.showWorking !== undefined && view.end === undefined && !view.waiting) yield* port.showWorking(yield* turn)
  yield* showOpening
  yield* showStatus(false)
  if (isRefresh) return
  for (let proposal = 1; proposal <= view.proposals; proposal++) yield* showPlan(proposal)
  if (view.end !== undefined) yield* showEnd
  yield* showStatus(true)
  yield* react
})
