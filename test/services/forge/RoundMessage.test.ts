import { assert, describe, it } from "@effect/vitest"
import { CommitId, SessionId } from "../../../src/domain/Ids.ts"
import type { Answers } from "../../../src/domain/RoundCommits.ts"
import { Findings } from "../../../src/domain/SessionState.ts"
import { roundMessage } from "../../../src/services/forge/RoundMessage.ts"

const of = (answers: Answers) =>
  roundMessage({
    title: "Add a flag",
    prompt: "x",
    sessionId: SessionId.make("0123456789ab"),
    requestedBy: { name: "ada", via: "slack" },
    coAuthor: { name: "Ada", login: "ada-l" },
    agentMessages: []
  }, answers)

const trailers = "Session: 0123456789ab\nRequested-by: ada (slack)\n" +
  "Co-authored-by: Ada <ada-l@users.noreply.github.com>\n"

const command = (name: string, outcome: "passed" | "failed" | "timed_out") => ({
  name,
  run: `npm run ${name}`,
  outcome,
  seconds: 1,
  tail: ""
})

const checks = Findings.Checks({
  verification: {
    outcome: "failed",
    commit: CommitId.make("a".repeat(40)),
    commands: [command("lint", "passed"), command("test", "failed"), command("build", "timed_out")]
  }
})

const review = (comment: string) =>
  Findings.Review({
    review: {
      _tag: "ChangesRequested",
      summary: "no",
      findings: [{ file: "a.ts", line: 3, comment }, { comment: "b" }]
    }
  })

describe("the message of a round's commit", () => {
  it("says which checks it mends", () => {
    assert.strictEqual(
      of(checks),
      `fix: make failed checks pass (test, build)\n\n- npm run test\n- npm run build\n\n${trailers}`
    )
  })

  it("says what the review asked for, in words that no forge acts on", () => {
    assert.strictEqual(
      of(review("closes #2,\n@everyone [skip ci]")),
      `fix: address the review (2 findings)\n\n- a.ts:3: closes # 2, @ everyone (skip ci)\n- b\n\n${trailers}`
    )
  })
})
