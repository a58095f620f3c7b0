import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { nextCommands, statusPage } from "../../src/cli/StatusPage.ts"
import * as Style from "../../src/cli/terminal/Style.ts"
import type { Review } from "../../src/domain/Review.ts"
import { ReviewHeld } from "../../src/domain/SessionEvent.ts"
import { eventView } from "../support/Events.ts"
import { epoch, session, sessionId } from "./Harness.ts"

const now = DateTime.unsafeMake(3_600_000)
const page = (fields: Parameters<typeof session>[0], events: Parameters<typeof statusPage>[1] = []) =>
  statusPage(session(fields), events, { now, style: Style.plain })

const reviewHeld = (round: number, review: Review) => eventView(round, ReviewHeld.make({ turn: 1, round, review }))

describe("statusPage", () => {
  it("tells all of an ended session", () => {
    assert.strictEqual(
      page(
        {
          status: "complete",
          phase: "ended",
          prompt: "Fix it\nproperly",
          model: "claude-x",
          prUrl: "https://github.com/acme/widgets/pull/7",
          prNumber: 7,
          prDraft: true,
          result: "https://github.com/acme/widgets/pull/7",
          plan: "1. look\n2. fix",
          reviewRounds: 2,
          endedAt: epoch
        },
        [
          reviewHeld(1, {
            _tag: "ChangesRequested",
            summary: "no tests",
            findings: [{ file: "a.ts", line: 3, comment: "test it" }]
          }),
          reviewHeld(2, { _tag: "Approved", summary: "fine", findings: [] })
        ]
      ),
      [
        "session    0123456789ab",
        "status     complete",
        "task       Fix it",
        "           properly",
        "repo       acme/widgets",
        "branch     opentl/0123456789ab from main",
        "agent      opentl (claude-x)",
        "asked by   ada (cli)",
        "created    1970-01-01T00:00:00Z (1h ago)",
        "updated    1970-01-01T00:00:00Z (1h ago)",
        "ended      1970-01-01T00:00:00Z (1h ago)",
        "usage      1,200 in, 340 out, $0.0123",
        "pr         https://github.com/acme/widgets/pull/7 (draft)",
        "rounds     2 reviews held",
        "reviews    1. changes requested: no tests",
        "              - `a.ts:3`: test it",
        "           2. approved: fine",
        "plan       1. look",
        "           2. fix",
        "next       opentl message 0123456789ab \"<text>\"",
        "           opentl diff 0123456789ab",
        ""
      ].join("\n")
    )
  })

  it("tells where a waiting one stands", () => {
    const text = page({ status: "pending", phase: "queued", turn: 0, queuePosition: 3, error: "earlier" })
    assert.match(text, /status +pending \(queued, number 3 in the queue\)/)
    assert.match(text, /rounds +0 reviews held/)
  })

  it("tells an error, and nothing that a terminal would act on", () => {
    const text = page({ status: "error", phase: "ended", error: "\x1b[2Jit broke\nbadly" })
    assert.match(text, /error +it broke\n {11}badly\n/)
    assert.notInclude(text, "\x1b")
  })
})

describe("what a session waits for", () => {
  const until = DateTime.unsafeMake("2026-11-28T19:10:00Z")

  it("is the planner's questions, with what is assumed otherwise, and when", () => {
    const asking = {
      status: "waiting",
      phase: "questions",
      questions: ["Which file?", "Which \u001b[2Jcase?"],
      waitsUntil: until
    } as const
    const text = page({ ...asking, assumptions: ["The first", "Every case"] })
    assert.include(
      text,
      [
        "asks       1. Which file?",
        "           2. Which case?",
        "otherwise  from 2026-11-28 19:10 UTC on it assumes:",
        "           1. The first",
        "           2. Every case"
      ].join("\n")
    )
    assert.include(text, `next       opentl answer ${sessionId} "<text>"`)
    assert.include(page(asking), "otherwise  from 2026-11-28 19:10 UTC on it goes on with what it assumes")
    assert.notInclude(page({}), "otherwise")
  })

  it("is a budget: what is spent, the limit, and the command", () => {
    const usage = { inputTokens: 1, outputTokens: 1, costUsd: 1.26 }
    const paused = page({ status: "waiting", phase: "budget", budgetUsd: 1, usage })
    assert.include(paused, "budget     $1.2600 of $1 spent; the turn waits until somebody adds to it\n")
    assert.include(paused, `next       opentl budget ${sessionId} --add <dollars>`)
    const ofTheDay = page({ status: "waiting", phase: "budget", waitsUntil: until })
    assert.include(
      ofTheDay,
      "budget     all sessions together have spent the day's: the turn waits until 2026-11-28 19:10 UTC"
    )
    assert.include(page({ budgetUsd: 2, usage }), "budget     $1.2600 of $2 spent\n")
    assert.notInclude(page({}), "budget ")
  })
})

describe("nextCommands", () => {
  it("fits the state", () => {
    assert.include(nextCommands(session({ status: "waiting", phase: "approval" })), `opentl approve ${sessionId}`)
    assert.deepStrictEqual(nextCommands(session({ status: "waiting", phase: "budget" })), [
      `opentl budget ${sessionId} --add <dollars>`,
      `opentl stop ${sessionId}`
    ])
    assert.deepStrictEqual(nextCommands(session({ status: "waiting", phase: "questions" })), [
      `opentl answer ${sessionId} "<text>"`,
      `opentl stop ${sessionId}`
    ])
    assert.include(nextCommands(session()), `opentl logs ${sessionId} --follow`)
    assert.include(
      nextCommands(session({ status: "cancelled", phase: "ended" })),
      `opentl message ${sessionId} "<text>"`
    )
  })
})
