/** Shows what a command prints while it runs, in the way that the other side can show it. */
import type { ToolCall, ToolCallContent } from "@agentclientprotocol/sdk"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { linesName } from "../acp/ToolLines.ts"
import { type Presentation, textContent } from "./Telling.ts"
import type { Progress, ToolOutput } from "./Tool.ts"

/** How many lines a growing text has at the most: the last ones. */
const mostLines = 60

type Fields = Pick<ToolCall, "_meta" | "content">

export interface LiveCall {
  /** What the call's beginning has beside its title. */
  readonly opening: Fields
  readonly progress: Progress
  /** What the call's end has: the command's output, or only how it ended where the output was shown. */
  readonly closing: (output: ToolOutput, text: string) => Fields
}

const content = (...parts: ReadonlyArray<ToolCallContent>): Fields => ({ content: [...parts] })

/** For one call of a command. The terminal is the extension by `_meta` that editors have for agents with their own shell. */
export const make = Effect.fnUntraced(function*(
  presentation: Presentation,
  id: string,
  directory: string,
  update: (fields: Fields) => Effect.Effect<void>
) {
  const shown = yield* Ref.make<ReadonlyArray<string>>([])
  const ways: Readonly<Record<Presentation, LiveCall>> = {
    lines: {
      opening: {},
      progress: (_, lines) => lines.length === 0 ? Effect.void : update({ _meta: { [linesName]: lines } }),
      closing: (output) => content(...output.shown)
    },
    text: {
      opening: {},
      progress: (_, lines) =>
        lines.length === 0
          ? Effect.void
          : Effect.flatMap(
            Ref.updateAndGet(shown, (before) => [...before, ...lines].slice(-mostLines)),
            (all) => update(content(textContent(all.join("\n"))))
          ),
      closing: (_, text) => content(textContent(text))
    },
    terminal: {
      opening: {
        content: [{ type: "terminal", terminalId: id }],
        _meta: { terminal_info: { terminal_id: id, cwd: directory } }
      },
      progress: (text) =>
        text === "" ? Effect.void : update({ _meta: { terminal_output: { terminal_id: id, data: text } } }),
      closing: ({ exitCode }) => ({
        _meta: { terminal_exit: { terminal_id: id, exit_code: exitCode ?? null, signal: null } }
      })
    }
  }
  return ways[presentation]
})
