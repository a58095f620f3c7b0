/** The people of the Slack stand-in's workspace before the app: they press buttons, fill in forms, type commands. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  type Act,
  findUsed,
  messageAction,
  slashCommand,
  unfilled,
  viewAction,
  viewSubmission
} from "./SlackInteractions.ts"
import { arrayAt, type JsonObject } from "./SlackJson.ts"
import type { SlackNotConnected, SlackSocket } from "./SlackSocket.ts"
import { findMessage, type SlackDelivery, type SlackState, type SlackView } from "./SlackState.ts"
import { homeOf, modalOf } from "./SlackViews.ts"
import { awaitSome } from "./SlackWaiting.ts"

/** A person cannot do this: there is no such message, button, form or place. */
export class SlackCannot extends Schema.TaggedError<SlackCannot>()("SlackCannot", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

export const cannot = (reason: string) => Effect.fail(new SlackCannot({ reason }))

/** What went out over Socket Mode. */
export interface SlackSent {
  readonly envelopeId: string
  /** Waits for the acknowledgement. */
  readonly acked: Effect.Effect<SlackDelivery>
}

/** Names what went out, for whoever waits for its acknowledgement. */
export const sentOver = (state: SubscriptionRef.SubscriptionRef<SlackState>) => (envelopeId: string): SlackSent => ({
  acked: awaitSome(
    state,
    (current) => current.deliveries.find((each) => each.envelopeId === envelopeId && each.ackedAt !== undefined)
  ),
  envelopeId
})

/** A message by its place. */
export interface MessageRef {
  readonly channel: string
  readonly ts: string
}

/** A message, and what the person's screen still shows of it where it has been edited since. */
export interface ShownMessage extends MessageRef {
  readonly shown?: ReadonlyArray<unknown>
}

type Interaction = Effect.Effect<SlackSent, SlackCannot | SlackNotConnected>

/** What a person does with what the app shows them. */
export interface SlackPressing {
  readonly slashCommand: (
    command: { readonly channel: string; readonly user: string; readonly command: string; readonly text: string }
  ) => Effect.Effect<SlackSent, SlackNotConnected>
  /** Presses a button of a message, or of an ephemeral message that the user sees. */
  readonly pressButton: (message: ShownMessage, actionId: string, user: string) => Interaction
  /** Presses a button of one's Home tab or open modal. */
  readonly pressInView: (user: string, actionId: string) => Interaction
  /** Submits the modal one looks at; values by action id. Slack does not send it with a required input left empty. */
  readonly submitView: (user: string, values: Readonly<Record<string, string>>) => Interaction
}

export const makePressing = (
  state: SubscriptionRef.SubscriptionRef<SlackState>,
  socket: SlackSocket,
  origin: string
): SlackPressing => {
  const sent = sentOver(state)

  /** Changes the state by an interaction and sends its payload. */
  const interact = (
    type: "slash_commands" | "interactive",
    user: string,
    build: (state: SlackState, act: Act) => readonly [JsonObject, SlackState]
  ) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const payload = yield* SubscriptionRef.modify(state, (current) => build(current, { now, origin, user }))
      return sent(yield* socket.interact(type, payload))
    })

  const pressButton = (ref: ShownMessage, actionId: string, user: string) =>
    Effect.gen(function*() {
      const current = yield* SubscriptionRef.get(state)
      const message = findMessage(current, ref.channel, ref.ts)
      const ephemeral = current.ephemerals.find((each) => each.ts === ref.ts && each.user === user)
      const target = message !== undefined ? { message } : ephemeral !== undefined ? { ephemeral } : undefined
      const used = findUsed(ref.shown ?? (message ?? ephemeral)?.blocks ?? [], actionId)
      if (target === undefined || used === undefined) {
        return yield* cannot(`${user} sees no button ${actionId} in ${ref.channel} at ${ref.ts}`)
      }
      return yield* interact("interactive", user, (latest, act) => messageAction(latest, used, target, act))
    })

  const pressInView = (user: string, actionId: string) =>
    Effect.gen(function*() {
      const current = yield* SubscriptionRef.get(state)
      const seen = [modalOf(current, user), homeOf(current, user)].filter((view): view is SlackView =>
        view !== undefined
      )
      const found = seen.flatMap((view) => {
        const used = findUsed(arrayAt(view.view, "blocks"), actionId)
        return used === undefined ? [] : [{ used, view }]
      })[0]
      if (found === undefined) return yield* cannot(`${user} sees no button ${actionId} in a view`)
      return yield* interact("interactive", user, (latest, act) => viewAction(latest, found.used, found.view, act))
    })

  const submitView = (user: string, values: Readonly<Record<string, string>>) =>
    Effect.gen(function*() {
      const view = modalOf(yield* SubscriptionRef.get(state), user)
      if (view === undefined) return yield* cannot(`${user} has no modal open`)
      const empty = unfilled(view, values)
      if (empty.length > 0) return yield* cannot(`${user} left ${empty.join(", ")} empty`)
      return yield* interact("interactive", user, (latest, act) => viewSubmission(latest, view, values, act))
    })

  return {
    pressButton,
    pressInView,
    slashCommand: ({ channel, command, text, user }) =>
      interact("slash_commands", user, (current, act) => slashCommand(current, { ...act, channel, command, text })),
    submitView
  }
}
