/** Messages as the bot writes them, and how the Bot API takes them. Pure. */

/** A chat, and in a forum the topic. */
export interface TelegramDestination {
  readonly chatId: number
  readonly threadId?: number | undefined
}

export interface TelegramMessageRef {
  readonly chatId: number
  readonly messageId: number
}

/** A button under a message: it comes back with its data (at most 64 bytes), or opens an address. */
export type TelegramButton =
  | { readonly text: string; readonly data: string }
  | { readonly text: string; readonly url: string }

export type TelegramKeyboard = ReadonlyArray<ReadonlyArray<TelegramButton>>

export interface TelegramSending extends TelegramDestination {
  /** MarkdownV2. */
  readonly markdown: string
  readonly keyboard?: TelegramKeyboard
  /** Asks for an answer: the person's next message replies to this one. */
  readonly asks?: string
  readonly replyTo?: number | undefined
}

/** A keyboard as the Bot API takes it. */
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

/** The message replied to may be gone by now. */
export const replying = (messageId: number | undefined) =>
  messageId === undefined
    ? {}
    : { reply_parameters: { message_id: messageId, allow_sending_without_reply: true } }

/** All that the bot writes is MarkdownV2, without previews of its links. */
export const written = { parse_mode: "MarkdownV2", link_preview_options: { is_disabled: true } } as const
