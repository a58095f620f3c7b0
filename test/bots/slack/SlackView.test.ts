import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { TurnView } from "../../../src/bots/shared/TurnView.ts"
import * as Cards from "../../../src/bots/slack/SlackCards.ts"
import * as Modals from "../../../src/bots/slack/SlackForms.ts"
import * as View from "../../../src/bots/slack/SlackView.ts"
import { BranchName, SessionId } from "../../../src/domain/Ids.ts"
import { Session } from "../../../src/domain/Session.ts"
import type { SlackContent } from "../../../src/services/slack/SlackClient.ts"
import { blocksTooLong, messageProblems, viewProblems } from "../../standins/slack/SlackBlocks.ts"
import { stringAt } from "../../standins/slack/SlackJson.ts"

/** Texts that hurt: long, escaped to five times their length, outside of the basic plane, empty. */
const nasty = FastCheck.oneof(
  FastCheck.string({ unit: "binary", maxLength: 50 }),
  FastCheck.constantFrom(
    "",
    " ",
    "&<>".repeat(5000),
    "\u{1f389}".repeat(9000),
    "<!channel> *x*\n".repeat(2000),
    "https://x.test/1"
  )
)
const subject = FastCheck.record({ prompt: nasty, repo: nasty, name: nasty.map((name) => `a${name}`) }).map((
  texts
) => ({
  id: SessionId.make("0123456789ab"),
  branch: BranchName.make("opentl/0123456789ab"),
  prompt: texts.prompt,
  repo: texts.repo,
  requestedBy: { name: texts.name, via: "slack" as const }
}))
const view = FastCheck.tuple(
  Arbitrary.make(TurnView),
  nasty,
  nasty,
  nasty,
  FastCheck.integer({ min: 0, max: 4 }),
  FastCheck.boolean()
).map(
  ([any, one, two, three, proposals, waiting]): TurnView => ({
    ...any,
    lastAction: one,
    phase: two,
    proposals,
    waiting,
    startedAt: 0,
    usage: { inputTokens: 1, outputTokens: 2, costUsd: 0.5 },
    plan: { title: three, markdown: one },
    reviews: any.reviews.map((review) => ({ ...review, text: two })),
    ...(any.checks === undefined ? {} : { checks: three }),
    ...(any.end === undefined ? {} : { end: { ...any.end, text: two } }),
    ...(any.pullRequest === undefined ? {} : { pullRequest: { ...any.pullRequest, url: three } })
  })
)

/** In plain text angle brackets are angle brackets. */
const withoutPlain = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "type" in value && value.type === "plain_text" ? undefined : value

const isSendable = ({ blocks, text }: SlackContent) => {
  assert.deepStrictEqual(messageProblems(blocks), [])
  assert.isFalse(blocksTooLong(blocks))
  assert.isAtMost(text.length, 4000)
  assert.isAbove(text.length, 0)
  assert.isFalse(JSON.stringify([blocks, text], withoutPlain).includes("<!channel>"), "nobody is called")
}

describe("whatever a session says, Slack takes", () => {
  it("its status, its plans and its card", () => {
    FastCheck.assert(
      FastCheck.property(subject, view, (who, turn) => {
        isSendable(View.status(who, turn, 60_000))
        isSendable(Cards.card(who, turn, 60_000))
        isSendable(Cards.request("U1", who.prompt))
        for (let proposal = 1; proposal <= turn.proposals; proposal++) isSendable(View.plan(who, turn, proposal))
      }),
      { numRuns: 200 }
    )
  })

  it("its status and its card say how the checks went", () => {
    FastCheck.assert(FastCheck.property(subject, view, (who, turn) => {
      const checks = "verified: 2 of 2 checks pass"
      for (const { blocks } of [View.status, Cards.card].map((show) => show(who, { ...turn, checks }, 60_000))) {
        assert.include(JSON.stringify(blocks), checks)
      }
    }))
  })

  it("its forms, and a plan comes back from one as it went in", () => {
    FastCheck.assert(FastCheck.property(nasty, (markdown) => {
      const id = SessionId.make("0123456789ab")
      const answers = { turn: 2, proposal: 1 }
      assert.deepStrictEqual(viewProblems(Modals.reject({ session: id, answers, channel: "C1" }), "modal"), [])
      const form = Modals.edit({ session: id, answers, channel: "C1" }, markdown)
      if (Option.isNone(form)) return assert.isAbove(markdown.length, 50_000)
      assert.deepStrictEqual(viewProblems(form.value, "modal"), [])
      const target = Modals.readTarget(form.value.private_metadata ?? "")
      assert.isTrue(Option.isSome(target))
      const typed = Object.fromEntries(form.value.blocks.map((block) => {
        const name = block.block_id ?? ""
        return [name, { [name]: { value: stringAt(block, "element", "initial_value") ?? null } }]
      }))
      assert.strictEqual(Modals.textOf(typed, "plan", Option.isSome(target) ? target.value.joins : []), markdown)
    }))
  })

  it("its Home tab", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(Arbitrary.make(Session), { maxLength: 60 }), (sessions) => {
        assert.deepStrictEqual(viewProblems(Cards.home(sessions), "home"), [])
      }),
      { numRuns: 10 }
    )
  })
})
