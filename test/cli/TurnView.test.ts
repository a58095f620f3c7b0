import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { advance, closingLine, elapsed, initial, isPrinted, reasonOf, statusLine } from "../../src/cli/TurnView.ts"
import type { Review } from "../../src/domain/Review.ts"
import {
  AgentFinished,
  ErrorReported,
  ReviewHeld,
  RoundStarted,
  type SessionEvent,
  TurnStarted,
  UsageRecorded
} from "../../src/domain/SessionEvent.ts"
import { eventView, output, turnEnded, unknownEvent } from "../support/Events.ts"
import { epoch } from "./Harness.ts"

/** An event so many seconds after the first. */
const at = (seconds: number, fact: SessionEvent) => eventView(seconds + 1, fact, DateTime.unsafeMake(seconds * 1000))

const turnStarted = (turn: number) => TurnStarted.make({ turn, prompt: "Fix it", deadline: epoch })
const roundStarted = (round: number) => RoundStarted.make({ turn: 1, round, sandbox: "docker" })
const used = (source: "plan" | "agent", inputTokens: number, outputTokens: number, costUsd: number) =>
  UsageRecorded.make({ turn: 1, source, model: "m", usage: { inputTokens, outputTokens, costUsd } })
const reviewHeld = (round: number, review: Review) => ReviewHeld.make({ turn: 1, round, review })
const finished = (exitCode: number) => AgentFinished.make({ turn: 1, round: 1, exitCode, answer: "" })
const errorReported = (text: string) => ErrorReported.make({ turn: 1, round: 1, line: 1, text })

const turn = [
  at(0, turnStarted(1)),
  at(1, used("plan", 1200, 30, 0.01)),
  at(2, roundStarted(1)),
  at(60, used("agent", 800, 70, 0.02)),
  at(100, reviewHeld(1, { _tag: "ChangesRequested", summary: "no tests", findings: [] })),
  at(101, roundStarted(2)),
  at(192, reviewHeld(2, { _tag: "Approved", summary: "fine", findings: [] }))
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

  it("counts no review that was not held", () => {
    const skipped = [
      at(0, turnStarted(1)),
      at(1, roundStarted(1)),
      at(2, reviewHeld(1, { _tag: "Skipped", reason: "no model is configured" }))
    ]
    assert.strictEqual(closingLine(skipped.reduce(advance, initial)), "1 round, 2s")
    const unreadable = at(3, reviewHeld(1, { _tag: "Unreadable", reason: "no verdict" }))
    assert.strictEqual(closingLine([...skipped, unreadable].reduce(advance, initial)), "1 round, 1 review, 3s")
  })

  it("begins anew with the next turn", () => {
    assert.strictEqual(closingLine([...turn, at(500, turnStarted(2))].reduce(advance, initial)), "0s")
  })

  it("prints neither usage nor the end, and of a failed agent only the end", () => {
    assert.isTrue(isPrinted(eventView(1, finished(0)), false))
    assert.isTrue(isPrinted(eventView(1, errorReported("The repository could not be cloned")), false))
    assert.isFalse(isPrinted(eventView(1, used("plan", 1, 2, 0)), false))
    assert.isFalse(isPrinted(turnEnded(1, "error", "no luck"), true))
    assert.isFalse(isPrinted(eventView(1, errorReported("agent exited with code 3")), false))
    assert.isFalse(isPrinted(eventView(1, finished(3)), false))
  })

  it("shows what an event says also where it is not known what happened", () => {
    const unknown = [
      unknownEvent(1, "status", "cloned the repository"),
      unknownEvent(2, "output", "a line"),
      unknownEvent(3, "usage", "review: 1 in, 2 out", { _tag: "UsageRecorded", v: 2 }),
      unknownEvent(4, "review", "approved: fine"),
      unknownEvent(5, "status", "the queue moved", { _tag: "QueueMoved", v: 1, round: "second" })
    ]
    const view = unknown.reduce(advance, initial)
    assert.strictEqual(statusLine(view), "the queue moved")
    assert.deepStrictEqual(view.output, ["a line"])
    assert.strictEqual(closingLine(view), "0s")
    assert.deepStrictEqual(unknown.map((event) => isPrinted(event, false)), [true, true, false, true, true])
  })

  it("gives the reason of a failure without what was printed just now", () => {
    const printed = ["one", "\x1b[31mtwo\x1b[0m", "three"].map((line, i) => output(i + 1, line)).reduce(
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
