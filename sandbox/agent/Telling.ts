/** What the agent tells of its work while it works, as updates of the Agent Client Protocol. */
import type { SessionUpdate, ToolCallContent } from "@agentclientprotocol/sdk"
import type * as Effect from "effect/Effect"

/**
 * How a running command's output is shown: as lines selected for a log (`linesOf`), in a terminal of the editor's, or as
 * text that grows.
 */
export type Presentation = "lines" | "terminal" | "text"

export interface Telling {
  readonly presentation: Presentation
  readonly tell: (update: SessionUpdate) => Effect.Effect<void>
  /** Says something about the work that is not the model's word. */
  readonly notice: (text: string) => Effect.Effect<void>
}

export const textContent = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } })

export const said = (text: string): SessionUpdate => ({
  sessionUpdate: "agent_message_chunk",
  content: { type: "text", text }
})
