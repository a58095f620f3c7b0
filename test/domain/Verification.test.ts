import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { CommitId } from "../../src/domain/Ids.ts"
import * as Verification from "../../src/domain/Verification.ts"

const commit = CommitId.make("a".repeat(40))
const check = { name: "test", run: "npm run test" }
const end = (exitCode?: number, tail = ""): Verification.CommandRun => ({ exitCode, seconds: 1, tail })

const absent: Verification.CommandRun = { ...end(127), missing: "pytest" }
const over: Verification.CommandRun = { ...end(137), limit: "more than 10 GiB of disk" }

describe("a command's outcome", () => {
  const table: ReadonlyArray<
    readonly [
      head: Verification.CommandRun | undefined,
      base: Verification.CommandRun | undefined,
      outcome: Verification.CheckOutcome
    ]
  > = [
    [end(0), undefined, "passed"],
    [end(0), end(0), "passed"],
    [end(0), end(1), "fixed"],
    [end(1), end(0), "failed"],
    [end(1), end(2), "failed_before"],
    // what is not known of the base is no excuse
    [end(1), undefined, "failed"],
    [end(1), end(undefined), "failed"],
    [end(0), end(undefined), "passed"],
    [end(undefined), undefined, "timed_out"],
    [end(undefined), end(1), "timed_out"],
    [undefined, undefined, "not_run"],
    // a program that the image does not have; with the change alone it was taken away
    [absent, absent, "not_run"],
    [absent, end(0), "failed"],
    [absent, end(127), "failed"],
    [absent, undefined, "failed"],
    // where it was not there, nothing is known of the base
    [end(1), absent, "failed"],
    [end(0), absent, "passed"],
    [over, end(1), "failed"],
    [over, over, "failed_before"],
    [end(1), over, "failed"]
  ]
  for (const [head, base, outcome] of table) {
    const shown = (run: Verification.CommandRun | undefined) =>
      run === absent ? "no program" : run === over ? "a limit" : run?.exitCode
    it(`is ${outcome} where the head ends with ${shown(head)} and the base with ${shown(base)}`, () => {
      assert.strictEqual(Verification.checked(check, head, base).outcome, outcome)
    })
  }
})

describe("a verification", () => {
  it("fails for a new failure or a command that did not come to its end; where none was run, it is none", () => {
    FastCheck.assert(FastCheck.property(
      FastCheck.array(FastCheck.constantFrom(...Verification.CheckOutcome.literals), { minLength: 1 }),
      (outcomes) => {
        const verification = Verification.of(
          commit,
          outcomes.map((outcome) => ({ ...check, outcome, seconds: 1, tail: "" }))
        )
        const isHeldBack = outcomes.some((outcome) => outcome === "failed" || outcome === "timed_out")
        const isRun = outcomes.some((outcome) => outcome !== "not_run")
        assert.strictEqual(verification.outcome, isHeldBack ? "failed" : isRun ? "passed" : "none")
        assert.strictEqual(Verification.needsDraft(verification), isHeldBack)
        assert.strictEqual(Verification.failures(verification).length > 0, isHeldBack)
      }
    ))
  })

  it("of a repository without checks is none, which is no draft, and is said", () => {
    const verification = Verification.none(commit)
    assert.isFalse(Verification.needsDraft(verification))
    assert.strictEqual(Verification.show(verification), "not verified: the repository has no checks")
  })

  it("reads as a sentence and a line a command", () => {
    const verification = Verification.of(commit, [
      Verification.checked({ name: "lint", run: "lint" }, end(2), end(1)),
      Verification.checked(check, end(0), undefined)
    ])
    assert.strictEqual(
      Verification.show(verification),
      "verified: 1 of 2 checks pass, 1 fails on the base as well\n– lint: failed, as on the base, 1 s\n✓ test: passed, 1 s"
    )
    assert.strictEqual(
      Verification.show(Verification.of(commit, [Verification.checked(check, end(1), end(0))])),
      "verification failed: 1 of 1 check (test)\n✗ test: failed (exit code 1), 1 s"
    )
  })

  it("keeps the end of what a command printed, without splitting a character", () => {
    const [command] = Verification.withTails(
      Verification.of(commit, [Verification.checked(check, end(1, "abc\u{1f600}def"), undefined)]),
      4
    ).commands
    assert.strictEqual(command?.tail, "def")
  })
})
