/** What the calls that a killed server left running may have cost, by session: what they will be counted with. */
import * as Effect from "effect/Effect"
import * as OpenCalls from "../gateway/OpenCalls.ts"
import * as Settlement from "../gateway/Settlement.ts"

const costOf = ({ call, seconds }: OpenCalls.LeftCall): number => Settlement.abandoned(call, seconds).usage.costUsd

export const costs = (dataDir: string) =>
  Effect.map(
    OpenCalls.leftOver(dataDir),
    (sessions) =>
      new Map(
        sessions.map(([session, calls]) => [session, calls.reduce((total, call) => total + costOf(call), 0)] as const)
      )
  )
