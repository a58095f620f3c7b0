/** A server is upgraded in the middle of a session: what the version before stored of a thread is read on. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Watching from "../../../src/bots/shared/Watching.ts"
import * as PostedV1 from "../../../src/bots/slack/SlackPostedV1.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { isKind, kindOf, said, setup } from "./SlackKit.ts"
import * as Stored from "./SlackStored.ts"

const json = Schema.decodeSync(Schema.parseJson())

const watching = (memo: string) =>
  Watching.read(
    {
      sessionId: SessionId.make("0123456789ab"),
      watcher: "slack:C1/1",
      target: {},
      memo: json(memo),
      told: 1,
      head: 2,
      attempts: 0
    },
    PostedV1.read,
    0
  ).pipe(Option.getOrThrow)

const base = { turn: 1, posts: {}, stands: {} }
const posted = (stored: unknown) => Option.getOrThrow(PostedV1.read(stored))

describe("what an earlier version stored of a thread in Slack", () => {
  it("is read: a plan that waits, behind one that was rejected", () => {
    const { cursor, posted, view } = watching(Stored.waiting)
    assert.strictEqual(cursor, 11)
    assert.strictEqual(view.proposals, 2)
    assert.deepStrictEqual(posted, {
      turn: 1,
      opening: { id: "1795707585.963000" },
      status: {
        id: "1795707586.156000",
        content: "696c44edf029ca5651416af36882868c6a435c069eae798942ab822272b178f5",
        state: "1|waiting for approval|0|true|0||"
      },
      plans: [
        { proposal: 1, parts: [{ id: "1795707586.316000" }], isOpen: false, isWhole: true },
        { proposal: 2, parts: [{ id: "1795707588.233000" }], isOpen: true, isWhole: true }
      ],
      notices: [],
      card: []
    })
  })

  it("is read: a turn that is over", () => {
    const { posted } = watching(Stored.ended)
    assert.deepStrictEqual(posted?.card, [{ id: "1795707593.068000" }])
    assert.deepStrictEqual(posted?.log, { id: "uploaded" })
    assert.strictEqual(posted?.reaction, "white_check_mark")
  })

  it("keeps what was being sent as what may have arrived", () => {
    assert.deepStrictEqual(posted({ ...base, sending: "status" }).status, {})
    assert.deepStrictEqual(posted({ ...base, sending: "card" }).card, [{}])
    assert.deepStrictEqual(posted({ ...base, sending: "log" }).log, {})
    assert.deepStrictEqual(posted({ ...base, sending: "plan-2" }).plans, [
      { proposal: 2, parts: [{}], isOpen: true, isWhole: false }
    ])
    // the thread's beginning was posted, but not yet stored as what the thread hangs from
    assert.deepStrictEqual(posted({ ...base, posts: { request: "1.0" } }).opening, {})
  })

  it("is stored in the present form from then on", () => {
    const before = watching(Stored.waiting)
    const memo = JSON.stringify(Watching.write(before))
    assert.notInclude(memo, "\"own\"")
    assert.deepStrictEqual(watching(memo), before)
  })

  it.scopedLive("is continued by a server of this version: everything is posted once", () =>
    Effect.gen(function*() {
      const { database, serve, slack, world } = yield* setup()
      world.engine.script = () => ({ lines: ["working"] })
      const first = yield* serve()
      yield* slack.mention({ channel: "C1", user: "U1", text: "fix the login --approve" })
      const plan = yield* slack.awaitMessage("C1", isKind("plan-1"))
      const status = yield* slack.awaitMessage("C1", isKind("status"))
      yield* first.shutdown
      const own = JSON.stringify({
        turn: 1,
        posts: { status: status.ts, "plan-1": plan.ts },
        stands: { state: "1|waiting for approval|0|true|0||", "plan-1-open": "yes" }
      })
      const sql = Context.get(database, SqlClient.SqlClient)
      yield* sql`UPDATE outbox SET memo = json_set(json_remove(memo, '$.posted'), '$.own', json(${own}))`
      yield* serve()
      yield* (yield* slack.pressButton(plan, "approve", "U2")).acked
      yield* slack.awaitMessage("C1", (each) => each.ts === plan.ts && said(each).includes("approved by bob"))
      yield* slack.awaitMessage("C1", (each) => isKind("status")(each) && said(each).includes("working"))
      yield* Effect.forEach(world.engine.runs.values(), (run) => world.engine.finish(run, 0))
      yield* slack.awaitMessage("C1", isKind("card"))
      yield* slack.until(({ files }) => files.some(({ channel }) => channel === "C1"))
      const kinds = (yield* slack.messages("C1")).map(kindOf).filter((kind) => kind !== undefined)
      assert.deepStrictEqual(kinds.toSorted(), ["card", "plan-1", "status"])
    }))
})
