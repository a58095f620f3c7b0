/** What the app says to an envelope: in time or not, and what follows from it. */
import { respond } from "./SlackInteractions.ts"
import { isJsonObject, stringAt } from "./SlackJson.ts"
import type { SlackState } from "./SlackState.ts"
import { submitted } from "./SlackViews.ts"

/** How long the app has to acknowledge an envelope, in milliseconds. */
const ackWithin = 3000

/** The state after a frame from the app: an acknowledgement with what it says, or a violation. */
export const acknowledged = (state: SlackState, connection: number, frame: unknown, now: number): SlackState => {
  const id = stringAt(frame, "envelope_id")
  const index = state.deliveries.findIndex((each) =>
    each.envelopeId === id && each.connection === connection && each.ackedAt === undefined
  )
  const delivery = state.deliveries[index]
  const violation = (rule: string, method: string): SlackState => ({
    ...state,
    violations: [...state.violations, { at: now, key: id ?? "", method, retryAfter: 0, rule }]
  })
  if (delivery === undefined) return violation("acknowledgement of an envelope that waits for one", "socket")
  const response = isJsonObject(frame) ? frame["payload"] : undefined
  const before = now - delivery.sentAt > ackWithin ? violation("acknowledgement within 3 s", delivery.type) : state
  const after = {
    ...before,
    deliveries: before.deliveries.map((each, place) => place === index ? { ...each, ackedAt: now, response } : each)
  }
  if (stringAt(delivery.payload, "type") === "view_submission") {
    return submitted(after, stringAt(delivery.payload, "view", "id") ?? "", response)
  }
  const says = isJsonObject(response) && (response["text"] !== undefined || response["blocks"] !== undefined)
  const hook = stringAt(delivery.payload, "response_url")?.split("/").at(-1)
  return delivery.type === "slash_commands" && says && hook !== undefined
    ? respond(after, hook, response, now).state
    : after
}
