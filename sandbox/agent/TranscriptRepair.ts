/**
 * Makes a conversation valid again for the APIs, whatever it was interrupted by: each call has one result, directly after
 * it, and there is no result without its call. Pure.
 */
import { type ToolCall, type ToolResult, type Transcript, Turn } from "./Transcript.ts"

/** The result of a call that nobody knows the result of. */
export const interrupted = "Interrupted: the work was stopped before this call had ended. It may have been done in " +
  "part, or not at all: look before you go on."

const missing = ({ id }: ToolCall): ToolResult => ({ callId: id, text: interrupted, failed: true })

const resultsOf = (calls: ReadonlyArray<ToolCall>, known: ReadonlyArray<ToolResult>): Turn =>
  Turn.Tools({ results: calls.map((call) => known.find(({ callId }) => callId === call.id) ?? missing(call)) })

/** Gives every call its result. */
export const settle = (transcript: Transcript): Transcript => {
  const begin = transcript.findIndex((turn) => turn._tag === "User")
  const turns = begin === -1 ? [] : transcript.slice(begin)
  return turns.flatMap((turn, index): Transcript => {
    switch (turn._tag) {
      case "User":
        return [turn]
      case "Model": {
        const { calls } = turn.reply
        const next = turns[index + 1]
        return calls.length === 0 ? [turn] : [turn, resultsOf(calls, next?._tag === "Tools" ? next.results : [])]
      }
      case "Tools":
        return []
    }
  })
}
