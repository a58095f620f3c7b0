import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Completes when the server is about to stop, so that streams end by themselves. Never completes by default. */
export class Draining extends Context.Reference<Draining>()("opentl/http/Draining", {
  defaultValue: (): Effect.Effect<void> => Effect.never
}) {}
