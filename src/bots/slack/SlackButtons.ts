/** Buttons and forms: each acts on the session that it carries. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/Sessions.ts"
import { SessionId } from "../../domain/Ids.ts"
import { NothingToApprove, PlanRef, PlanReplaced } from "../../domain/SessionCommand.ts"
import { SlackClient } from "../../services/slack/SlackClient.ts"
import type { ButtonPressed, FormSubmitted } from "../../services/slack/SlackIncoming.ts"
import { ChatRefusal } from "../shared/Conversations.ts"
import { fileNames, logOf } from "./SlackFiles.ts"
import * as Modals from "./SlackForms.ts"
import type { SlackPeople } from "./SlackPeople.ts"

const isId = Schema.is(SessionId)

const isSamePlan = Schema.equivalence(PlanRef)

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined

/** A button's value: the session; the turn, where it is about one; and which plan of the turn. */
const valueOf = (value: string | undefined) => {
  const [id = "", turn, proposal] = (value ?? "").split("/")
  return isId(id) ? Option.some({ id, turn: number(turn), proposal: number(proposal) }) : Option.none()
}

export const make = Effect.fnUntraced(function*({ permitted, requester }: SlackPeople) {
  const sessions = yield* Sessions
  const slack = yield* SlackClient

  const stop = (id: SessionId, user: string) => Effect.flatMap(requester(user), (by) => sessions.stop(id, by))

  /** Tries the turn again that was seen to fail. */
  const retry = Effect.fnUntraced(function*(id: SessionId, turn: number | undefined, user: string) {
    return yield* sessions.retry(id, { turn, by: yield* requester(user) })
  })

  /** The form that changes or rejects a plan, for as long as that plan waits: nobody writes about one that was replaced. */
  const openForm = Effect.fnUntraced(function*(kind: "edit" | "reject", target: Modals.Target, trigger: string) {
    const { answers, session: id } = target
    const session = yield* sessions.get(id)
    if (session.proposal === undefined) return yield* new NothingToApprove({ sessionId: id })
    const waiting = { turn: session.turn, proposal: session.proposal }
    if (!isSamePlan(answers, waiting)) {
      return yield* new PlanReplaced({ sessionId: id, answered: answers, waiting })
    }
    if (kind === "reject") return yield* slack.openView(trigger, Modals.reject(target))
    const form = Modals.edit(target, session.plan ?? "")
    if (Option.isNone(form)) {
      return yield* new ChatRefusal({
        reason: `this plan is too long for a form; use: opentl approve ${id} --plan <file>`
      })
    }
    return yield* slack.openView(trigger, form.value)
  })

  const pressed = Effect.fnUntraced(function*({ actions, container, trigger_id, user: { id: user } }: ButtonPressed) {
    const [action] = actions
    const channel = container.channel_id
    const subject = valueOf(action?.value)
    if (action === undefined || channel === undefined || Option.isNone(subject) || action.action_id === "open") return
    yield* permitted(user, channel)
    const { id, proposal, turn } = subject.value
    const place = { channel, thread: container.thread_ts ?? container.message_ts }
    switch (action.action_id) {
      case "stop":
        return yield* stop(id, user)
      case "approve":
      case "reject":
      case "edit": {
        if (turn === undefined || proposal === undefined) {
          return yield* new ChatRefusal({
            reason:
              `this button does not say which plan it is about: use \`/opentl approve ${id}\` or \`/opentl reject ${id}\``
          })
        }
        const answers = { turn, proposal }
        return action.action_id === "approve"
          ? yield* sessions.approve(id, { answers, by: yield* requester(user) })
          : yield* openForm(action.action_id, { session: id, answers, channel }, trigger_id)
      }
      case "diff": {
        const content = yield* sessions.diff(id)
        if (content === "") return yield* new ChatRefusal({ reason: "there are no changes yet" })
        return yield* slack.upload(place, { name: fileNames.diff(id), title: `Changes of ${id}`, content })
      }
      case "log":
        return yield* slack.upload(place, {
          name: `opentl-${id}.log`,
          title: `Log of ${id}`,
          content: yield* logOf(sessions, id)
        })
      case "retry":
        return yield* retry(id, turn, user)
      default:
        return
    }
  })

  const submitted = Effect.fnUntraced(function*({ user: { id: user }, view }: FormSubmitted) {
    const target = Modals.readTarget(view.private_metadata)
    if (Option.isNone(target)) return
    const { answers, channel, joins, session } = target.value
    yield* permitted(user, channel)
    const name = view.callback_id === "edit" ? "plan" : "reason"
    const text = Modals.textOf(view.state.values, name, joins)
    if (text.trim() === "") return Modals.faults(name === "plan" ? "plan-0" : "reason", "This must not be empty.")
    const by = yield* requester(user)
    yield* name === "plan"
      ? sessions.approve(session, { plan: text, answers, by })
      : sessions.reject(session, { reason: text, answers, by })
    return undefined
  })

  return { openForm, pressed, retry, stop, submitted }
})

export type SlackButtons = Effect.Effect.Success<ReturnType<typeof make>>
