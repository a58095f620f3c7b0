/** The facts of the models that a session uses: what they cost, and what the gateway refused. */
import * as Schema from "effect/Schema"
import { fact } from "./Fact.ts"
import { Ordinal } from "./Ids.ts"
import { Usage } from "./Usage.ts"
import { optional } from "./Wire.ts"

export const UsageRecorded = fact("UsageRecorded", {
  turn: Ordinal,
  source: Schema.Literal("plan", "agent", "review"),
  model: Schema.String,
  usage: Usage,
  /** The records of running calls that it counts: one that a killed server left is not counted again. */
  calls: optional(Schema.Array(Schema.String)),
  /** The provider did not say the tokens (a reply that broke off): they are an estimate. */
  estimated: optional(Schema.Boolean),
  /** What a person should know of the session's cost now, in a sentence. */
  warning: optional(Schema.String)
})

/** The gateway refused an endpoint of the model's API that no agent needs. */
export const EndpointRefused = fact("EndpointRefused", {
  turn: Ordinal,
  round: Ordinal,
  /** Method and path. */
  endpoint: Schema.String
})
