/** What Telegram shows of a session: the status message, the plan, the result card. Pure. */
import * as Plan from "../../domain/Plan.ts"
import type { Session } from "../../domain/Session.ts"
import { bold, code, cut, link, type Rich, text } from "../../services/support/RichText.ts"
import type { TelegramButton, TelegramKeyboard } from "../../services/telegram/TelegramClient.ts"
import { isBlank, messageLimit, split, write } from "../../services/telegram/TelegramText.ts"
import type { Doubts } from "../shared/ChatPort.ts"
import { isOpen } from "../shared/Notice.ts"
import { Result, resultOf } from "../shared/TurnSummary.ts"
import * as TurnView from "../shared/TurnView.ts"
import { type Action, button } from "./TelegramButtonData.ts"
import * as Markdown from "./TelegramMarkdown.ts"
import { rich } from "./TelegramNotices.ts"

type Turn = TurnView.TurnView

/** A message to send. */
export interface Shown {
  readonly markdown: string
  readonly keyboard: TelegramKeyboard
}

/**
 * Telegram's reactions are a fixed set without a check mark, a cross or a stop sign. A person's `cancelled` reaction on
 * the request or the status stops the session.
 */
export const reactions = { received: "👀", complete: "👍", error: "👎", cancelled: "💔" } as const

const signs = { complete: "✅", error: "❌", cancelled: "⏹" } as const

const signOf = (view: Turn): string => view.end !== undefined ? signs[view.end.end] : TurnView.waits(view) ? "✋" : "⏳"

const money = (usd: number): string => usd > 0 ? ` · $${usd.toFixed(2)}` : ""

const headline = (session: Session, view: Turn): Rich => [
  bold(Plan.subject(session.prompt)),
  text(`\n${session.repo}${view.turn > 1 ? ` · turn ${view.turn}` : ""} · `),
  code(session.id)
]

const phaseOf = (session: Session, view: Turn): string =>
  session.queuePosition !== undefined && view.end === undefined
    ? `queued, number ${session.queuePosition}`
    : view.round > 1 && view.end === undefined
    ? `${view.phase}, round ${view.round}`
    : view.phase

const reviewLine = (view: Turn): string =>
  view.reviews.map(({ round, verdict }) => `review ${round}: ${verdict}`).join(", ")

const rows = (...keyboard: ReadonlyArray<ReadonlyArray<TelegramButton>>): TelegramKeyboard =>
  keyboard.filter((row) => row.length > 0)

const pressing = (session: Session, view: Turn) => (label: string, action: Action) =>
  button(label, {
    action,
    sessionId: session.id,
    turn: view.turn,
    proposal: action === "approve" || action === "reject" ? view.proposals : 0
  })

/** Telegram accepts only public addresses for a button. */
const opening = (label: string, url: string | undefined): ReadonlyArray<TelegramButton> =>
  url !== undefined && /^https?:\/\/[^\s/]*\.[^\s]+$/.test(url) ? [{ text: label, url }] : []

const answerButtons = (session: Session, view: Turn) => {
  const press = pressing(session, view)
  return [...press("✅ Approve", "approve"), ...press("✏️ Reject", "reject")]
}

const resultButtons = (session: Session, view: Turn): TelegramKeyboard => {
  const press = pressing(session, view)
  return rows(
    opening("Open pull request", view.pullRequest?.url),
    [
      ...(view.changes === undefined ? [] : press("Diff", "diff")),
      ...press("Log", "log"),
      ...(view.end?.end === "complete" ? [] : press("Retry", "retry"))
    ]
  )
}

