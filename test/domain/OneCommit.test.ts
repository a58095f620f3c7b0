/** What was verified, what was reviewed and what is pushed is one and the same commit. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { CommitId } from "../../src/domain/Ids.ts"
import type { SessionEvent } from "../../src/domain/SessionEvent.ts"
import { admits } from "../../src/domain/SessionFold.ts"
import { walkUndisturbed } from "../support/Walk.ts"

const other = CommitId.make("f".repeat(40))
const walks = FastCheck.array(FastCheck.nat({ max: 1000 }), { minLength: 20, maxLength: 80 }).map((choices) =>
  walkUndisturbed(choices, { rounds: 3 })
)

const about = new Set<SessionEvent["_tag"]>(["GateHeld", "VerifyHeld", "ReviewHeld", "BranchPushed"])

describe("a session's log", () => {
  it("takes what is said of the commit that is on its way, and of no other", () => {
    FastCheck.assert(FastCheck.property(walks, ({ events, states }) => {
      for (const [i, event] of events.entries()) {
        const before = states[i - 1]
        if (before === undefined || !about.has(event._tag) || !("commit" in event) || !admits(before, event)) continue
        assert.isFalse(admits(before, { ...event, commit: other }), event._tag)
      }
    }))
  })

  it("has before each push a gate, a verification and a review of the turn, in this order", () => {
    FastCheck.assert(FastCheck.property(walks, ({ events, states }) => {
      const admitted = events.filter((event, i) => {
        const before = states[i - 1]
        return before !== undefined && admits(before, event)
      })
      for (const [i, event] of admitted.entries()) {
        if (event._tag !== "BranchPushed") continue
        const steps = admitted.slice(0, i).flatMap(({ _tag }) => about.has(_tag) ? [_tag] : []).slice(-3)
        assert.deepStrictEqual(steps, ["GateHeld", "VerifyHeld", "ReviewHeld"])
      }
    }))
  })

  it("never has more runs of the agent in a turn than it may", () => {
    const few = FastCheck.array(FastCheck.nat({ max: 1000 }), { minLength: 20, maxLength: 80 }).map((choices) =>
      walkUndisturbed(choices, { rounds: 1 })
    )
    FastCheck.assert(FastCheck.property(few, ({ states }) => {
      for (const { phase } of states) {
        if (phase._tag === "Active" && phase.progress._tag === "Coding") assert.strictEqual(phase.progress.round, 1)
      }
    }))
  })

  it("never goes on to checks, review and push with a commit in which secrets were found", () => {
    FastCheck.assert(FastCheck.property(walks, ({ events, states }) => {
      for (const [i, event] of events.entries()) {
        const before = states[i - 1]
        const phase = states[i]?.phase
        if (event._tag !== "GateHeld" || event.gate.secrets.length === 0) continue
        if (before === undefined || phase?._tag !== "Active" || !admits(before, event)) continue
        assert.include(["Coding", "Closing"], phase.progress._tag)
      }
    }))
  })
})
