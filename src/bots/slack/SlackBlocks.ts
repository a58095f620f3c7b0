/** The block types that the bot uses, each within Slack's documented limits. Pure. */
import type { SlackBlock } from "../../services/slack/SlackClient.ts"
import { escapeTo } from "../../services/slack/SlackText.ts"
import { cut } from "../../services/support/RichText.ts"

/** Lengths in UTF-16 code units, slightly below Slack's limits. */
const limits = { header: 150, section: 2900, context: 1900, markdown: 8000, notification: 2000, button: 75 }

export const plainText = (text: string) => ({ type: "plain_text" as const, text, emoji: true })

/** At least one character: Slack rejects empty text. */
const some = (text: string): string => text === "" ? " " : text

export const header = (text: string): SlackBlock => ({
  type: "header",
  text: plainText(some(cut(text, limits.header)))
})

/** Escaped mrkdwn, short enough by its parts; cut only as a last resort. */
export const section = (mrkdwn: string): SlackBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: some(cut(mrkdwn, limits.section)) }
})

/** Pairs of a name and mrkdwn, at most ten. */
export const fields = (pairs: ReadonlyArray<readonly [name: string, mrkdwn: string]>): SlackBlock => ({
  type: "section",
  fields: pairs.slice(0, 10).map(([name, mrkdwn]) => ({
    type: "mrkdwn",
    text: `*${name}*\n${some(cut(mrkdwn, 1800))}`
  }))
})

/** Small print as plain text. */
export const small = (text: string): SlackBlock => ({
  type: "context",
  elements: [{ type: "plain_text", text: some(cut(text, limits.context)), emoji: false }]
})

export const smallMrkdwn = (mrkdwn: string): SlackBlock => ({
  type: "context",
  elements: [{ type: "mrkdwn", text: some(cut(mrkdwn, limits.context)) }]
})

/** Standard markdown. Angle brackets that Slack would read as a mention are broken up. */
export const markdown = (text: string): SlackBlock => ({
  type: "markdown",
  text: some(cut(text.replace(/<(?=[!@#])/g, "<\u200b"), limits.markdown))
})

export interface Button {
  readonly id: string
  readonly text: string
  readonly value: string
  readonly style?: "primary" | "danger"
  readonly url?: string
  /** The question to confirm before the action. */
  readonly confirm?: string
}

export const actions = (buttons: ReadonlyArray<Button>): ReadonlyArray<SlackBlock> =>
  buttons.length === 0 ? [] : [{
    type: "actions",
    elements: buttons.map(({ confirm, id, style, text, url, value }) => ({
      type: "button",
      action_id: id,
      text: plainText(cut(text, limits.button)),
      value,
      ...(style === undefined ? {} : { style }),
      ...(url === undefined ? {} : { url }),
      ...(confirm === undefined ? {} : {
        confirm: {
          title: plainText("Are you sure?"),
          text: plainText(confirm),
          confirm: plainText("Yes"),
          deny: plainText("No")
        }
      })
    }))
  }]

/** The text for notifications and screen readers. */
export const notification = (text: string): string => escapeTo(some(text), limits.notification)
