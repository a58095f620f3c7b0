/** A server is upgraded in the middle of a session: what the version before stored of a chat is read on. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Watching from "../../../src/bots/shared/Watching.ts"
import * as PostedV1 from "../../../src/bots/telegram/TelegramPostedV1.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { fingerprint } from "../../../src/services/support/Fingerprint.ts"
import { alice, byBot, labelsOf, press, running, says, sends, write } from "./TelegramKit.ts"
import * as Stored from "./TelegramStored.ts"

const json = Schema.decodeSync(Schema.parseJson())

const watching = (memo: string) =>
  Watching.read(
    {
      sessionId: SessionId.make("0123456789ab"),
      watcher: "telegram:7",
      target: {},
      memo: json(memo),
      told: 1,
      head: 2,
      attempts: 0
    },
    PostedV1.read,
    0
  ).pipe(Option.getOrThrow)

const base = { turn: 1, continued: false, statusGone: false, card: [] }
const posted = (stored: unknown) => Option.getOrThrow(PostedV1.read(stored))

describe("what an earlier version stored of a chat in Telegram", () => {
  it("is read: a plan that waits", () => {
    const content = fingerprint({
      markdown: "*Fix it*\nacme/app · `5d471ecd5388`\n\n✋ waiting for approval · 0 s · $0\\.01",
      keyboard: [[{ text: "⏹ Stop", data: "s.1.0.5d471ecd5388" }]]
    })
    assert.deepStrictEqual(watching(Stored.waiting).posted, {
      turn: 1,
      status: { id: "2", content, state: content },
      plans: [{ proposal: 1, parts: [{ id: "3" }], isOpen: true, isWhole: true }],
      notices: [],
      card: []
    })
  })

  it("is read: an agent at work", () => {
    const { cursor, posted, view } = watching(Stored.working)
    assert.deepStrictEqual([cursor, view.phase], [10, "agent at work"])
    assert.deepStrictEqual(posted?.plans, [{ proposal: 1, parts: [{ id: "3" }], isOpen: false, isWhole: true }])
  })

  it("keeps what was being sent as what may have arrived", () => {
    assert.deepStrictEqual(posted({ ...base, status: {}, shown: "{}", continued: true }), {
      turn: 1,
      status: { content: fingerprint({}), state: fingerprint({}) },
      isContinued: true,
      plans: [],
      notices: [],
      card: []
    })
    assert.deepStrictEqual(posted({ ...base, card: [{ id: 4 }, {}], log: {}, diff: { id: 6 } }), {
      turn: 1,
      plans: [],
      notices: [],
      card: [{ id: "4" }, {}],
      log: {},
      diff: { id: "6" }
    })
  })

  it("keeps that a person deleted the status, and the reaction", () => {
    const { reaction, status } = posted({ ...base, status: { id: 2 }, statusGone: true, reaction: "👀" })
    assert.deepStrictEqual([status, reaction], [{ id: "2", isGone: true }, "👀"])
  })

  it("is stored in the present form from then on", () => {
    const before = watching(Stored.waiting)
    const memo = JSON.stringify(Watching.write(before))
    assert.notInclude(memo, "\"own\"")
    assert.deepStrictEqual(watching(memo), before)
  })

  it.scopedLive("is continued by a server of this version: everything is posted once", () =>
    Effect.gen(function*() {
      const { all, server: first, telegram } = yield* running()
      yield* write(all, "Fix it --approve")
      const plan = yield* says(all, alice, "📋 The plan: Fix it")
      const status = yield* says(all, alice, "waiting for approval")
      yield* first.shutdown
      const own = JSON.stringify({
        ...base,
        status: { id: status.id },
        shown: "{\"markdown\":\"\",\"keyboard\":[]}",
        plan: { proposal: 1, pieces: [{ id: plan.id }], open: true, isWhole: true }
      })
      const sql = Context.get(all.database, SqlClient.SqlClient)
      yield* sql`UPDATE outbox SET memo = json_set(json_remove(memo, '$.posted'), '$.own', json(${own}))`
      yield* all.start
      yield* press(all, plan, "Approve")
      yield* sends(all, alice, ".diff")
      yield* telegram.until(({ messages }) => messages.some((each) => each.text.includes("✅ complete")))
      const said = (yield* telegram.chat(alice)).filter(byBot)
      assert.deepStrictEqual(said.map((each) => each.document?.name.split(".")[1] ?? each.text.split(" ")[0]), [
        "Fix",
        "📋",
        "✅",
        "log",
        "diff"
      ])
      assert.deepStrictEqual(said[1] === undefined ? [] : labelsOf(said[1]), [])
    }))
})
