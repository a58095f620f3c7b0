/**
 * The `ChatPort` of a Telegram chat. A bot cannot read a chat's history, so it cannot find a message whose
 * acknowledgement was lost: the status is then sent again, marked as continued; a plan, a card or a file never is, and
 * the status has their buttons instead.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/sessions/Sessions.ts"
import { optional } from "../../domain/Wire.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import { TelegramClient, type TelegramError, type Waiting } from "../../services/telegram/TelegramClient.ts"
import { ChatFailure, type ChatPort, type Renderer } from "../shared/ChatPort.ts"
import { Conversations } from "../shared/Conversations.ts"
import { reader } from "../shared/SessionFiles.ts"
import { format } from "./TelegramFiles.ts"
import { messageKey } from "./TelegramKeys.ts"
import { notice } from "./TelegramNotices.ts"
import * as PostedV1 from "./TelegramPostedV1.ts"
import * as View from "./TelegramView.ts"

/** Where a session is shown. */
export const Target = Schema.Struct({
  chatId: Schema.Int,
  threadId: optional(Schema.Int),
  /** The message that requested the session. */
  requestId: optional(Schema.Int)
})
export type Target = typeof Target.Type

/** The longest wait within a delivery, in milliseconds; others go first meanwhile. */
const needed: Waiting = { longest: 1500 }
/** An update of the elapsed time is not worth a wait. */
const spare: Waiting = { longest: 0 }
/** How long Telegram shows "typing", in milliseconds. */
const typingMillis = 5000

const failing = (error: TelegramError): ChatFailure =>
  new ChatFailure({
    reason: error.message,
    isRetryable: error.isRetryable || error.isUnauthorized,
    isInDoubt: error.kind === "uncertain",
    isForEveryone: false,
    ...(error.retryAfterMillis === undefined ? {} : { retryAfterMillis: error.retryAfterMillis })
  })

/** Ignores failures: a chat may have reactions switched off, and a sign of typing is optional. */
const ignoring = (self: Effect.Effect<void, TelegramError>) =>
  Effect.catchAll(self, (error) => Effect.logDebug(error.message))

const renderer: Renderer<Target, View.Shown> = {
  opening: () => Option.none(),
  status: ({ now, session, view }, doubts) => {
    const content = View.status(session, view, now, doubts)
    return { content, state: fingerprint(content) }
  },
  plan: ({ session, view }, proposal) => proposal === view.proposals ? View.plan(session, view) : [],
  notice: ({ session, view }, shown) => notice(session, view.turn, shown),
  card: ({ session, view }) => View.card(session, view),
  reaction: ({ end }) => end === undefined ? View.reactions.received : View.reactions[end.end]
}

export const make = Effect.gen(function*() {
  const client = yield* TelegramClient
  const conversations = yield* Conversations
  const read = reader(yield* Sessions, format)
  const typedAt = new Map<number, number>()
  const messageOf = ({ chatId }: Target, id: string) => ({ chatId, messageId: Number(id) })

  const port: ChatPort<Target, typeof Target.Encoded, View.Shown> = {
    platform: "telegram",
    target: Target,
    renderer,
    files: ["log", "diff"],
    editsLast: false,
    laneOf: ({ chatId }) => String(chatId),
    readEarlier: PostedV1.read,
    post: ({ target }, item, content) =>
      client.send({ ...target, ...content, ...(item._tag === "Status" ? { replyTo: target.requestId } : {}) }, needed)
        .pipe(Effect.mapBoth({ onFailure: failing, onSuccess: String })),
    upload: ({ target }, _, file) =>
      client.sendDocument(target, file, needed).pipe(
        Effect.mapBoth({ onFailure: failing, onSuccess: (id) => Option.some(String(id)) })
      ),
    edit: ({ target }, id, content, urgency) =>
      Effect.as(
        client.edit(messageOf(target, id), content, urgency === "now" ? needed : spare),
        "edited" as const
      ).pipe(
        Effect.catchIf((error) => error.isMessageGone, () => Effect.succeed("gone" as const)),
        Effect.mapError(failing)
      ),
    closePlan: ({ target }, id) =>
      client.removeButtons(messageOf(target, id), needed).pipe(
        Effect.catchIf((error) => error.isMessageGone, () => Effect.void),
        Effect.mapError(failing)
      ),
    react: ({ target: { chatId, requestId } }, reaction) =>
      requestId === undefined ? Effect.void : ignoring(client.react({ chatId, messageId: requestId }, reaction)),
    file: ({ session }, kind) => read(kind, session.id),
    // a reply to one of a session's messages is for that session
    remember: ({ session, target }, _, id) => conversations.bind(messageKey(target.chatId, id), session.id),
    showWorking: Effect.fnUntraced(function*({ now, target }) {
      if (now - (typedAt.get(target.chatId) ?? 0) < typingMillis) return
      typedAt.set(target.chatId, now)
      yield* ignoring(client.typing(target))
    })
  }
  return port
})
