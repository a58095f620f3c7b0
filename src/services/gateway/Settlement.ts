/** Decides with what usage a call is counted when its reply is over. Pure. */
import type { Usage } from "../../domain/Usage.ts"
import * as ModelPrice from "../model/ModelPrice.ts"
import * as TokenEstimate from "../model/TokenEstimate.ts"
import type { CallRequest } from "./CallRequest.ts"
import type { OpenCall } from "./OpenCalls.ts"
import type { Said } from "./UsageDialects.ts"

export interface Reply {
  readonly said: Said
  /** How much text arrived. */
  readonly textBytes: number
  /** Whether the reply arrived completely. */
  readonly isWhole: boolean
  /** The time since the call went out. */
  readonly seconds: number
}

export interface Settlement {
  readonly tokens: ModelPrice.Tokens
  /** Whether the provider did not report the complete usage. */
  readonly estimated: boolean
}

/** A call that was abandoned before its reply started. */
export const unanswered: Omit<Reply, "seconds"> = { said: {}, textBytes: 0, isWhole: false }

/**
 * The provider's counts take precedence. Missing ones are estimated: the input from the size of the request, the output
 * from the text that arrived, and, if the reply was cut off, also from the time, because not everything that is written
 * is visible.
 */
export const settle = (call: Pick<CallRequest, "bytes" | "maxOutput">, reply: Reply): Settlement => {
  const { isWhole, said, seconds, textBytes } = reply
  const came = (seconds: number) => TokenEstimate.likelyOutput({ textBytes, seconds, maxOutput: call.maxOutput })
  const output = said.output === undefined
    ? came(isWhole ? 0 : seconds)
    : isWhole
    ? said.output
    : Math.max(said.output, came(0))
  return {
    tokens: { ...said.input ?? { input: TokenEstimate.likelyInput(call.bytes) }, output },
    estimated: said.input === undefined || said.output === undefined || output !== said.output
  }
}

/** With what a call is counted that somebody let go after this time: with what its answer said, if it was there. */
export const abandoned = (
  call: OpenCall,
  seconds: number
): { readonly usage: Usage; readonly estimated: boolean } => {
  if (call.usage !== undefined) return { usage: call.usage, estimated: false }
  const { estimated, tokens } = settle(call, { ...unanswered, seconds })
  return { usage: ModelPrice.usage(call.price, tokens), estimated }
}
