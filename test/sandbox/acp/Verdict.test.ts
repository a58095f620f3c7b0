import { assert, describe, it } from "@effect/vitest"
import { permit } from "../../../sandbox/acp/ProcessConnection.ts"
import { waysOf } from "../../../sandbox/acp/Sessions.ts"
import { failure } from "../../../sandbox/acp/Verdict.ts"

describe("a round", () => {
  it("succeeded if the agent ended its turn and said or did something", () => {
    assert.isUndefined(failure({ stopReason: "end_turn", answer: "Done.", toolCalls: 0 }))
    assert.isUndefined(failure({ stopReason: "end_turn", answer: "", toolCalls: 2 }))
  })

  it("failed if it ended without a word and without a tool", () => {
    assert.include(failure({ stopReason: "end_turn", answer: " \n", toolCalls: 0 }) ?? "", "without a word")
  })

  it("failed for any other reason to stop, also one of a later protocol", () => {
    assert.include(failure({ stopReason: "refusal", answer: "No.", toolCalls: 1 }) ?? "", "refused")
    assert.include(failure({ stopReason: "max_tokens", answer: "x", toolCalls: 1 }) ?? "", "most tokens")
    assert.include(failure({ stopReason: "new_reason", answer: "x", toolCalls: 1 }) ?? "", "new_reason")
  })
})

describe("a permission", () => {
  const option = (kind: "allow_always" | "allow_once" | "reject_once") => ({ optionId: kind, name: kind, kind })

  it("is the widest that is offered", () => {
    assert.strictEqual(permit([option("reject_once"), option("allow_once"), option("allow_always")]), "allow_always")
    assert.strictEqual(permit([option("reject_once"), option("allow_once")]), "allow_once")
    assert.isUndefined(permit([option("reject_once")]))
  })
})

describe("the ways to continue", () => {
  it("are those that work for the agent and that it says it has", () => {
    const both = { agentCapabilities: { loadSession: true, sessionCapabilities: { resume: {} } } }
    assert.deepStrictEqual(waysOf({ continues: ["resume", "load"] }, both), ["resume", "load"])
    assert.deepStrictEqual(waysOf({ continues: ["load"] }, both), ["load"])
    assert.deepStrictEqual(waysOf({ continues: ["resume", "load"] }, { agentCapabilities: { loadSession: true } }), [
      "load"
    ])
    assert.deepStrictEqual(waysOf({ continues: ["resume", "load"] }, {}), [])
  })
})