/** The one message of a turn that is edited in place. */
export const status = (session: Session, view: Turn, now: number, doubts: Doubts): Shown => {
  const press = pressing(session, view)
  const detail = view.end !== undefined
    ? cut(view.end.text, 300)
    : view.lastAction === ""
    ? ""
    : cut(view.lastAction, 200)
  const reviews = reviewLine(view)
  const words: Rich = [
    ...headline(session, view),
    text(
      `\n\n${signOf(view)} ${phaseOf(session, view)} · ${TurnView.elapsed(view, now)}${money(view.usage.costUsd)}`
    ),
    ...(view.changes === undefined ? [] : [text(`\n${view.changes}`)]),
    ...(view.checks === undefined ? [] : [text(`\n${view.checks}`)]),
    ...(reviews === "" ? [] : [text(`\n${reviews}`)]),
    ...(detail === "" ? [] : [text("\n"), ...(view.end === undefined ? [code(detail)] : [text(detail)])]),
    ...(view.waiting && doubts.isPlanInDoubt ? [text("\n/plan shows the plan.")] : []),
    ...(doubts.isNoticeInDoubt
      ? view.notices.filter(isOpen).flatMap((each) => [text("\n\n"), ...rich(session, each)])
      : []),
    ...(doubts.isContinued ? [text("\n(continued after an interruption)")] : [])
  ]
  return {
    markdown: write(words),
    keyboard: view.end !== undefined
      ? doubts.isCardInDoubt ? resultButtons(session, view) : []
      : rows(
        view.waiting && doubts.isPlanInDoubt ? answerButtons(session, view) : [],
        view.budget === undefined ? [] : press(`💵 Add $${view.budget.addUsd}`, "budget"),
        press("⏹ Stop", "stop")
      )
  }
}

/** Splits a long text into several messages, with the buttons under the last. */
export const messages = (rich: Rich, keyboard: TelegramKeyboard): ReadonlyArray<Shown> => {
  const pieces = split(rich).filter((piece) => !isBlank(piece))
  return pieces.map((piece, index) => ({
    markdown: write(piece),
    keyboard: index === pieces.length - 1 ? keyboard : []
  }))
}

/** A plan longer than this (in characters) is cut, and says where the rest is. */
const planLimit = 4 * messageLimit
/** A result longer than this (in characters) is cut; the log has all of it. */
const resultLimit = 3 * messageLimit

/** The plan's text. */
const planText = (session: Session, plan: { readonly title: string; readonly markdown: string }): Rich => [
  bold(cut(plan.title, 300)),
  text("\n\n"),
  ...Markdown.shortened(plan.markdown, planLimit, [
    text("…\n\nThis plan is too long for a chat: "),
    code(`opentl status ${session.id}`),
    text(" shows all of it.")
  ])
]

/** The plan with its buttons, while it waits. */
export const plan = (session: Session, view: Turn): ReadonlyArray<Shown> =>
  view.plan === undefined
    ? []
    : messages(
      [text(view.proposals > 1 ? "📋 The plan, revised: " : "📋 The plan: "), ...planText(session, view.plan)],
      view.waiting ? rows(answerButtons(session, view), pressing(session, view)("⏹ Stop", "stop")) : []
    )

const outcome = (view: Turn): Rich => {
  const shown = (content: string): Rich => [
    text("✅ "),
    ...Markdown.shortened(content, resultLimit, [text("…")])
  ]
  return Result.$match(resultOf(view), {
    Failed: ({ reason }): Rich => [text("❌ "), bold("It failed."), text(`\n${cut(reason, resultLimit)}`)],
    Stopped: ({ reason }): Rich => [text("⏹ "), bold("Stopped."), text(`\n${cut(reason, resultLimit)}`)],
    PullRequest: ({ name, url }): Rich => [text("✅ "), link(name, url), text(`\n${view.plan?.title ?? ""}`)],
    Branch: (result) => shown(result.text),
    Answer: (result) => shown(result.text)
  })
}

/** How a turn ended, with buttons for what can be done next. */
export const card = (session: Session, view: Turn): ReadonlyArray<Shown> => {
  const reviews = reviewLine(view)
  const facts = [
    `${session.repo}${view.branch === undefined ? "" : ` · ${view.branch}`}`,
    ...(view.changes === undefined ? [] : [view.changes]),
    ...(view.checks === undefined ? [] : [view.checks]),
    ...(reviews === "" ? [] : [reviews]),
    `${TurnView.elapsed(view, view.endedAt ?? view.startedAt)}${money(view.usage.costUsd)}`
  ]
  return messages([...outcome(view), text(`\n\n${facts.join("\n")}`)], resultButtons(session, view))
}
