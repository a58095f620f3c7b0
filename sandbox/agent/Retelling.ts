/** Tells what was asked and answered in a conversation that cannot be sent any more. Pure. */
import * as Memory from "../acp/Memory.ts"
import type { Asked } from "./Conversation.ts"
import { type Transcript, Turn } from "./Transcript.ts"

/** What somebody asked for, each with the last that was said to it. */
const exchangesOf = (transcript: Transcript) => {
  const exchanges: Array<{ readonly asked: string; readonly answered: string }> = []
  for (const [index, turn] of transcript.entries()) {
    if (turn._tag === "User" && (turn.isPrompt === true || index === 0)) {
      exchanges.push({ asked: turn.text, answered: "" })
    }
    const last = exchanges.at(-1)
    if (turn._tag === "Model" && turn.reply.text.trim() !== "" && last !== undefined) {
      exchanges[exchanges.length - 1] = { ...last, answered: turn.reply.text.trim() }
    }
  }
  return exchanges
}

/** A conversation that begins with the prompt, which tells what came before. */
export const retold = (before: Transcript, { instructions, prompt }: Asked): Transcript => {
  const [first] = before
  const given = instructions ?? (first?._tag === "User" ? first.instructions : undefined)
  const told = Memory.retell({ exchanges: Memory.shortened(exchangesOf(before)) })
  return [Turn.User({
    text: told === "" ? prompt : `${told}\n\n${prompt}`,
    isPrompt: true,
    ...(given === undefined ? {} : { instructions: given })
  })]
}
