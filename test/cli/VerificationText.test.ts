/** What `opentl verify` prints. */
import { assert, describe, it } from "@effect/vitest"
import * as Style from "../../src/cli/terminal/Style.ts"
import { verificationText } from "../../src/cli/VerificationText.ts"
import { CommitId } from "../../src/domain/Ids.ts"
import * as Verification from "../../src/domain/Verification.ts"

const commit = CommitId.make("a".repeat(40))
const passed = { exitCode: 0, seconds: 2, tail: "" }
const counts = (count: number, skipped = 0) => ({ passed: count, failed: 0, skipped, total: count + skipped })

const printed = (...commands: ReadonlyArray<Verification.CheckedCommand>) => {
  return verificationText({ ...Verification.of(commit, commands), turn: 1, round: 1 }, {
    columns: undefined,
    style: Style.plain
  })
}

const lint = Verification.checked({ name: "lint", run: "npm run lint" }, passed, undefined)

describe("the table of the checks", () => {
  it("says how many tests ran on the base and here, where a runner says so", () => {
    const test = Verification.checked(
      { name: "test", run: "npm test" },
      { ...passed, tests: counts(117, 3) },
      { ...passed, tests: counts(120) }
    )
    const text = printed(lint, test)
    assert.match(text, /^CHECK +OUTCOME +EXIT +BASE +TIME +TESTS +COMMAND$/m)
    assert.match(text, /^lint +passed +0 +2 s +npm run lint$/m)
    assert.match(text, /^test +passed +0 +0 +2 s +120 → 117, 0 → 3 skipped +npm test$/m)
    assert.notInclude(printed(lint), "TESTS")
  })

  it("is followed by why commands were not run", () => {
    const absent = { exitCode: 127, seconds: 0, tail: "cargo: not found", missing: "cargo" }
    const text = printed(lint, Verification.checked({ name: "cargo test", run: "cargo test" }, absent, absent))
    assert.match(text, /^verified: 1 of 2 checks pass, 1 was not run · commit/)
    assert.match(text, /^cargo test +not run +cargo test$/m)
    assert.include(text, "\n\ncargo test: not run: cargo is not in the sandbox's image\n")
  })
})
