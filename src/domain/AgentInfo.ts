/** An agent as it is listed. */
import * as Schema from "effect/Schema"
import { AgentName } from "./Agent.ts"
import { optional } from "./Wire.ts"

export const AgentInfo = Schema.Struct({
  name: AgentName,
  /** Whether the sandbox has it. */
  installed: Schema.Boolean,
  /** The installed version. */
  version: optional(Schema.String),
  /** The providers of models, one of whose keys it needs. */
  providers: Schema.Array(Schema.String)
}).annotations({ identifier: "Agent" })
export type AgentInfo = typeof AgentInfo.Type

/** The same, from a server whose version may know other agents. */
export const ListedAgent = Schema.Struct({ ...AgentInfo.fields, name: Schema.NonEmptyString })
export type ListedAgent = typeof ListedAgent.Type
