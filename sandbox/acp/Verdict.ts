/** Whether a round was a success, as far as it can be judged in the sandbox. Pure. */
import type { StopReason } from "@agentclientprotocol/sdk"

export interface Ended {
  readonly stopReason: StopReason | (string & {})
  readonly answer: string
  readonly toolCalls: number
}

const reasons: Readonly<Record<string, string>> = {
  max_tokens: "its model reached the most tokens that it may write",
  max_turn_requests: "it made the most model calls that it makes for one task",
  refusal: "its model refused to go on",
  cancelled: "it was stopped"
}

/**
 * Why a round failed; undefined for a success. An agent's own word is not enough: several end their turn as if all was
 * well after an error of the model, without having said or done anything.
 */
export const failure = ({ answer, stopReason, toolCalls }: Ended): string | undefined => {
  if (stopReason !== "end_turn") return reasons[stopReason] ?? `it ended with "${stopReason}"`
  return answer.trim() === "" && toolCalls === 0 ? "it ended without a word and without having used a tool" : undefined
}
