import type { SessionUpdate, ToolCallContent } from "@agentclientprotocol/sdk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { editTool } from "./EditTool.ts"
import type { ToolDefinition } from "./LanguageModel.ts"
import * as LiveCall from "./LiveCall.ts"
import { forLog } from "./OutputWindow.ts"
import { shellTool } from "./ShellTool.ts"
import { type Telling, textContent } from "./Telling.ts"
import type { TodoList } from "./TodoList.ts"
import { todoTool } from "./TodoTool.ts"
import { type About, definition, type Progress, type Tool, type ToolOutput } from "./Tool.ts"
import type { ToolCall, ToolResult } from "./Transcript.ts"

/** A call that was decoded, or what is wrong with it. */
interface Bound {
  readonly about: About | undefined
  readonly run: (progress: Progress) => Effect.Effect<ToolOutput>
}

/** Hides the type of a tool's input: decodes what the model wrote. */
const bind = <A, I>(tool: Tool<A, I>) => {
  const decode = Schema.decodeUnknownEither(tool.input)
  const call = (input: unknown): Bound =>
    Either.match(decode(input), {
      onLeft: (error) => refused(`The input does not fit the tool ${tool.name}:\n${describe(error)}`),
      onRight: (decoded) => ({
        about: tool.about(decoded),
        run: (progress) => tool.run(decoded, progress)
      })
    })
  return { name: tool.name, definition: definition(tool), call }
}

/** The errors of an input, one per line, without echoing the input. */
const describe = (error: ParseResult.ParseError) =>
  ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => `- ${path.join(".") || "the input"}: ${message}`.slice(0, 300))
    .join("\n")

const refused = (text: string): Bound => ({
  about: { title: "(a tool call that cannot be run)", kind: "other", locations: [] },
  run: () => Effect.succeed({ text, failed: true, shown: [textContent(text)] })
})

/** Whether people are to see the call as one that failed: a command that says so by its exit code, too. */
const hasFailed = ({ exitCode, failed }: ToolOutput): boolean => failed || (exitCode !== undefined && exitCode !== 0)

export interface ToolboxOptions {
  readonly directory: string
  readonly telling: Telling
  readonly todo: Ref.Ref<TodoList>
  /** Begins the ids of calls: unique for the session. */
  readonly prefix: string
  /** Whether a call may be run. Calls that only look are not asked for. */
  readonly permit: (id: string, about: About) => Effect.Effect<boolean>
}

const notPermitted = "The person who asked did not permit this. Find another way, or say what you would need it for."

/** The agent's tools. Failures are reported to the model, which may try something else. */
export class Toolbox extends Context.Tag("opentl/agent/Toolbox")<Toolbox, {
  readonly definitions: ReadonlyArray<ToolDefinition>
  readonly run: (call: ToolCall) => Effect.Effect<ToolResult>
}>() {
  /** The tools for a directory, whose calls are told. */
  static readonly make = Effect.fn("Toolbox.make")(
    function*({ directory, permit, prefix, telling, todo }: ToolboxOptions) {
      const { presentation, tell } = telling
      const tools = [bind(yield* shellTool(directory)), bind(yield* editTool(directory)), bind(todoTool(todo, tell))]
      const count = yield* Ref.make(0)

      const find = (name: string, input: unknown): Bound => {
        const tool = tools.find((candidate) => candidate.name === name)
        return tool === undefined
          ? refused(`There is no tool ${name}. There are: ${tools.map(({ name }) => name).join(", ")}.`)
          : tool.call(input)
      }

      const runShown = Effect.fnUntraced(function*(about: About, input: unknown, run: Bound["run"]) {
        const id = `${prefix}-${yield* Ref.updateAndGet(count, (number) => number + 1)}`
        const update = (
          fields: Omit<Extract<SessionUpdate, { sessionUpdate: "tool_call_update" }>, "sessionUpdate" | "toolCallId">
        ) => tell({ sessionUpdate: "tool_call_update", toolCallId: id, ...fields })
        const live = yield* LiveCall.make(presentation, id, directory, update)
        yield* tell({
          sessionUpdate: "tool_call",
          toolCallId: id,
          status: "in_progress",
          rawInput: input,
          ...about,
          ...(about.kind === "execute" ? live.opening : {})
        })
        const isPermitted = about.kind === "read" || about.kind === "other" || (yield* permit(id, about))
        const output: ToolOutput = isPermitted
          ? yield* run(live.progress)
          : { text: notPermitted, failed: true, shown: [textContent(notPermitted)] }
        const shown: Array<ToolCallContent> = [...output.shown]
        yield* update({
          status: hasFailed(output) ? "failed" : "completed",
          ...(about.kind === "execute" ? live.closing(output, forLog(output.text)) : { content: shown })
        })
        return output
      })

      const run = Effect.fn("Toolbox.run")(function*({ id, input, name }: ToolCall) {
        const bound = find(name, input)
        const { failed, text } = yield* bound.about === undefined
          ? bound.run(() => Effect.void)
          : runShown(bound.about, input, bound.run)
        return { callId: id, text, failed }
      })

      return Toolbox.of({ definitions: tools.map(({ definition }) => definition), run })
    }
  )
}
