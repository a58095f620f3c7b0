import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { editTool } from "./EditTool.ts"
import type { ToolDefinition } from "./LanguageModel.ts"
import { forLog } from "./OutputWindow.ts"
import { shellTool } from "./ShellTool.ts"
import { definition, type Tool, type ToolOutput } from "./Tool.ts"
import type { ToolCall, ToolResult } from "./Transcript.ts"

/** Hides the type of a tool's input: decodes what the model wrote, logs the call, and runs it. */
const bind = <A, I>(tool: Tool<A, I>) => {
  const decode = Schema.decodeUnknownEither(tool.input)
  const call = (input: unknown): Effect.Effect<ToolOutput> =>
    Either.match(decode(input), {
      onLeft: (error) => refused(`The input does not fit the tool ${tool.name}:\n${describe(error)}`),
      onRight: (decoded) => Effect.zipRight(Console.log(tool.title(decoded)), tool.run(decoded))
    })
  return { name: tool.name, definition: definition(tool), call }
}

/** The errors of an input, one per line, without echoing the input. */
const describe = (error: ParseResult.ParseError) =>
  ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => `- ${path.join(".") || "the input"}: ${message}`.slice(0, 300))
    .join("\n")

const refused = (text: string): Effect.Effect<ToolOutput> =>
  Effect.as(Console.log("(a tool call that cannot be run)"), { text, failed: true })

/** The agent's tools. Failures are reported to the model, which may try something else. */
export class Toolbox extends Context.Tag("opentl/agent/Toolbox")<Toolbox, {
  readonly definitions: ReadonlyArray<ToolDefinition>
  readonly run: (call: ToolCall) => Effect.Effect<ToolResult>
}>() {
  /** The tools for a repository's directory. */
  static readonly layer = (directory: string) =>
    Layer.effect(
      Toolbox,
      Effect.gen(function*() {
        const tools = [bind(yield* shellTool(directory)), bind(yield* editTool(directory))]

        const run = Effect.fn("Toolbox.run")(function*({ id, input, name }: ToolCall) {
          const tool = tools.find((candidate) => candidate.name === name)
          const { failed, log, text } = yield* tool === undefined
            ? refused(`There is no tool ${name}. There are: ${tools.map(({ name }) => name).join(", ")}.`)
            : tool.call(input)
          yield* Console.log(log ?? forLog(text))
          return { callId: id, text, failed }
        })

        return Toolbox.of({ definitions: tools.map(({ definition }) => definition), run })
      })
    )
}
