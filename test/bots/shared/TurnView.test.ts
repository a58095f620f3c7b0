/** What a chat shows of a turn, as its events come. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as TurnView from "../../../src/bots/shared/TurnView.ts"
import { CommitId } from "../../../src/domain/Ids.ts"
import { MessageReceived, StopRequested, TurnEnded, TurnStarted, VerifyHeld } from "../../../src/domain/SessionEvent.ts"
import * as Verification from "../../../src/domain/Verification.ts"
import { agentLine, eventView, output, unknownEvent } from "../../support/Events.ts"

const by = { name: "ada", via: "slack" } as const
const deadline = DateTime.unsafeMake("2026-01-01T00:30:00Z")
const begun = TurnView.update(
  TurnView.begin(1, 0),
  eventView(1, TurnStarted.make({ turn: 1, prompt: "Fix it", deadline }))
)
const ended = TurnEnded.make({ turn: 1, end: "complete", text: "done" })

describe("a turn in a chat", () => {
  it("goes from its start to its end", () => {
    assert.deepInclude(begun, { turn: 1, phase: "starting" })
    const atWork = TurnView.advance(begun, output(2, "  compiling\n"))
    assert.deepInclude(atWork, { phase: "starting", lastAction: "compiling" })
    const stopping = TurnView.advance(atWork, eventView(3, StopRequested.make({ turn: 1, by })))
    assert.deepInclude(stopping, { phase: "stopping", lastAction: "stop requested by ada (slack)" })
    const done = TurnView.advance(stopping, eventView(4, ended, DateTime.unsafeMake(60_000)))
    assert.deepInclude(done, { phase: "complete", endedAt: 60_000, end: { end: "complete", text: "done" } })
  })

  it("shows what an agent does, and neither its thoughts nor what its tools print", () => {
    const did = TurnView.advance(begun, agentLine(2, "▸ npm test", { kind: "tool_call", title: "npm test" }))
    assert.deepInclude(did, { lastAction: "▸ npm test" })
    const thought = TurnView.advance(did, agentLine(3, "hm", { kind: "thought" }))
    const printed = TurnView.advance(thought, agentLine(4, "  ok 1", { kind: "tool_call", title: "npm test" }))
    assert.deepInclude(printed, { lastAction: "▸ npm test" })
    const said = TurnView.advance(printed, agentLine(5, "It works.", { kind: "message" }))
    assert.deepInclude(said, { lastAction: "It works." })
  })

  it("shows what the checks said of its newest commit", () => {
    const commit = CommitId.make("a".repeat(40))
    const tests = { passed: 117, failed: 0, skipped: 3, total: 120 }
    const baseTests = { ...tests, passed: 120, total: 123 }
    const verified = (outcome: "failed" | "passed", counts: Partial<Verification.CheckedCommand> = {}) =>
      eventView(
        2,
        VerifyHeld.make({
          turn: 1,
          round: 1,
          commit,
          verification: Verification.of(commit, [
            { name: "test", run: "test", outcome, seconds: 1, tail: "", ...counts }
          ])
        })
      )
    const failing = TurnView.advance(begun, verified("failed"))
    assert.deepInclude(failing, { phase: "checks failed", checks: "verification failed: 1 of 1 check (test)" })
    const passing = TurnView.advance(failing, verified("passed"))
    assert.deepInclude(passing, { phase: "reviewing", checks: "verified: 1 of 1 check passes" })
    const counted = TurnView.advance(failing, verified("passed", { tests, baseTests }))
    assert.deepInclude(counted, { checks: "verified: 1 of 1 check passes · tests: 120 → 117, 3 skipped" })
  })

  it("is followed by the next one, which a message begins", () => {
    const message = MessageReceived.make({ messageId: "m", text: "and the docs", by })
    assert.deepStrictEqual(TurnView.advance(begun, eventView(2, message)), begun)
    const next = [ended, message].map((fact, i) => eventView(2 + i, fact)).reduce(TurnView.advance, begun)
    assert.deepInclude(next, { turn: 2, phase: "queued" })
  })

  it("ends with the fact that says so, and with nothing that only looks like it", () => {
    assert.isTrue(TurnView.isEnd(eventView(1, ended)))
    assert.isFalse(TurnView.isEnd(output(1, "done")))
    assert.isFalse(TurnView.isEnd(unknownEvent(1, "error", "interrupted")))
    assert.isFalse(TurnView.isEnd(unknownEvent(1, "done", "done", { _tag: "TurnEnded", v: 2 })))
  })

  it("is left as it is by what is not known, but for a line of output", () => {
    for (
      const event of [
        unknownEvent(2, "status", "cloned the repository"),
        unknownEvent(2, "status", "the queue moved", { _tag: "QueueMoved", v: 1, turn: 2 }),
        unknownEvent(2, "usage", "plan: much", { _tag: "UsageRecorded", v: 1, usage: "much" })
      ]
    ) {
      assert.deepStrictEqual(TurnView.advance(begun, event), begun)
    }
    assert.strictEqual(TurnView.advance(begun, unknownEvent(2, "output", "a line")).lastAction, "a line")
  })
})
