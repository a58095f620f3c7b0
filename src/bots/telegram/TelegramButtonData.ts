/** The data that a button sends back. Pure. Telegram accepts at most 64 bytes. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import type { TelegramButton } from "../../services/telegram/TelegramClient.ts"

const codes = { approve: "a", reject: "r", stop: "s", diff: "d", log: "l", retry: "t", budget: "b" } as const
export type Action = keyof typeof codes
const actions: ReadonlyArray<readonly [string, Action]> = [
  ["a", "approve"],
  ["r", "reject"],
  ["s", "stop"],
  ["d", "diff"],
  ["l", "log"],
  ["t", "retry"],
  ["b", "budget"]
]

export interface Press {
  readonly action: Action
  readonly sessionId: SessionId
  readonly turn: number
  /** The number of the plan in its turn; 0 if the button is not about a plan. */
  readonly proposal: number
}

export const encode = ({ action, proposal, sessionId, turn }: Press): string =>
  `${codes[action]}.${turn}.${proposal}.${sessionId}`

const readId = Schema.decodeOption(SessionId)

/** Decodes a button's data; none if this version has no such button. */
export const decode = (data: string): Option.Option<Press> => {
  const [, code, turn, proposal, id = ""] = /^([a-z])\.(\d{1,9})\.(\d{1,9})\.(.+)$/.exec(data) ?? []
  const action = actions.find(([each]) => each === code)?.[1]
  return action === undefined
    ? Option.none()
    : Option.map(
      readId(id),
      (sessionId) => ({ action, sessionId, turn: Number(turn), proposal: Number(proposal) })
    )
}

/** The button, or none if its data would be too long: every action is also a command. */
export const button = (text: string, press: Press): ReadonlyArray<TelegramButton> => {
  const data = encode(press)
  return new TextEncoder().encode(data).length <= 64 ? [{ text, data }] : []
}
