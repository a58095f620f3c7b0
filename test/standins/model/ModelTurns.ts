/** The law of tool calls: each call is answered in the very next turn, once, and nothing is answered uncalled. */
import type { ModelMessage } from "./ModelScript.ts"

/** A breach of the law: which calls, and the message in which it shows. */
export interface TurnFault {
  readonly kind: "uncalled" | "twice" | "unanswered"
  readonly index: number
  readonly ids: ReadonlyArray<string>
}

interface Turn {
  /** Where the turn's first message stands in the conversation. */
  readonly index: number
  readonly role: ModelMessage["role"]
  readonly asked: ReadonlyArray<string>
  readonly answered: ReadonlyArray<string>
}

/** Messages of one role that follow one another are one turn. */
const turns = (messages: ReadonlyArray<ModelMessage>): ReadonlyArray<Turn> =>
  messages.reduce<ReadonlyArray<Turn>>((turns, { role, toolCalls, toolResults }, index) => {
    const asked = toolCalls.map((call) => call.id)
    const answered = toolResults.map((result) => result.callId)
    const last = turns.at(-1)
    return last?.role === role
      ? [...turns.slice(0, -1), {
        ...last,
        asked: [...last.asked, ...asked],
        answered: [...last.answered, ...answered]
      }]
      : [...turns, { index, role, asked, answered }]
  }, [])

/** The first breach of the law in a conversation. A call in its last message has no answer yet: that is one too. */
export const turnFault = (messages: ReadonlyArray<ModelMessage>): TurnFault | undefined => {
  const conversation = turns(messages)
  for (const [position, { answered, index }] of conversation.entries()) {
    const asked = conversation[position - 1]?.asked ?? []
    const uncalled = answered.filter((id) => !asked.includes(id))
    if (uncalled.length > 0) {
      return { kind: "uncalled", index, ids: uncalled }
    }
    const twice = answered.filter((id, first) => answered.indexOf(id) !== first)
    if (twice.length > 0) {
      return { kind: "twice", index, ids: twice }
    }
    const open = asked.filter((id) => !answered.includes(id))
    if (open.length > 0) {
      return { kind: "unanswered", index: index - 1, ids: open }
    }
  }
  const last = conversation.at(-1)
  return last === undefined || last.asked.length === 0
    ? undefined
    : { kind: "unanswered", index: last.index, ids: last.asked }
}
