/**
 * Sessions as JSON, without Schema, which took 2.9 ms of processor time for a page of 50. A test holds that it is what
 * `Session`'s schema makes of the same session.
 */
import * as DateTime from "effect/DateTime"
import type { Session } from "../domain/Session.ts"

export const encode = (session: Session): typeof Session.Encoded => ({
  id: session.id,
  repo: session.repo,
  prompt: session.prompt,
  status: session.status,
  phase: session.phase,
  branch: session.branch,
  base: session.base,
  agent: session.agent,
  model: session.model,
  ...(session.prUrl === undefined ? {} : { pr_url: session.prUrl }),
  ...(session.prNumber === undefined ? {} : { pr_number: session.prNumber }),
  ...(session.prDraft === undefined ? {} : { pr_draft: session.prDraft }),
  ...(session.error === undefined ? {} : { error: session.error }),
  ...(session.plan === undefined ? {} : { plan: session.plan }),
  ...(session.proposal === undefined ? {} : { proposal: session.proposal }),
  ...(session.budgetUsd === undefined ? {} : { budget_usd: session.budgetUsd }),
  ...(session.questions === undefined ? {} : { questions: session.questions }),
  ...(session.assumptions === undefined ? {} : { assumptions: session.assumptions }),
  ...(session.waitsUntil === undefined ? {} : { waits_until: DateTime.formatIso(session.waitsUntil) }),
  ...(session.result === undefined ? {} : { result: session.result }),
  turn: session.turn,
  review_rounds: session.reviewRounds,
  ...(session.verification === undefined ? {} : { verification: session.verification }),
  usage: {
    input_tokens: session.usage.inputTokens,
    output_tokens: session.usage.outputTokens,
    cost_usd: session.usage.costUsd,
    ...(session.usage.unpriced === undefined ? {} : { unpriced: session.usage.unpriced })
  },
  requested_by: { name: session.requestedBy.name, via: session.requestedBy.via },
  ...(session.queuePosition === undefined ? {} : { queue_position: session.queuePosition }),
  created_at: DateTime.formatIso(session.createdAt),
  updated_at: DateTime.formatIso(session.updatedAt),
  ...(session.endedAt === undefined ? {} : { ended_at: DateTime.formatIso(session.endedAt) }),
  last_event_id: session.lastEventId
})
