/** Tells an earlier conversation again, for an editor that opens it. Pure. */
import type { SessionUpdate } from "@agentclientprotocol/sdk"
import { forLog } from "./OutputWindow.ts"
import { said, textContent } from "./Telling.ts"
import { planOf, type TodoList } from "./TodoList.ts"
import { type Transcript, Turn } from "./Transcript.ts"

/** The updates in their order. `prefix` begins the ids of the tool calls. */
export const replay = (transcript: Transcript, todo: TodoList, prefix: string): ReadonlyArray<SessionUpdate> => [
  ...transcript.flatMap((turn, at): ReadonlyArray<SessionUpdate> =>
    Turn.$match(turn, {
      User: ({ isPrompt, text }): ReadonlyArray<SessionUpdate> =>
        isPrompt === true ? [{ sessionUpdate: "user_message_chunk", content: { type: "text", text } }] : [],
      Model: ({ reply: { calls, text } }): ReadonlyArray<SessionUpdate> => [
        ...(text === "" ? [] : [said(text)]),
        ...calls.map((call, index): SessionUpdate => ({
          sessionUpdate: "tool_call",
          toolCallId: `${prefix}-${at + 1}-${index}`,
          title: call.name,
          status: "in_progress",
          rawInput: call.input
        }))
      ],
      Tools: ({ results }): ReadonlyArray<SessionUpdate> =>
        results.map(({ failed, text }, index) => ({
          sessionUpdate: "tool_call_update",
          toolCallId: `${prefix}-${at}-${index}`,
          status: failed ? "failed" : "completed",
          content: [textContent(forLog(text))]
        }))
    })
  ),
  ...(todo.length === 0 ? [] : [{ sessionUpdate: "plan" as const, entries: planOf(todo) }])
]
