import type * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { ToolDefinition } from "./LanguageModel.ts"

/** What a tool has to say to the model. A failure is for the model to deal with, not an error of the agent. */
export interface ToolOutput {
  readonly text: string
  readonly failed: boolean
  /** What is left to be told in the session's log, where the tool has told of the rest while it worked. Else it is the text. */
  readonly log?: string
}

/** Text that the operating system takes as an argument or a path. Of nameless parts, so that its JSON schema is inline. */
export const SystemText = Schema.String.pipe(
  Schema.minLength(1),
  Schema.filter((text) => !text.includes("\0"), { message: () => "There is a NUL character in it.", jsonSchema: {} })
)

/** A tool: its input's schema, a line for the log, and what it does. */
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
