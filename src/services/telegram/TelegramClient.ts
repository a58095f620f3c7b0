/**
 * The part of Telegram's Bot API that the bot needs. The SDK stays in this file, its retries are off, and its responses
 * are decoded. Messages and edits keep within Telegram's limits: a call waits its turn, or fails at once with the
 * required delay, as the caller wishes.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { Api, InputFile } from "node-telegram-bot-api"
import { failure, TelegramError } from "./TelegramFailure.ts"
import {
  markupOf,
  placed,
  replying,
  type TelegramDestination,
  type TelegramMessageRef,
  type TelegramSending,
  written
} from "./TelegramMessage.ts"
import * as Rates from "./TelegramRates.ts"

export { TelegramError }
export type { TelegramButton, TelegramDestination, TelegramKeyboard } from "./TelegramMessage.ts"

/** How long a call may wait its turn, in milliseconds; without a limit by default. */
export interface Waiting {
  readonly longest?: number
}

const Me = Schema.Struct({ id: Schema.Int, username: Schema.optionalWith(Schema.String, { default: () => "" }) })
const WebhookInfo = Schema.Struct({ url: Schema.optionalWith(Schema.String, { default: () => "" }) })
const Sent = Schema.Struct({ message_id: Schema.Int })

/** How long Telegram keeps a poll open without updates, in seconds. */
const pollSeconds = 30

