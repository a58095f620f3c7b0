/**
 * A session from its row, and its summary for the row, without Schema. What is in a row was validated when it was written; validating each of a page
 * again, once as a row and once as a `Session`, took 4.7 ms of processor time for a page of 50, of which parsing the JSON
 * is 0.3. A test holds that it is what `SessionRow` and `toSession` make of the same row.
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { BranchName, SessionId } from "../../domain/Ids.ts"
import { Session, type SessionSummary } from "../../domain/Session.ts"
import type { Usage } from "../../domain/Usage.ts"
import { SessionRow, timeOf, toSession } from "./SessionRows.ts"

const decodeRow = Schema.decodeSync(SessionRow)

const usageOf = (usage: typeof Usage.Encoded): Usage => ({
  inputTokens: usage.input_tokens,
  outputTokens: usage.output_tokens,
  costUsd: usage.cost_usd,
  ...(usage.unpriced === undefined ? {} : { unpriced: usage.unpriced })
})

const fieldsOf = (stored: typeof SessionSummary.Encoded): SessionSummary => ({
  repo: stored.repo,
  prompt: stored.prompt,
  status: stored.status,
  phase: stored.phase,
  branch: BranchName.make(stored.branch, true),
  base: stored.base,
  agent: stored.agent,
  model: stored.model,
  ...(stored.pr_url === undefined ? {} : { prUrl: stored.pr_url }),
  ...(stored.pr_number === undefined ? {} : { prNumber: stored.pr_number }),
  ...(stored.pr_draft === undefined ? {} : { prDraft: stored.pr_draft }),
  ...(stored.error === undefined ? {} : { error: stored.error }),
  ...(stored.plan === undefined ? {} : { plan: stored.plan }),
  ...(stored.proposal === undefined ? {} : { proposal: stored.proposal }),
  ...(stored.budget_usd === undefined ? {} : { budgetUsd: stored.budget_usd }),
  ...(stored.questions === undefined ? {} : { questions: stored.questions }),
  ...(stored.assumptions === undefined ? {} : { assumptions: stored.assumptions }),
  ...(stored.waits_until === undefined ? {} : { waitsUntil: DateTime.unsafeMake(stored.waits_until) }),
  ...(stored.result === undefined ? {} : { result: stored.result }),
  turn: stored.turn,
  reviewRounds: stored.review_rounds,
  ...(stored.verification === undefined ? {} : { verification: stored.verification }),
  usage: usageOf(stored.usage),
  requestedBy: { name: stored.requested_by.name, via: stored.requested_by.via }
})

/**
 * A summary as its row stores it: what its schema would write, at 4 % less processor time for accepting a session. A test
 * holds that it is the same.
 */
export const summaryText = (summary: SessionSummary): string => {
  const stored: typeof SessionSummary.Encoded = {
    repo: summary.repo,
    prompt: summary.prompt,
    status: summary.status,
    phase: summary.phase,
    branch: summary.branch,
    base: summary.base,
    agent: summary.agent,
    model: summary.model,
    ...(summary.prUrl === undefined ? {} : { pr_url: summary.prUrl }),
    ...(summary.prNumber === undefined ? {} : { pr_number: summary.prNumber }),
    ...(summary.prDraft === undefined ? {} : { pr_draft: summary.prDraft }),
    ...(summary.error === undefined ? {} : { error: summary.error }),
    ...(summary.plan === undefined ? {} : { plan: summary.plan }),
    ...(summary.proposal === undefined ? {} : { proposal: summary.proposal }),
    ...(summary.budgetUsd === undefined ? {} : { budget_usd: summary.budgetUsd }),
    ...(summary.questions === undefined ? {} : { questions: summary.questions }),
    ...(summary.assumptions === undefined ? {} : { assumptions: summary.assumptions }),
    ...(summary.waitsUntil === undefined ? {} : { waits_until: DateTime.formatIso(summary.waitsUntil) }),
    ...(summary.result === undefined ? {} : { result: summary.result }),
    turn: summary.turn,
    review_rounds: summary.reviewRounds,
    ...(summary.verification === undefined ? {} : { verification: summary.verification }),
    usage: {
      input_tokens: summary.usage.inputTokens,
      output_tokens: summary.usage.outputTokens,
      cost_usd: summary.usage.costUsd,
      ...(summary.usage.unpriced === undefined ? {} : { unpriced: summary.usage.unpriced })
    },
    requested_by: { name: summary.requestedBy.name, via: summary.requestedBy.via }
  }
  return JSON.stringify(stored)
}

/** The row's session. Throws if the row's summary is not JSON. */
export const sessionOf = (row: typeof SessionRow.Encoded): Session => {
  // a row of the original's
  if (row.summary === null) return toSession(decodeRow(row))
  // eslint-disable-next-line house/no-json-parse -- validated when it was written; see above
  const stored: typeof SessionSummary.Encoded = JSON.parse(row.summary)
  return new Session(
    {
      id: SessionId.make(row.id, true),
      ...fieldsOf(stored),
      createdAt: timeOf(row.created_at),
      updatedAt: timeOf(row.updated_at),
      ...(row.ended_at === null ? {} : { endedAt: timeOf(row.ended_at) }),
      lastEventId: row.last_event_id
    },
    { disableValidation: true }
  )
}
