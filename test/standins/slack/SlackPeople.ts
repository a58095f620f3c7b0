/** The people of the Slack stand-in's workspace: they write, edit, react, press buttons and fill in forms. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { withoutReaction, withReaction } from "./SlackChat.ts"
import {
  appHomeOpened,
  appMention,
  messageChanged,
  messageDeleted,
  messagePosted,
  reactionChanged
} from "./SlackEvents.ts"
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
import {
  botUserId,
  findMessage,
  messageWire,
  newMessage,
  nextTs,
  putMessage,
  type SlackDelivery,
  type SlackMessage,
  type SlackState,
  type SlackView
} from "./SlackState.ts"
import { homeOf, modalOf } from "./SlackViews.ts"
import { awaitSome } from "./SlackWaiting.ts"

/** A person cannot do this: there is no such message, button, form or place. */
export class SlackCannot extends Schema.TaggedError<SlackCannot>()("SlackCannot", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** What went out over Socket Mode. */
export interface SlackSent {
  readonly envelopeId: string
  /** Waits for the acknowledgement. */
  readonly acked: Effect.Effect<SlackDelivery>
}

export interface SlackSaid extends SlackSent {
  readonly message: SlackMessage
}

/** A message, and what the person's screen still shows of it where it has been edited since. */
export interface ShownMessage extends MessageRef {
  readonly shown?: ReadonlyArray<unknown>
}

/** A message by its place. */
export interface MessageRef {
  readonly channel: string
  readonly ts: string
}

export interface Saying {
  readonly channel: string
  readonly user: string
  readonly text: string
  /** What was written in the editor, as rich text; the text only writes marks around it. */
  readonly blocks?: ReadonlyArray<unknown> | undefined
  /** The first message of the thread to reply in. */
  readonly threadTs?: string | undefined
}

type Interaction = Effect.Effect<SlackSent, SlackCannot | SlackNotConnected>

export interface SlackPeople {
  /** Writes a message; the app hears `message`. */
  readonly say: (saying: Saying) => Effect.Effect<SlackSaid, SlackCannot>
  /** Writes a message that names the app, before the text unless the text does; heard as both kinds of event. */
  readonly mention: (saying: Saying) => Effect.Effect<SlackSaid, SlackCannot>
  /** Changes the text of one's own message. */
  readonly editMessage: (message: MessageRef, text: string) => Effect.Effect<SlackSent, SlackCannot>
  readonly deleteMessage: (message: MessageRef) => Effect.Effect<SlackSent, SlackCannot>
  readonly react: (message: MessageRef, name: string, user: string) => Effect.Effect<SlackSent, SlackCannot>
  readonly unreact: (message: MessageRef, name: string, user: string) => Effect.Effect<SlackSent, SlackCannot>
  readonly openHome: (user: string) => Effect.Effect<SlackSent>
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

const cannot = (reason: string) => Effect.fail(new SlackCannot({ reason }))

export const makePeople = (
  state: SubscriptionRef.SubscriptionRef<SlackState>,
  socket: SlackSocket,
  origin: string
): SlackPeople => {
  const sent = (envelopeId: string): SlackSent => ({
    acked: awaitSome(
      state,
      (current) => current.deliveries.find((each) => each.envelopeId === envelopeId && each.ackedAt !== undefined)
    ),
    envelopeId
  })

  const emit = (event: JsonObject) => Effect.map(socket.emit(event), sent)

  const tick = Effect.flatMap(
    Clock.currentTimeMillis,
    (now) => SubscriptionRef.modify(state, (current) => nextTs(current, now))
  )

  const messageAt = (ref: MessageRef) =>
    Effect.flatMap(SubscriptionRef.get(state), (current) => {
      const message = findMessage(current, ref.channel, ref.ts)
      return message === undefined
        ? cannot(`there is no message ${ref.ts} in ${ref.channel}`)
        : Effect.succeed({ current, message })
    })

  const post = (saying: Saying) =>
    Effect.gen(function*() {
      const { channels, users } = yield* SubscriptionRef.get(state)
      const channel = channels.find((each) => each.id === saying.channel)
      if (channel === undefined) return yield* cannot(`there is no channel ${saying.channel}`)
      if (!users.some((user) => user.id === saying.user) || channel.members?.includes(saying.user) === false) {
        return yield* cannot(`${saying.user} is not in ${saying.channel}`)
      }
      const message = newMessage({
        ...(saying.blocks === undefined ? {} : { blocks: saying.blocks }),
        channel: channel.id,
        text: saying.text,
        threadTs: saying.threadTs,
        ts: yield* tick,
        user: saying.user
      })
      const current = yield* SubscriptionRef.updateAndGet(state, (current) => ({
        ...current,
        messages: [...current.messages, message]
      }))
      return { current, direct: channel.kind === "im", message }
    })

  const say = (saying: Saying) =>
    Effect.gen(function*() {
      const { current, message } = yield* post(saying)
      return { ...yield* emit(messagePosted(current, message)), message }
    })

  const mention = (saying: Saying) =>
    Effect.gen(function*() {
      const name = `<@${botUserId}>`
      const text = saying.text.includes(name) ? saying.text : `${name} ${saying.text}`
      const { current, direct, message } = yield* post({ ...saying, text })
      if (direct) return { ...yield* emit(messagePosted(current, message)), message }
      const first = yield* emit(appMention(current, message))
      yield* emit(messagePosted(current, message))
      return { ...first, message }
    })

  const editMessage = (ref: MessageRef, text: string) =>
    Effect.gen(function*() {
      const { current, message } = yield* messageAt(ref)
      const until = yield* Clock.currentTimeMillis
      const edits = [...message.edits, { blocks: message.blocks, text: message.text, until }]
      const next: SlackMessage = { ...message, edits, text }
      const ts = yield* tick
      const after = yield* SubscriptionRef.updateAndGet(state, (latest) => putMessage(latest, next))
      return yield* emit(messageChanged(after, next, messageWire(current, message, false), ts))
    })

  const deleteMessage = (ref: MessageRef) =>
    Effect.gen(function*() {
      const { current, message } = yield* messageAt(ref)
      const ts = yield* tick
      yield* SubscriptionRef.update(state, (latest) => putMessage(latest, { ...message, deleted: true }))
      return yield* emit(messageDeleted(current, message, ts))
    })

  const changeReaction = (ref: MessageRef, name: string, user: string, type: "reaction_added" | "reaction_removed") =>
    Effect.gen(function*() {
      const { message } = yield* messageAt(ref)
      const next = type === "reaction_added"
        ? withReaction(message, name, user)
        : withoutReaction(message, name, user)
      if (next === undefined) return yield* cannot(`:${name}: of ${user} is already as asked`)
      yield* SubscriptionRef.update(state, (latest) => putMessage(latest, next))
      return yield* emit(reactionChanged(type, message, name, user, yield* tick))
    })

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

  const pressButton = (
    ref: ShownMessage,
    actionId: string,
    user: string
  ) =>
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
    deleteMessage,
    editMessage,
    mention,
    openHome: (user) =>
      Effect.gen(function*() {
        const ts = yield* tick
        return yield* emit(appHomeOpened(user, homeOf(yield* SubscriptionRef.get(state), user), ts))
      }),
    pressButton,
    pressInView,
    react: (ref, name, user) => changeReaction(ref, name, user, "reaction_added"),
    say,
    slashCommand: ({ channel, command, text, user }) =>
      interact("slash_commands", user, (current, act) => slashCommand(current, { ...act, channel, command, text })),
    submitView,
    unreact: (ref, name, user) => changeReaction(ref, name, user, "reaction_removed")
  }
}
