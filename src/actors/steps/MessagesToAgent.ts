/** Gives the messages that came while the agent was at work to it, when it asks. */
import * as Effect from "effect/Effect"
import { deliveries, dueTo } from "../../domain/AgentMessages.ts"
import type { GiveMessages } from "../../services/gateway/MessageRoute.ts"
import type { RunId } from "../../services/sandbox/Sandbox.ts"
import type { StepContext } from "./StepContext.ts"

/**
 * The waiting messages count as given with the answer: they open no turn. If the session has moved on (a stop, another
 * owner), there is nothing to give. Whoever is in the sandbox can ask, as often as they like: where nothing waits, nothing is
 * written.
 */
export const giveMessages = ({ record }: StepContext, run: RunId): GiveMessages => (after) =>
  record([]).pipe(
    Effect.flatMap((state) => record(deliveries(state, run))),
    Effect.map((state) => dueTo(state, run, after)),
    Effect.catchAll((error) => Effect.as(Effect.logDebug(`no message was given to the agent: ${error.message}`), []))
  )

/** What a new run is told: the last message that its prompt contains. */
export const lastDelivered = ({ state }: StepContext): Readonly<Record<string, string>> => {
  const last = state.phase._tag === "Active" ? state.phase.turn.delivered.at(-1) : undefined
  return last === undefined ? {} : { OPENTL_LAST_MESSAGE: last.id }
}
