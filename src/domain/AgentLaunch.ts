/**
 * How an agent that speaks the Agent Client Protocol is started in a sandbox: what the server writes into the run's
 * `in/agent.json`, and the host program in the sandbox reads.
 *
 * Texts may name variables of the sandbox's environment as `{{NAME}}`, because some are known only there: the gateway's
 * address (`ANTHROPIC_BASE_URL`, `OPENAI_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`), `HOME`, and where the image keeps its agents (`OPENTL_AGENTS`).
 */
import * as Schema from "effect/Schema"
import { optional } from "./Wire.ts"

/** The two ways of the protocol to go on with an earlier session. `load` tells the whole conversation again. */
export const Continuation = Schema.Literal("resume", "load")
export type Continuation = typeof Continuation.Type

export const AgentLaunch = Schema.Struct({
  /** The agent's name for people. */
  agent: Schema.NonEmptyString,
  /** The program and its arguments. */
  command: Schema.NonEmptyArray(Schema.String),
  environment: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Files that it reads from its home directory. */
  files: Schema.Array(Schema.Struct({ path: Schema.NonEmptyString, content: Schema.String })),
  /** The mode in which it asks for no permission, where it has to be told by the protocol. */
  mode: optional(Schema.NonEmptyString),
  /** How its sessions can be continued, as far as it says that it can: the first that works is used. */
  continues: Schema.Array(Continuation)
})
export type AgentLaunch = typeof AgentLaunch.Type

/** As JSON text. */
export const AgentLaunchJson = Schema.parseJson(AgentLaunch)

/** Replaces `{{NAME}}` by the variable's value; what is not set becomes an empty text. */
export const fill = (text: string, valueOf: (name: string) => string | undefined): string =>
  text.replace(/\{\{([A-Z][A-Z0-9_]*)\}\}/g, (_, name: string) => valueOf(name) ?? "")
