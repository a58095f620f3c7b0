/** The people of the Slack stand-in's workspace: they write, edit and react, and do what `SlackPressing` has. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
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
import type { JsonObject } from "./SlackJson.ts"
import {
  cannot,
  makePressing,
  type MessageRef,
  sentOver,
  type SlackCannot,
  type SlackPressing,
  type SlackSent
} from "./SlackPressing.ts"
import type { SlackSocket } from "./SlackSocket.ts"
import {
  botUserId,
  findMessage,
  newMessage,
  nextTs,
  putMessage,
  type SlackMessage,
  type SlackState
} from "./SlackState.ts"
import { homeOf } from "./SlackViews.ts"
import { messageWire } from "./SlackWire.ts"

export interface SlackSaid extends SlackSent {
  readonly message: SlackMessage
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

export interface SlackPeople extends SlackPressing {
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
}

export const makePeople = (
  state: SubscriptionRef.SubscriptionRef<SlackState>,
  socket: SlackSocket,
  origin: string
): SlackPeople => {
  const sent = sentOver(state)

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

  return {
    ...makePressing(state, socket, origin),
    deleteMessage,
    editMessage,
    mention,
    openHome: (user) =>
      Effect.gen(function*() {
        const ts = yield* tick
        return yield* emit(appHomeOpened(user, homeOf(yield* SubscriptionRef.get(state), user), ts))
      }),
    react: (ref, name, user) => changeReaction(ref, name, user, "reaction_added"),
    say,
    unreact: (ref, name, user) => changeReaction(ref, name, user, "reaction_removed")
  }
}
