/** A round of the built-in agent in a sandbox: hosted like every agent that speaks the protocol, in this process. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type { Writable } from "node:stream"
import type { AgentLaunch } from "../../src/domain/AgentLaunch.ts"
import { AcpConfig } from "../acp/AcpConfig.ts"
import { AgentStarter } from "../acp/Connection.ts"
import { Printer } from "../acp/Printer.ts"
import * as Round from "../acp/Round.ts"
import type { Outcome } from "./Agent.ts"
import * as InProcess from "./InProcess.ts"

/** Nothing is started for it. */
const launch: AgentLaunch = { agent: "opentl", command: ["opentl"], environment: {}, files: [], continues: ["resume"] }

const exitCodes: Readonly<Record<Outcome["end"], number>> = { done: 0, steps: 0, budget: 3, failed: 1 }

/** What all prompts of the round took. */
const usageLine = (outcomes: ReadonlyArray<Outcome>): string => {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  return `usage: ${sum(({ usage }) => usage.inputTokens)} input, ${
    sum(({ usage }) => usage.outputTokens)
  } output tokens in ${sum(({ steps }) => steps)} steps`
}

/**
 * Runs the round, and returns the program's exit code: 0 if the agent is done or has used all its steps, 1 if the model cannot
 * be reached, 3 if the budget is used up.
 */
export const run = (mark: string, stdout: () => Writable) =>
  Effect.provide(round(mark), Layer.provideMerge(Printer.layerTo(stdout), AcpConfig.layerOf(launch)))

const round = Effect.fn("SandboxRound.run")(
  function*(mark: string) {
    const fs = yield* FileSystem.FileSystem
    const printer = yield* Printer
    const { answerFile } = yield* AcpConfig
    const { outcomes, starter } = yield* InProcess.make(mark)
    const ended = yield* Effect.either(Effect.provideService(Round.run({}), AgentStarter, starter))
    const all = yield* outcomes
    const last = all.at(-1)
    if (Either.isLeft(ended) && (last === undefined || ended.left._tag === "OutputLimitReached")) {
      return yield* Effect.fail(ended.left)
    }
    if (last === undefined) return yield* new Round.RoundFailed({ reason: "it was asked nothing" })
    const say = (text: string) => Effect.ignore(printer.line({ kind: "message", text }))
    if (last.end === "budget" || last.end === "failed") yield* say(last.note)
    yield* say(usageLine(all))
    // more than one where messages came while it was at work
    yield* fs.writeFileString(answerFile, `${all.map(({ answer }) => answer).join("\n\n")}\n`)
    return exitCodes[last.end]
  },
  Effect.scoped
)
