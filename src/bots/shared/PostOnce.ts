/**
 * Posts each item once. It is recorded without an id before it is sent, and with its id after the platform's
 * acknowledgement. An item without an id was interrupted in between: it is looked up if the platform allows that.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { ChatFailure, ChatPort, Turn } from "./ChatPort.ts"
import { letFinish } from "./LetFinish.ts"
import * as Posted from "./Posted.ts"
import type { Item, Message } from "./Posted.ts"
import type { TurnView } from "./TurnView.ts"

/** A turn that is being shown on a platform. */
export interface Showing<Target, TargetWire, Content> {
  readonly port: ChatPort<Target, TargetWire, Content>
  readonly view: TurnView
  /** Only time has passed: this justifies an edit of the elapsed time and nothing else. */
  readonly isRefresh: boolean
  readonly posted: Effect.Effect<Posted.Posted>
  /** The turn and what was posted so far. */
  readonly turn: Effect.Effect<Turn<Target>>
  /** Updates and stores what was posted. */
  readonly change: (f: (posted: Posted.Posted) => Posted.Posted) => Effect.Effect<void, StoreError>
}

/** Records the state of an item; `undefined` removes it. */
export const record = <Target, TargetWire, Content>(
  { change }: Showing<Target, TargetWire, Content>,
  item: Item,
  message: Message | undefined
) => change((posted) => Posted.withMessage(posted, item, message))

/** Whether the item may have arrived and the platform cannot be asked. */
export const isLost =
  <Target, TargetWire, Content>({ port }: Showing<Target, TargetWire, Content>) =>
  (message: Message | undefined): boolean => port.find === undefined && Posted.isInDoubt(message)

/** Records the item, sends it, and records its id. Removes the record if the platform surely rejected it. */
const send = Effect.fnUntraced(
  function*<Target, TargetWire, Content>(
    showing: Showing<Target, TargetWire, Content>,
    item: Item,
    request: Effect.Effect<Option.Option<string>, ChatFailure>,
    content: Message
  ) {
    yield* record(showing, item, {})
    const id = yield* Effect.tapError(
      request,
      (error) => error.isInDoubt ? Effect.void : record(showing, item, undefined)
    )
    if (Option.isNone(id)) return yield* record(showing, item, undefined)
    yield* showing.port.remember(yield* showing.turn, item, id.value)
    yield* record(showing, item, { ...content, id: id.value })
  },
  letFinish
)

/** Sends an item unless it was sent before; `request` returns its id, or none if the platform does not permit it. */
export const once = Effect.fnUntraced(function*<Target, TargetWire, Content>(
  showing: Showing<Target, TargetWire, Content>,
  item: Item,
  request: Effect.Effect<Option.Option<string>, ChatFailure>,
  content: Message = {}
) {
  const { port, posted, turn } = showing
  const message = Posted.messageOf(yield* posted, item)
  if (message?.id !== undefined) return
  const found = message === undefined || port.find === undefined ? Option.none() : yield* port.find(yield* turn, item)
  if (Option.isNone(found)) return yield* send(showing, item, request, content)
  yield* port.remember(yield* turn, item, found.value)
  // the posted text may be older than `content`
  yield* record(showing, item, { id: found.value })
})

/** Posts a message once; `stored` is what to store about its content. */
export const post = <Target, TargetWire, Content>(
  showing: Showing<Target, TargetWire, Content>,
  item: Item,
  content: Content,
  stored?: Message
) =>
  once(
    showing,
    item,
    Effect.flatMap(showing.turn, (turn) => Effect.asSome(showing.port.post(turn, item, content))),
    stored
  )

/** Posts the parts that were not posted before. Stops at a part that is lost. */
export const postParts = <Target, TargetWire, Content>(
  showing: Showing<Target, TargetWire, Content>,
  parts: ReadonlyArray<Message>,
  contents: ReadonlyArray<Content>,
  itemOf: (part: number) => Item
) =>
  parts.some(isLost(showing))
    ? Effect.void
    : Effect.forEach(contents, (content, part) => post(showing, itemOf(part), content), { discard: true })
