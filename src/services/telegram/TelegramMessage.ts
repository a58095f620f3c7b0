/** The bot's messages, and their form in the Bot API. Pure. */

/** A chat, and the topic if it is a forum. */
export interface TelegramDestination {
  readonly chatId: number
  readonly threadId?: number | undefined
}

export interface TelegramMessageRef {
  readonly chatId: number
  readonly messageId: number
}

/** A button under a message: it sends back its data (at most 64 bytes), or opens a URL. */
export type TelegramButton =
  | { readonly text: string; readonly data: string }
  | { readonly text: string; readonly url: string }

export type TelegramKeyboard = ReadonlyArray<ReadonlyArray<TelegramButton>>

export interface TelegramSending extends TelegramDestination {
  /** MarkdownV2. */
  readonly markdown: string
  readonly keyboard?: TelegramKeyboard
  /** Asks for a reply: the person's next message replies to this one. */
  readonly asks?: string
  readonly replyTo?: number | undefined
}

/** A keyboard in the Bot API's form. */
export const markupOf = (keyboard: TelegramKeyboard) => ({
  inline_keyboard: keyboard.map((row) =>
    row.map((button) =>
      "data" in button ? { text: button.text, callback_data: button.data } : { text: button.text, url: button.url }
    )
  )
})

export const placed = ({ chatId, threadId }: TelegramDestination) => ({
  chat_id: chatId,
  ...(threadId === undefined ? {} : { message_thread_id: threadId })
})

/** Replies to a message, which may have been deleted by now. */
export const replying = (messageId: number | undefined) =>
  messageId === undefined
    ? {}
    : { reply_parameters: { message_id: messageId, allow_sending_without_reply: true } }

/** Everything that the bot writes is MarkdownV2, without link previews. */
export const written = { parse_mode: "MarkdownV2", link_preview_options: { is_disabled: true } } as const
