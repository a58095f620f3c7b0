/** On which commit a round's is put, as a fold over what a turn's rounds come to. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as FastCheck from "effect/FastCheck"
import { CommitId } from "../../src/domain/Ids.ts"
import * as RoundCommits from "../../src/domain/RoundCommits.ts"
import { Findings, Progress, type Turn } from "../../src/domain/SessionState.ts"
import { created } from "../support/Walk.ts"

const spec = created({ commits: "rounds", gate: "on" })

const turn: Turn = {
  number: 1,
  prompt: "x",
  startedAt: DateTime.unsafeMake(0),
  deadline: DateTime.unsafeMake(0),
  hasAsked: false,
  plan: undefined,
  reviews: [],
  delivered: []
}

const commitOf = (round: number) => CommitId.make(String(round).padStart(40, "0"))
const secret = { secrets: [{ rule: "github", file: "a", line: 1 }] }
const gates = { clean: { secrets: [] }, secret, unscanned: { secrets: [], unscanned: ["a.bin"] } }
const review = Findings.Review({ review: { _tag: "ChangesRequested", summary: "no", findings: [] } })

type Gated = keyof typeof gates

/** After rounds that the gate has seen so, each but the last reviewed or sent back. */
const after = (rounds: ReadonlyArray<Gated>): Turn =>
  rounds.reduce((turn, gated, i) => {
    const seen = { ...turn, ...RoundCommits.afterGate(spec, turn, commitOf(i + 1), gates[gated]) }
    const findings = gated === "secret" ? Findings.Secrets({ gate: secret }) : review
    return {
      ...seen,
      ...RoundCommits.beforeRound(spec, seen, Progress.Coding({ round: i + 2, started: false, findings }))
    }
  }, turn)

describe("the commits of a turn's rounds", () => {
  it.prop(
    "are built upon only where the gate has found nothing in them",
    [FastCheck.array(FastCheck.constantFrom<Gated>("clean", "secret", "unscanned"), { maxLength: 6 })],
    ([rounds]) => {
      const { kept, unkept } = after(rounds).rounds ?? {}
      const clean = rounds.lastIndexOf("clean")
      assert.strictEqual(kept, clean < 0 ? undefined : commitOf(clean + 1))
      assert.strictEqual(unkept === undefined, clean === rounds.length - 1)
    }
  )

  it("answer what was found in the one that they are put on, also where one between them is not kept", () => {
    assert.strictEqual(after(["clean"]).rounds?.answers, review)
    assert.strictEqual(after(["clean", "secret"]).rounds?.answers, review)
    assert.isUndefined(after(["secret"]).rounds?.answers)
  })

  it("are not looked at where a turn is one commit", () => {
    assert.deepStrictEqual(RoundCommits.afterGate(created(), turn, commitOf(1), gates.clean), {})
  })

  it("are all built upon where there is no gate", () => {
    assert.deepStrictEqual(RoundCommits.ungated({ ...spec, gate: "off" }, commitOf(1)), {
      rounds: { kept: commitOf(1) }
    })
    assert.deepStrictEqual(RoundCommits.ungated(spec, commitOf(1)), {})
  })
})
