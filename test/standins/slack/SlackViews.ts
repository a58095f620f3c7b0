/** The methods of Slack's Web API about modals and Home tabs. */
import * as Either from "effect/Either"
import { viewProblems } from "./SlackBlocks.ts"
import { arrayAt, isJsonObject, type JsonObject, stringAt } from "./SlackJson.ts"
import { done, keptBlocks, type Method, type Refusal, refuse, require, required } from "./SlackMethod.ts"
import { botUserId, nextId, type SlackState, type SlackView } from "./SlackState.ts"
import { viewWire } from "./SlackWire.ts"

/** How long a trigger is good for, in milliseconds; and only once. */
const triggerLife = 3000

const viewArgument = (args: JsonObject, kind: "modal" | "home"): Either.Either<JsonObject, Refusal> =>
  Either.gen(function*() {
    const view = args["view"]
    if (view === undefined) return yield* refuse("invalid_arguments", ["missing required field: view"])
    if (!isJsonObject(view)) return yield* refuse("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    yield* require(JSON.stringify(view).length <= 250_000, "view_too_large")
    const problems = viewProblems(view, kind)
    yield* require(problems.length === 0, "invalid_arguments", problems)
    return view
  })

/** A view with new content and a new hash. */
const renewed = (
  state: SlackState,
  view: Omit<SlackView, "hash" | "view">,
  content: JsonObject
): readonly [SlackView, SlackState] => {
  const [hash, next] = nextId(state, `${state.lastTs}.`)
  return [{ ...view, hash, view: { ...content, blocks: keptBlocks(arrayAt(content, "blocks"), hash) } }, next]
}

const stored = (state: SlackState, view: SlackView): SlackState => ({
  ...state,
  views: [...state.views.filter((each) => each.id !== view.id), view]
})

const open: Method = (state, call) =>
  Either.gen(function*() {
    const triggerId = yield* required(call.args, "trigger_id")
    const content = yield* viewArgument(call.args, "modal")
    const trigger = state.triggers.find((each) => each.id === triggerId)
    if (trigger === undefined) return yield* refuse("invalid_trigger_id")
    yield* require(!trigger.used, "exchanged_trigger_id")
    yield* require(call.now - trigger.issuedAt <= triggerLife, "expired_trigger_id")
    const [id, next] = nextId(state, "V")
    const [view, after] = renewed(next, { errors: {}, id, kind: "modal", open: true, user: trigger.user }, content)
    const triggers = after.triggers.map((each) => each.id === triggerId ? { ...each, used: true } : each)
    return done(stored({ ...after, triggers }, view), { view: viewWire(view) })
  })

const update: Method = (state, call) =>
  Either.gen(function*() {
    const id = stringAt(call.args, "view_id")
    const externalId = stringAt(call.args, "external_id")
    yield* require(
      id !== undefined || externalId !== undefined,
      "invalid_arguments",
      ["missing required field: view_id"]
    )
    const current = state.views.find((each) =>
      each.open && (id === undefined ? each.view["external_id"] === externalId : each.id === id)
    )
    if (current === undefined) return yield* refuse("not_found")
    const hash = stringAt(call.args, "hash")
    yield* require(hash === undefined || hash === current.hash, "hash_conflict")
    const [view, after] = renewed(state, { ...current, errors: {} }, yield* viewArgument(call.args, current.kind))
    return done(stored(after, view), { view: viewWire(view) })
  })

const publish: Method = (state, call) =>
  Either.gen(function*() {
    const user = yield* required(call.args, "user_id")
    yield* require(user !== botUserId && state.users.some((each) => each.id === user), "invalid_arguments", [
      "invalid user_id"
    ])
    const content = yield* viewArgument(call.args, "home")
    const current = homeOf(state, user)
    const hash = stringAt(call.args, "hash")
    yield* require(hash === undefined || current === undefined || hash === current.hash, "hash_conflict")
    const [id, next] = current === undefined ? nextId(state, "V") : [current.id, state]
    const [view, after] = renewed(next, { errors: {}, id, kind: "home", open: true, user }, content)
    return done(stored(after, view), { view: viewWire(view) })
  })

/** A user's Home tab; undefined before it is published. */
export const homeOf = (state: SlackState, user: string): SlackView | undefined =>
  state.views.find((view) => view.kind === "home" && view.user === user)

/** The modal a user looks at: the one opened or updated last. */
export const modalOf = (state: SlackState, user: string): SlackView | undefined =>
  state.views.findLast((view) => view.kind === "modal" && view.user === user && view.open)

/**
 * What a submission's acknowledgement does to the view: nothing said closes it, `errors` are shown, `update` replaces
 * it, `clear` closes all. A replacement that Slack would refuse leaves the view as it was, with the problems as errors.
 */
export const submitted = (state: SlackState, id: string, response: unknown): SlackState => {
  const view = state.views.find((each) => each.id === id)
  if (view === undefined) return state
  const action = stringAt(response, "response_action")
  const errors = isJsonObject(response) ? response["errors"] : undefined
  const content = isJsonObject(response) ? response["view"] : undefined
  if (action === "errors") return stored(state, { ...view, errors: isJsonObject(errors) ? errors : {} })
  if (action === "update" || action === "push") {
    const problems = viewProblems(content, "modal")
    if (problems.length > 0 || !isJsonObject(content)) return stored(state, { ...view, errors: { view: problems } })
    const [next, after] = renewed(state, { ...view, errors: {} }, content)
    return stored(after, next)
  }
  return stored(state, { ...view, open: false })
}

export const viewMethods: Readonly<Record<string, Method>> = {
  "views.open": open,
  "views.publish": publish,
  "views.update": update
}
