/** Where turns start: what a session's facts say about its branch, here and at the remote. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { describe as say } from "../../src/domain/EventText.ts"
import { BranchName, CommitId } from "../../src/domain/Ids.ts"
import { nextStep } from "../../src/domain/NextStep.ts"
import * as Event from "../../src/domain/SessionEvent.ts"
import * as SessionFold from "../../src/domain/SessionFold.ts"
import * as State from "../../src/domain/SessionState.ts"
import { by, created } from "../support/Walk.ts"

const commit = (digit: string) => CommitId.make(digit.repeat(40))
const branch = BranchName.make("opentl/0123456789ab")
const base = BranchName.make("main")
const started = (turn: number) =>
  Event.TurnStarted.make({ turn, prompt: "Fix it", deadline: DateTime.unsafeMake("2026-01-01T00:30:00Z") })
const prepared = (turn: number, at: string, start?: string) =>
  Event.RepositoryPrepared.make({
    turn,
    base,
    commit: commit(at),
    ...(start === undefined ? {} : { start: commit(start) })
  })
const skipped = (turn: number) => Event.PlanSkipped.make({ turn, reason: "no model" })
const ran = (turn: number, exitCode = 0) => [
  Event.RoundStarted.make({ turn, round: 1, sandbox: "docker" }),
  Event.AgentFinished.make({ turn, round: 1, exitCode, answer: "done" })
]
const collected = (turn: number, digit: string) => [
  Event.ChangesCollected.make({
    turn,
    round: 1,
    changes: { commit: commit(digit), files: 1, insertions: 1, deletions: 0 },
    stat: ""
  }),
  Event.ReviewHeld.make({ turn, round: 1, review: { _tag: "Skipped", reason: "off" } })
]
const pushed = (turn: number, digit: string) => [
  Event.BranchPushed.make({ turn, branch, commit: commit(digit), pullRequests: false })
]
const ended = (turn: number, end: Event.TurnEnd) => [Event.TurnEnded.make({ turn, end, text: "over" })]
const asked = [Event.MessageReceived.make({ messageId: "m", text: "and more", by })]

const after = (...events: ReadonlyArray<Event.SessionEvent | ReadonlyArray<Event.SessionEvent>>) => {
  const all = [created(), ...events.flat()]
  all.slice(1).forEach((event, i) => {
    const before = SessionFold.fold(all.slice(0, i + 1))
    assert.isTrue(before !== undefined && SessionFold.admits(before, event), event._tag)
  })
  const state = SessionFold.fold(all)
  assert.isDefined(state)
  return state
}

const firstTurn = [started(1), prepared(1, "a"), skipped(1), ...ran(1), ...collected(1, "b")]

describe("where a turn starts", () => {
  it("is looked up at the beginning of every turn, and dated by what is stored", () => {
    const state = after(firstTurn, pushed(1, "b"), ended(1, "complete"), asked, started(2))
    const step = nextStep(state)
    assert.strictEqual(step._tag, "PrepareRepository")
    assert.isTrue(step._tag === "PrepareRepository" && step.turn.number === 2)
    if (step._tag !== "PrepareRepository") return
    // the sessions of these tests have a minute
    assert.strictEqual(DateTime.formatIso(step.turn.startedAt), "2026-01-01T00:29:00.000Z")
  })

  it("is the base, then what was pushed, then what people made of it", () => {
    assert.strictEqual(State.turnStart(after(started(1), prepared(1, "a"))), commit("a"))
    const taken = after(firstTurn, pushed(1, "b"), ended(1, "complete"), asked, started(2), prepared(2, "a", "c"))
    assert.strictEqual(State.turnStart(taken), commit("c"))
    assert.strictEqual(taken.remoteTip, commit("c"))
    const moved = after(firstTurn, pushed(1, "b"), ended(1, "complete"), asked, started(2), prepared(2, "d", "c"))
    assert.deepStrictEqual(moved.origin, { base, commit: commit("d") })
  })

  it("leaves what was collected and not pushed to the next turn", () => {
    const failed = after(firstTurn, ended(1, "error"), asked, started(2), prepared(2, "a"))
    assert.strictEqual(failed.unpushed, commit("b"))
    assert.strictEqual(State.turnStart(failed), commit("a"))
    assert.isUndefined(after(firstTurn, pushed(1, "b")).unpushed)
  })

  it("says what the workspace has: nothing is known where a sandbox could not do its part", () => {
    const inWorkspace = (exitCode: number) =>
      after(
        firstTurn,
        pushed(1, "b"),
        ended(1, "complete"),
        asked,
        started(2),
        prepared(2, "a", "c"),
        skipped(2),
        ran(2, exitCode)
      ).inWorkspace
    assert.strictEqual(inWorkspace(0), commit("c"))
    assert.strictEqual(inWorkspace(1), commit("c"))
    assert.strictEqual(inWorkspace(137), commit("a"), "it was killed, perhaps before it had anything")
    assert.isUndefined(inWorkspace(70))
  })

  it("is read from logs of earlier versions, too, in which later turns began with their plan", () => {
    const old = after(
      firstTurn,
      pushed(1, "b"),
      ended(1, "complete"),
      asked,
      started(2),
      Event.PlanProduced.make({ turn: 2, plan: { title: "Fix it", markdown: "1. fix it" } }),
      ran(2)
    )
    assert.strictEqual(State.turnStart(old), commit("b"))
    assert.strictEqual(old.inWorkspace, commit("b"))
    const first = SessionFold.evolveAll(State.create(created()), [started(1)])
    assert.isFalse(SessionFold.admits(first, skipped(1)), "a session that was nowhere yet is prepared first")
  })
})

describe("what others did to the branch", () => {
  const changed = (change: "pushed" | "rewritten" | "deleted", commits: number, authors: ReadonlyArray<string>) =>
    say(Event.BranchChanged.make({ turn: 2, branch, change, commit: commit("c"), commits, authors }))

  it("is said in words", () => {
    assert.deepStrictEqual(changed("pushed", 2, ["Ada", "Bob"]), {
      type: "status",
      data: "2 commits by Ada, Bob on opentl/0123456789ab taken in: the turn starts from cccccccccccc"
    })
    assert.include(
      changed("rewritten", 1, ["Ada"]).data,
      "was rewritten at the remote: the turn starts from what is there now (cccccccccccc, 1 commit by Ada)"
    )
    assert.include(changed("deleted", 0, []).data, "was deleted at the remote: it is made again from cccccccccccc")
  })
})
