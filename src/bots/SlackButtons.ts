/** Buttons and forms: each acts on the session that it carries. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../actors/Sessions.ts"
import { SessionId } from "../domain/Ids.ts"
import { SlackClient } from "../services/chat/SlackClient.ts"
import type { ButtonPressed, FormSubmitted } from "../services/chat/SlackIncoming.ts"
import { ChatRefusal } from "./Conversations.ts"
import { fileNames, logOf } from "./SlackFiles.ts"
import * as Modals from "./SlackModals.ts"
import type { SlackPeople } from "./SlackPeople.ts"

const isId = Schema.is(SessionId)

export const make = Effect.fnUntraced(function*({ permitted, requester }: SlackPeople) {
  const sessions = yield* Sessions
  const slack = yield* SlackClient

  const stop = (id: SessionId, user: string) => Effect.flatMap(requester(user), (by) => sessions.stop(id, by))

  /** Tries a turn again that did not end well; only the newest one can be. */
  const retry = Effect.fnUntraced(function*(id: SessionId, turn: number, user: string) {
    const session = yield* sessions.get(id)
    if (session.turn !== turn) return yield* new ChatRefusal({ reason: `session ${id} has gone on since` })
    if (!session.isEnded) return yield* new ChatRefusal({ reason: `session ${id} is still at work` })
    if (session.status === "complete") {
      return yield* new ChatRefusal({
        reason: `the last turn of session ${id} ended well: write what else is to be done`
      })
    }
    yield* sessions.message(
      id,
      "Try again: the last turn did not come to its end.",
      yield* requester(user),
      `slack:retry:${id}:${turn}`
    )
  })

  /** The value of a button: a session, and for some the turn. */
  const valueOf = (value: string | undefined) => {
    const [id = "", turn = ""] = (value ?? "").split("/")
    return isId(id) ? Option.some({ id, turn }) : Option.none()
  }

  const pressed = Effect.fnUntraced(function*({ actions, container, trigger_id, user: { id: user } }: ButtonPressed) {
    const [action] = actions
    const channel = container.channel_id
    const subject = valueOf(action?.value)
    if (action === undefined || channel === undefined || Option.isNone(subject) || action.action_id === "open") return
    yield* permitted(user, channel)
    const { id, turn } = subject.value
    const place = { channel, thread: container.thread_ts ?? container.message_ts }
    switch (action.action_id) {
      case "stop":
        return yield* stop(id, user)
      case "approve":
        return yield* sessions.approve(id, { by: yield* requester(user) })
      case "reject":
        return yield* slack.openView(trigger_id, Modals.reject(id, channel))
      case "edit": {
        const { plan } = yield* sessions.get(id)
        const form = Modals.edit(id, channel, plan ?? "")
        if (Option.isNone(form)) {
          return yield* new ChatRefusal({
            reason: `this plan is too long for a form; use: opentl approve ${id} --plan <file>`
          })
        }
        return yield* slack.openView(trigger_id, form.value)
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
        return yield* retry(id, Number(turn), user)
      default:
        return
    }
  })

  const submitted = Effect.fnUntraced(function*({ user: { id: user }, view }: FormSubmitted) {
    const target = Modals.readTarget(view.private_metadata)
    if (Option.isNone(target)) return
    const { channel, joins, session } = target.value
    yield* permitted(user, channel)
    const name = view.callback_id === "edit" ? "plan" : "reason"
    const text = Modals.textOf(view.state.values, name, joins)
    if (text.trim() === "") return Modals.faults(name === "plan" ? "plan-0" : "reason", "This must not be empty.")
    const by = yield* requester(user)
    yield* Effect.asVoid(
      name === "plan" ? sessions.approve(session, { plan: text, by }) : sessions.reject(session, { reason: text, by })
    )
      .pipe(
        Effect.catchTags({
          PlanReplaced: (error) => new ChatRefusal({ reason: error.message }),
          NothingToApprove: (error) => new ChatRefusal({ reason: error.message }),
          ApproverIsRequester: (error) => new ChatRefusal({ reason: error.message })
        })
      )
    return undefined
  })

  return { pressed, retry, stop, submitted }
})

export type SlackButtons = Effect.Effect.Success<ReturnType<typeof make>>
