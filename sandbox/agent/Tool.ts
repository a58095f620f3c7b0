import type { ToolCallContent, ToolCallLocation, ToolKind } from "@agentclientprotocol/sdk"
import type * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { ToolDefinition } from "./LanguageModel.ts"

/** A tool's output for the model. A failure is for the model to handle, not an error of the agent. */
export interface ToolOutput {
  readonly text: string
  readonly failed: boolean
  /** What people see of it when the call has ended. */
  readonly shown: ReadonlyArray<ToolCallContent>
  /** Of a command; null if it was ended by a signal. */
  readonly exitCode?: number | null
}

/** What a call is about, for people. */
export interface About {
  readonly title: string
  readonly kind: ToolKind
  readonly locations: Array<ToolCallLocation>
}

/** Takes what a command prints while it runs: all of it, and the lines that are worth showing. */
export type Progress = (text: string, lines: ReadonlyArray<string>) => Effect.Effect<void>

/** Text that is valid as an argument or a path. Built from unnamed schemas, so that its JSON schema is inline. */
export const SystemText = Schema.String.pipe(
  Schema.minLength(1),
  Schema.filter((text) => !text.includes("\0"), { message: () => "There is a NUL character in it.", jsonSchema: {} })
)

/** A tool: the schema of its input, what people see of a call, and its effect. */
export interface Tool<A, I> {
  readonly name: string
  readonly description: string
  readonly input: Schema.Schema<A, I>
  /** Undefined if a call is not shown. */
  readonly about: (input: A) => About | undefined
  readonly run: (input: A, progress: Progress) => Effect.Effect<ToolOutput>
}

export const definition = <A, I>(tool: Tool<A, I>): ToolDefinition => ({
  name: tool.name,
  description: tool.description,
  parameters: Struct.omit(JSONSchema.make(tool.input), "$schema")
})
