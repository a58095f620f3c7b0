/** Retells a conversation with one model to another one, which may speak another dialect. Pure. */
import type { Dialect } from "./Dialect.ts"
import { type Transcript, Turn } from "./Transcript.ts"

/**
 * Words, calls and results are kept. What only the old model understands (its thoughts, signatures, fields of its API) is
 * left out, and calls get ids that every API takes.
 */
export const translate = (transcript: Transcript, dialect: Pick<Dialect, "raw">): Transcript => {
  let count = 0
  let ids: ReadonlyMap<string, string> = new Map()
  return transcript.map(Turn.$match({
    User: (turn): Turn => turn,
    Model: ({ reply }) => {
      const calls = reply.calls.map((call) => ({ ...call, id: `call_${++count}` }))
      ids = new Map(reply.calls.map(({ id }, index) => [id, calls[index]?.id ?? id]))
      return Turn.Model({ reply: { ...reply, calls, raw: dialect.raw(reply.text, calls) } })
    },
    Tools: ({ results }) =>
      Turn.Tools({ results: results.map((result) => ({ ...result, callId: ids.get(result.callId) ?? result.callId })) })
  }))
}
