/**
 * Sends replies to people, each once: a reply is claimed before it is sent, so that a repeated update gets no second
 * one.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { SessionId } from "../../domain/Ids.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { bold, link, type Rich, text } from "../../services/support/RichText.ts"
import { TelegramClient, type TelegramDestination, type TelegramError } from "../../services/telegram/TelegramClient.ts"
import { write } from "../../services/telegram/TelegramText.ts"
import { Conversations } from "../shared/Conversations.ts"
import { letFinish } from "../shared/LetFinish.ts"
import * as ReplyOnce from "../shared/ReplyOnce.ts"
import type { SessionFile } from "../shared/SessionFiles.ts"
import { messageKey } from "./TelegramKeys.ts"
import type { Shown } from "./TelegramView.ts"

/** The update to reply to, and its chat. */
export interface Asked extends TelegramDestination {
  readonly updateId: number
  /** The message to reply to. */
  readonly replyTo?: number | undefined
}

/** The session that a message is about, so that replies to it go to that session. */
type About = SessionId | undefined

export class TelegramSender extends Context.Tag("opentl/bots/telegram/TelegramSender")<TelegramSender, {
  readonly say: (asked: Asked, messages: ReadonlyArray<Shown>, about?: About) => Effect.Effect<void, StoreError>
  readonly file: (asked: Asked, file: SessionFile, about?: About) => Effect.Effect<void, StoreError>
  /** Asks a person a question to reply to; `remember` is called with the question's message id. */
  readonly ask: (
    asked: Asked,
    person: { readonly id: number; readonly name: string },
    question: string,
    remember: (messageId: number) => Effect.Effect<void, StoreError>
  ) => Effect.Effect<void, StoreError>
}>() {
  static readonly layer = Layer.scoped(
    TelegramSender,
    Effect.gen(function*() {
      const client = yield* TelegramClient
      const conversations = yield* Conversations
      const replyOnce = yield* ReplyOnce.make
      const sending = yield* FiberSet.make<void>()

      /** Sends in the background: a chat's rate limit may delay a reply, and the next update must not wait for it. */
      const inBackground = (effect: Effect.Effect<void>) =>
        Effect.gen(function*() {
          const fiber = yield* FiberSet.run(sending, effect)
          yield* Effect.timeoutOption(Fiber.join(fiber), "3 seconds")
        })

      const once = (
        asked: Asked,
        part: string,
        send: Effect.Effect<number, TelegramError>,
        remember: (messageId: number) => Effect.Effect<void, StoreError>
      ) => {
        const key = { platform: "telegram", place: `update ${asked.updateId}/${part}`, name: "reply" } as const
        const sent = send.pipe(
          Effect.retry({ schedule: again, while: (error) => error.isRetryable && error.kind !== "uncertain" }),
          Effect.flatMap(remember),
          Effect.catchTags({
            TelegramError: (error) => Effect.logWarning(`telegram: a reply was not sent: ${error.message}`),
            StoreError: (error) => Effect.logError(error.message, error.cause)
          }),
          letFinish
        )
        return replyOnce(key, "sending", inBackground(sent))
      }

      const about = (asked: Asked, session: About) => (messageId: number) =>
        session === undefined ? Effect.void : conversations.bind(messageKey(asked.chatId, messageId), session)

      return TelegramSender.of({
        say: Effect.fn("TelegramSender.say")((asked, messages, session) =>
          Effect.forEach(
            messages,
            (message, index) =>
              once(
                asked,
                `${index}`,
                client.send({
                  chatId: asked.chatId,
                  threadId: asked.threadId,
                  ...message,
                  ...(index === 0 ? { replyTo: asked.replyTo } : {})
                }),
                about(asked, session)
              ),
            { discard: true }
          )
        ),
        file: Effect.fn("TelegramSender.file")((asked, file, session) =>
          once(asked, "file", client.sendDocument(asked, file), about(asked, session))
        ),
        ask: Effect.fn("TelegramSender.ask")((asked, person, question, remember) => {
          // in a group only the named person is asked
          const rich: Rich = [link(person.name, `tg://user?id=${person.id}`), text(": "), bold(question)]
          return once(
            asked,
            "question",
            client.send({ chatId: asked.chatId, threadId: asked.threadId, markdown: write(rich), asks: "The reason" }),
            remember
          )
        })
      })
    })
  )
}

/** The client itself observes the delays that Telegram asks for. */
const again = Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.intersect(Schedule.recurs(6)))
