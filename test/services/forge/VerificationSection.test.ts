import { assert, describe, it } from "@effect/vitest"
import { CommitId } from "../../../src/domain/Ids.ts"
import * as Verification from "../../../src/domain/Verification.ts"
import { verificationSection } from "../../../src/services/forge/VerificationSection.ts"

describe("the row of a check of several lines", () => {
  it("tells its lines apart", () => {
    const run = "npm run lint\n  npm test | cat\n"
    const command = Verification.checked({ name: "all", run }, { exitCode: 0, seconds: 2, tail: "" }, undefined)
    const section = verificationSection(Verification.of(CommitId.make("a".repeat(40)), [command]))
    assert.include(section, "\n| `npm run lint ⏎ npm test \\| cat` | passed |  | 2 s |\n")
  })
})
