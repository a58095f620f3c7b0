import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { advance, closingLine, elapsed, initial, isPrinted, reasonOf, statusLine } from "../../src/cli/TurnView.ts"
import { type EventType, SessionEventView } from "../../src/domain/EventText.ts"
import { event, sessionId, turnEnded } from "./Harness.ts"

const usage = (input: number, output: number, cost: number) => ({
  _tag: "UsageRecorded",
  usage: { input_tokens: input, output_tokens: output, cost_usd: cost }
})

/** An event so many seconds after the first. */
const at = (seconds: number, type: EventType, data: string, detail: Readonly<Record<string, unknown>> = {}) =>
  new SessionEventView({
    id: seconds + 1,
    sessionId,
    type,
    data,
    createdAt: DateTime.unsafeMake(seconds * 1000),
    detail
  })

const turn = [
  at(0, "status", "turn 1 started", { _tag: "TurnStarted", turn: 1 }),
  at(1, "usage", "plan (m): 1 in, 2 out", usage(1200, 30, 0.01)),
  at(2, "status", "round 1: agent starts in the docker sandbox", { _tag: "RoundStarted", round: 1 }),
  at(60, "usage", "agent (m): 1 in, 2 out", usage(800, 70, 0.02)),
  at(100, "review", "changes requested"),
  at(101, "status", "round 2: agent starts in the docker sandbox", { _tag: "RoundStarted", round: 2 }),
  at(192, "review", "approved")
]

describe("the view of a turn", () => {
  it("says what goes on and what it has cost so far", () => {
    assert.strictEqual(statusLine(turn.slice(0, 1).reduce(advance, initial)), "turn 1 started")
    assert.strictEqual(
      statusLine(turn.slice(0, 4).reduce(advance, initial)),
      "round 1: agent starts in the docker sandbox · 2,000 in, 100 out, $0.0300"
    )
  })

  it("says in one line how the turn went", () => {
    assert.strictEqual(
      closingLine(turn.reduce(advance, initial)),
      "2 rounds, 2 reviews, 3m 12s, 2,000 in, 100 out, $0.0300"
    )
    assert.strictEqual(closingLine(turn.slice(0, 2).reduce(advance, initial)), "1s, 1,200 in, 30 out, $0.0100")
    assert.strictEqual(closingLine(initial), "")
  })

  it("begins anew with the next turn", () => {
    const next = at(500, "status", "turn 2 started", { _tag: "TurnStarted", turn: 2 })
    assert.strictEqual(closingLine([...turn, next].reduce(advance, initial)), "0s")
  })

  it("prints neither usage nor the end, and of a failed agent only the end", () => {
    assert.isTrue(isPrinted(event(1, "status", "x", { _tag: "AgentFinished", exit_code: 0 }), false))
    assert.isTrue(isPrinted(event(1, "error", "The repository could not be cloned", { _tag: "ErrorReported" }), false))
    assert.isFalse(isPrinted(event(1, "usage", "plan: 1 in, 2 out", usage(1, 2, 0)), false))
    assert.isFalse(isPrinted(turnEnded(1, "error", "no luck"), true))
    assert.isFalse(isPrinted(event(1, "error", "agent exited with code 3", { _tag: "ErrorReported" }), false))
    assert.isFalse(isPrinted(event(1, "status", "x", { _tag: "AgentFinished", exit_code: 3 }), false))
  })

  it("gives the reason of a failure without what was printed just now", () => {
    const printed = ["one", "\x1b[31mtwo\x1b[0m", "three"].map((line, i) => event(i, "output", line)).reduce(
      advance,
      initial
    )
    assert.strictEqual(
      reasonOf(printed, "the agent exited with code 3: one\ntwo\nthree"),
      "the agent exited with code 3"
    )
    assert.strictEqual(
      reasonOf(printed, "the agent exited with code 137: out of memory\ntwo\nthree"),
      "the agent exited with code 137: out of memory"
    )
    assert.strictEqual(reasonOf(initial, "timed out\nafter 30 min"), "timed out after 30 min")
  })

  it("knows durations as people say them", () => {
    assert.deepStrictEqual([0, 59, 192, 3840].map((seconds) => elapsed(Duration.seconds(seconds))), [
      "0s",
      "59s",
      "3m 12s",
      "1h 4m"
    ])
  })
})
