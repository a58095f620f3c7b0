import type * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { ToolDefinition } from "./LanguageModel.ts"

/** A tool's output for the model. A failure is for the model to handle, not an error of the agent. */
export interface ToolOutput {
  readonly text: string
  readonly failed: boolean
  /** The text for the session's log if the tool has already logged the rest while it ran; by default `text`. */
  readonly log?: string
}

/** Text that is valid as an argument or a path. Built from unnamed schemas, so that its JSON schema is inline. */
export const SystemText = Schema.String.pipe(
  Schema.minLength(1),
  Schema.filter((text) => !text.includes("\0"), { message: () => "There is a NUL character in it.", jsonSchema: {} })
)

/** A tool: the schema of its input, its line in the log, and its effect. */
export interface Tool<A, I> {
  readonly name: string
  readonly description: string
  readonly input: Schema.Schema<A, I>
  readonly title: (input: A) => string
  readonly run: (input: A) => Effect.Effect<ToolOutput>
}

export const definition = <A, I>(tool: Tool<A, I>): ToolDefinition => ({
  name: tool.name,
  description: tool.description,
  parameters: Struct.omit(JSONSchema.make(tool.input), "$schema")
})
