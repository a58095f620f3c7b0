/** Buttons and forms. Each is a command about the session that it carries. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import { type PlanRef, waitingPlan } from "../../domain/SessionCommand.ts"
import { SlackClient, type SlackDestination } from "../../services/slack/SlackClient.ts"
import type { ButtonPressed, FormSubmitted } from "../../services/slack/SlackIncoming.ts"
import type { Caller, Outcome, Verb } from "../shared/ChatCommand.ts"
import { ChatRefusal } from "../shared/Conversations.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import * as Forms from "./SlackForms.ts"
import type { SlackPeople } from "./SlackPeople.ts"

const isId = Schema.is(SessionId)

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined

/** A button's value: the session, and for some buttons the turn and the plan. */
const valueOf = (value: string | undefined) => {
  const [id = "", turn, proposal] = (value ?? "").split("/")
  return isId(id) ? Option.some({ id, turn: number(turn), proposal: number(proposal) }) : Option.none()
}

/** Buttons that map directly to commands; the others need a plan. */
const simple = { stop: "stop", retry: "retry", budget: "budget", diff: "diff", log: "log" } as const satisfies Record<
  string,
  Verb
>
const isSimple = (action: string): action is keyof typeof simple => Object.hasOwn(simple, action)

export const make = Effect.fnUntraced(function*({ callerIn, permitted }: SlackPeople) {
  const actions = yield* SessionActions
  const slack = yield* SlackClient

  const askReason = (target: Forms.Target, trigger: string) => slack.openView(trigger, Forms.reject(target))

  const upload = (outcome: Extract<Outcome, { readonly _tag: "File" }>, destination: SlackDestination) =>
    Option.match(outcome.file, {
      onNone: () => new ChatRefusal({ reason: "there are no changes yet" }),
      onSome: (file) => {
        const title = `${outcome.kind === "diff" ? "Changes" : "Log"} of ${outcome.found.session.id}`
        return slack.upload(destination, { ...file, title })
      }
    })

  /** Opens the form that edits the plan, only while that plan waits. */
  const edit = Effect.fnUntraced(
    function*(id: SessionId, seen: PlanRef, channel: string, trigger: string, caller: Caller) {
      const { session } = yield* actions.find(id, caller)
      const answers = yield* waitingPlan(session, seen)
      const form = Forms.edit({ session: id, answers, channel }, session.plan ?? "")
      if (Option.isSome(form)) return yield* slack.openView(trigger, form.value)
      return yield* new ChatRefusal({
        reason: `this plan is too long for a form; use opentl approve ${id} --plan <file>`
      })
    }
  )

  const pressed = Effect.fnUntraced(function*({ actions: [action], container, trigger_id, user }: ButtonPressed) {
    const channel = container.channel_id
    const subject = valueOf(action?.value)
    if (action === undefined || channel === undefined || Option.isNone(subject) || action.action_id === "open") return
    yield* permitted(user.id, channel)
    const { id, proposal, turn } = subject.value
    const name = action.action_id
    const caller = yield* callerIn(user.id, channel)
    if (isSimple(name)) {
      const outcome = yield* actions.run(
        { verb: simple[name], id, ...(turn === undefined ? {} : { turn }) },
        caller
      )
      if (outcome._tag !== "File") return
      return yield* upload(outcome, { channel, thread: container.thread_ts ?? container.message_ts })
    }
    if (name !== "approve" && name !== "edit" && name !== "reject") return
    if (turn === undefined || proposal === undefined) {
      return yield* new ChatRefusal({
        reason:
          `this button does not say which plan it is about: use \`/opentl approve ${id}\` or \`/opentl reject ${id}\``
      })
    }
    const answers = { turn, proposal }
    if (name === "edit") return yield* edit(id, answers, channel, trigger_id, caller)
    const outcome = yield* actions.run({ verb: name, id, answers }, caller)
    if (outcome._tag === "ReasonWanted") yield* askReason({ session: id, answers, channel }, trigger_id)
  })

  const submitted = Effect.fnUntraced(function*({ user: { id: user }, view }: FormSubmitted) {
    const target = Forms.readTarget(view.private_metadata)
    if (Option.isNone(target)) return
    const { answers, channel, joins, session } = target.value
    yield* permitted(user, channel)
    const name = view.callback_id === "edit" ? "plan" : "reason"
    const text = Forms.textOf(view.state.values, name, joins)
    if (text.trim() === "") return Forms.faults(name === "plan" ? "plan-0" : "reason", "This must not be empty.")
    const verb = name === "plan" ? "approve" : "reject"
    yield* actions.run(
      { verb, id: session, answers, ...(name === "plan" ? { plan: text } : { reason: text }) },
      yield* callerIn(user, channel)
    )
    return undefined
  })

  return { askReason, pressed, submitted }
})

export type SlackButtons = Effect.Effect.Success<ReturnType<typeof make>>
