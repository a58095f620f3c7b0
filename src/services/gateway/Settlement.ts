/** What a call is counted with when its reply is over. Pure. */
import type { Tokens } from "../model/ModelPrice.ts"
import * as TokenEstimate from "../model/TokenEstimate.ts"
import type { CallRequest } from "./CallRequest.ts"
import type { Said } from "./UsageMeter.ts"

export interface Reply {
  readonly said: Said
  /** How much text came. */
  readonly textBytes: number
  /** Whether the reply came to its end. */
  readonly isWhole: boolean
  /** Since the call went out. */
  readonly seconds: number
}

export interface Settlement {
  readonly tokens: Tokens
  /** Whether the provider did not say all of it. */
  readonly estimated: boolean
}

/** A call that was given up before its reply began. */
export const unanswered: Omit<Reply, "seconds"> = { said: {}, textBytes: 0, isWhole: false }

/**
 * What the provider said counts. What it did not say is estimated: the input by the size of the request, the output by
 * what came of it, and where the reply broke off by the time as well, as not all that is written shows.
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
