/** Sessions are read from their rows without Schema, and are what Schema would make of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { Session, SessionSummary } from "../../../src/domain/Session.ts"
import { SessionRow, toSession } from "../../../src/services/store/SessionRows.ts"
import { sessionOf, summaryText } from "../../../src/services/store/StoredSession.ts"

const decodeRow = Schema.decodeSync(SessionRow)
const encodeSummary = Schema.encodeSync(Schema.parseJson(SessionSummary))

const time = FastCheck.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString())
const summary = Arbitrary.make(SessionSummary)
  .filter(({ usage }) => Number.isFinite(usage.costUsd))
  .map(encodeSummary)
const row = FastCheck.record({
  id: FastCheck.stringMatching(/^[0-9a-f]{12}$/),
  summary: FastCheck.oneof(summary, FastCheck.constant(null)),
  created_at: FastCheck.oneof(time, FastCheck.constant("2024-01-31 10:20:30.123 +0000 UTC m=+0.1")),
  updated_at: time,
  ended_at: FastCheck.option(time),
  last_event_id: FastCheck.nat()
}).map((fields): typeof SessionRow.Encoded => ({
  repo: "acme/app",
  prompt: "Fix it",
  status: "error",
  branch: "opentl/0123456789ab",
  pr_url: "",
  pr_number: 0,
  error: "interrupted",
  generation: 1,
  log_turn: 0,
  log_round: 0,
  log_line: 0,
  ...fields
}))

describe("a session read from its row", () => {
  it.prop("is what its schema makes of it, and a valid one", [row], ([row]) => {
    const session = sessionOf(row)
    assert.deepStrictEqual(session, toSession(decodeRow(row)))
    assert.isTrue(Schema.is(Session)(session))
    assert.deepStrictEqual(session, new Session({ ...session }))
  }, { fastCheck: { numRuns: 300 } })

  it.prop("has the summary that its schema would write", [Arbitrary.make(SessionSummary)], ([summary]) => {
    assert.deepStrictEqual(JSON.parse(summaryText(summary)), JSON.parse(encodeSummary(summary)))
  }, { fastCheck: { numRuns: 300 } })

  it("is none where the summary is no JSON", () => {
    const [broken] = FastCheck.sample(row, 1)
    if (broken !== undefined) assert.throws(() => sessionOf({ ...broken, summary: "{" }))
  })
})