export class TelegramClient extends Context.Tag("opentl/services/telegram/TelegramClient")<TelegramClient, {
  readonly me: Effect.Effect<typeof Me.Type, TelegramError>
  /** The webhook's URL; empty if there is none. Telegram rejects long polling while a webhook is set. */
  readonly webhook: Effect.Effect<string, TelegramError>
  readonly deleteWebhook: Effect.Effect<void, TelegramError>
  readonly setCommands: (
    commands: ReadonlyArray<{ readonly command: string; readonly description: string }>
  ) => Effect.Effect<void, TelegramError>
  /** Waits for updates from the offset on; Telegram forgets earlier ones. The handler decodes each update. */
  readonly updates: (
    offset: number | undefined,
    kinds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<unknown>, TelegramError>
  /** Returns the message's id. */
  readonly send: (message: TelegramSending, waiting?: Waiting) => Effect.Effect<number, TelegramError>
  readonly edit: (
    message: TelegramMessageRef,
    content: Pick<TelegramSending, "markdown" | "keyboard">,
    waiting?: Waiting
  ) => Effect.Effect<void, TelegramError>
  readonly removeButtons: (message: TelegramMessageRef, waiting?: Waiting) => Effect.Effect<void, TelegramError>
  readonly sendDocument: (
    destination: TelegramDestination & { readonly replyTo?: number | undefined },
    file: { readonly name: string; readonly content: string },
    waiting?: Waiting
  ) => Effect.Effect<number, TelegramError>
  /** Adds one of Telegram's reactions. */
  readonly react: (message: TelegramMessageRef, emoji: string) => Effect.Effect<void, TelegramError>
  readonly typing: (destination: TelegramDestination) => Effect.Effect<void, TelegramError>
  /** Replies to a pressed button, once, with at most 200 characters. */
  readonly answerButton: (queryId: string, text: string) => Effect.Effect<void, TelegramError>
}>() {
  static readonly layer = (options: { readonly token: Redacted.Redacted; readonly apiUrl: string }) =>
    Layer.effect(TelegramClient, make(options))
}

const make = ({ apiUrl, token }: { readonly token: Redacted.Redacted; readonly apiUrl: string }) =>
  Effect.gen(function*() {
    const sdk = new Api(Redacted.value(token), { apiRoot: apiUrl, maxRetries: 0, timeoutMs: 0 })
    const rates = yield* Ref.make(Rates.none)

    const use = <A>(
      operation: string,
      f: (sdk: Api, signal: AbortSignal) => Promise<A>,
      timeout: Duration.DurationInput = "30 seconds"
    ) =>
      Effect.tryPromise({ try: (signal) => f(sdk, signal), catch: (cause) => failure(operation, cause) }).pipe(
        Effect.timeoutFail({
          duration: timeout,
          onTimeout: () =>
            new TelegramError({ operation, reason: "Telegram did not answer (timeout)", kind: "uncertain" })
        }),
        Effect.withSpan(`Telegram.${operation}`)
      )

    const decoding = <A, I>(operation: string, schema: Schema.Schema<A, I>) => {
      const decode = Schema.decodeUnknown(schema)
      return Effect.flatMap((answer: unknown) =>
        Effect.mapError(
          decode(answer),
          () => new TelegramError({ operation, reason: "the response is not Telegram's", kind: "uncertain" })
        )
      )
    }

    /** Makes a call that counts against a chat's limits, in its turn. */
    const paced = <A>(
      operation: string,
      chatId: number,
      { longest = Infinity }: Waiting,
      call: Effect.Effect<A, TelegramError>
    ) =>
      Effect.gen(function*() {
        const limits = Rates.ratesOf(chatId)
        const now = yield* Clock.currentTimeMillis
        const wait = yield* Ref.modify(rates, (current) => {
          const reserved = Rates.reserve(current, limits, now, longest)
          return [reserved.wait, reserved.rates]
        })
        if (wait > longest) {
          return yield* new TelegramError({
            operation,
            reason: "the chat's limit is used up",
            kind: "later",
            retryAfterMillis: wait
          })
        }
        yield* Effect.sleep(wait)
        return yield* Effect.tapError(call, (error) =>
          error.status !== 429 ?
            Effect.void :
            Effect.flatMap(Clock.currentTimeMillis, (at) =>
              Ref.update(rates, (current) =>
                limits.slice(1).reduce(
                  (held, limit) => Rates.hold(held, limit, at + (error.retryAfterMillis ?? 1000)),
                  current
                ))))
      })

    const unchanged = (self: Effect.Effect<void, TelegramError>) =>
      Effect.catchIf(self, (error) => error.isUnchanged, () => Effect.void)

    return TelegramClient.of({
      me: use("getMe", (sdk, signal) => sdk.getMe(signal)).pipe(decoding("getMe", Me)),
      webhook: use("getWebhookInfo", (sdk, signal) => sdk.getWebhookInfo(signal)).pipe(
        decoding("getWebhookInfo", WebhookInfo),
        Effect.map(({ url }) => url)
      ),
      deleteWebhook: Effect.asVoid(use("deleteWebhook", (sdk, signal) => sdk.deleteWebhook({}, signal))),
      setCommands: Effect.fn("TelegramClient.setCommands")((commands) =>
        Effect.asVoid(use("setMyCommands", (sdk, signal) => sdk.setMyCommands({ commands: [...commands] }, signal)))
      ),
      updates: Effect.fn("TelegramClient.updates")((offset, kinds) =>
        use(
          "getUpdates",
          (sdk, signal) =>
            sdk.getUpdates({
              timeout: pollSeconds,
              allowed_updates: [...kinds],
              ...(offset === undefined ? {} : { offset })
            }, signal),
          Duration.seconds(pollSeconds + 10)
        ).pipe(decoding("getUpdates", Schema.Array(Schema.Unknown)))
      ),
      send: Effect.fn("TelegramClient.send")((message, waiting = {}) =>
        paced(
          "sendMessage",
          message.chatId,
          waiting,
          use("sendMessage", (sdk, signal) =>
            sdk.sendMessage({
              ...placed(message),
              ...written,
              ...replying(message.replyTo),
              text: message.markdown,
              ...(message.keyboard === undefined ? {} : { reply_markup: markupOf(message.keyboard) }),
              ...(message.asks === undefined ? {} : {
                reply_markup: { force_reply: true, selective: true, input_field_placeholder: message.asks }
              })
            }, signal)).pipe(decoding("sendMessage", Sent), Effect.map((sent) => sent.message_id))
        )
      ),
      edit: Effect.fn("TelegramClient.edit")(({ chatId, messageId }, { keyboard = [], markdown }, waiting = {}) =>
        unchanged(paced(
          "editMessageText",
          chatId,
          waiting,
          Effect.asVoid(use("editMessageText", (sdk, signal) =>
            sdk.editMessageText({
              chat_id: chatId,
              message_id: messageId,
              ...written,
              text: markdown,
              reply_markup: markupOf(keyboard)
            }, signal)))
        ))
      ),
      removeButtons: Effect.fn("TelegramClient.removeButtons")(({ chatId, messageId }, waiting = {}) =>
        unchanged(paced(
          "editMessageReplyMarkup",
          chatId,
          waiting,
          Effect.asVoid(use("editMessageReplyMarkup", (sdk, signal) =>
            sdk.editMessageReplyMarkup(
              { chat_id: chatId, message_id: messageId, reply_markup: markupOf([]) },
              signal
            )))
        ))
      ),
      sendDocument: Effect.fn("TelegramClient.sendDocument")((destination, { content, name }, waiting = {}) =>
        paced(
          "sendDocument",
          destination.chatId,
          waiting,
          use("sendDocument", (sdk, signal) =>
            sdk.sendDocument({
              ...placed(destination),
              ...replying(destination.replyTo),
              document: new InputFile(new TextEncoder().encode(content), {
                filename: name,
                contentType: "text/plain; charset=utf-8"
              })
            }, signal), "2 minutes").pipe(decoding("sendDocument", Sent), Effect.map((sent) => sent.message_id))
        )
      ),
      react: Effect.fn("TelegramClient.react")(({ chatId, messageId }, emoji) =>
        Effect.asVoid(use("setMessageReaction", (sdk, signal) =>
          sdk.setMessageReaction(
            { chat_id: chatId, message_id: messageId, reaction: [{ type: "emoji", emoji }] },
            signal
          )))
      ),
      typing: Effect.fn("TelegramClient.typing")((destination) =>
        Effect.asVoid(
          use(
            "sendChatAction",
            (sdk, signal) => sdk.sendChatAction({ ...placed(destination), action: "typing" }, signal)
          )
        )
      ),
      answerButton: Effect.fn("TelegramClient.answerButton")((queryId, text) =>
        Effect.asVoid(
          use("answerCallbackQuery", (sdk, signal) =>
            sdk.answerCallbackQuery({ callback_query_id: queryId, text }, signal))
        )
      )
    })
  })
