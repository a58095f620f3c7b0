/** Replies to commands, as every platform gets them. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { type Found, Outcome } from "../../../src/bots/shared/ChatCommand.ts"
import { Reply, textOf, type Worded, type Wording } from "../../../src/bots/shared/CommandReplies.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { Session } from "../../../src/domain/Session.ts"
import { write as inSlack } from "../../../src/services/slack/SlackText.ts"
import { plain, text } from "../../../src/services/support/RichText.ts"
import { write as inTelegram } from "../../../src/services/telegram/TelegramText.ts"
import { parseMarkdown } from "../../standins/telegram/TelegramMarkdown.ts"
import { session } from "./Board.ts"

const wording: Wording = {
  help: [text("Write a task.")],
  setRepository: "/repo owner/name",
  signs: { pending: "", running: ">", waiting: "?", complete: "+", error: "!", cancelled: "x" },
  elsewhere: ", or below"
}
const now = DateTime.toEpochMillis(session.createdAt) + 90_000
const reply = (reply: Worded) => textOf(reply, wording, now)
const said = (each: Worded) => plain(reply(each))

const found = (changes: Partial<Session> = {}): Found => ({
  session: new Session({ ...session, ...changes }),
  how: "id"
})
const file = (kind: "diff" | "log", content: string) =>
  Outcome.File({ found: found(), kind, file: content === "" ? Option.none() : Option.some({ name: "x", content }) })
const name = `${session.id} ${session.prompt}`

describe("a list", () => {
  it("has a line for each session, and marks the conversation's own", () => {
    const other = new Session({ ...session, id: SessionId.make("ffffffffffff"), status: "error", phase: "ended" })
    assert.deepStrictEqual(said(Reply.List({ sessions: [session, other], current: other.id })).split("\n"), [
      `> ${name} · ${session.phase} · ${session.repo}`,
      `! ffffffffffff ${session.prompt} · error (current) · ${session.repo}`
    ])
  })

  it("of no sessions says so", () =>
    assert.strictEqual(said(Reply.List({ sessions: [], current: undefined })), "There are no sessions yet."))
})

describe("the repository", () => {
  it("is named, and how to set it where there is none", () => {
    const repository = (repo: Option.Option<string>, isNew: boolean) => said(Reply.Repository({ repo, isNew }))
    assert.strictEqual(repository(Option.some("acme/web"), true), "Tasks here are for acme/web from now on.")
    assert.strictEqual(repository(Option.some("acme/web"), false), "Tasks here are for acme/web.")
    assert.include(repository(Option.none(), false), "Set one with /repo owner/name.")
  })
})

describe("a session's status", () => {
  it("says how the session was found, what it is doing, and what came of it", () => {
    const { session: ended } = found({ status: "error", phase: "ended", error: "the tests fail" })
    const status = said(Outcome.Status({ found: { session: ended, how: "thread" } })).split("\n")
    assert.strictEqual(status[0], `${name} (this thread's session)`)
    assert.match(status[1] ?? "", /^! error · acme\/app · turn \d · started 1 min 30 s ago · /)
    assert.strictEqual(status[2], "the tests fail")
    const queued = said(Outcome.Status({ found: found({ queuePosition: 3 }) }))
    assert.include(queued, "queued, number 3")
  })
})

describe("a plan, changes and a log", () => {
  it("are shown, or said not to be there", () => {
    assert.strictEqual(said(Outcome.Plan({ found: found() })), `There is no plan yet: ${name}`)
    assert.strictEqual(said(Outcome.Plan({ found: found({ plan: "1. fix it" }) })), `Plan of ${name}\n1. fix it`)
    assert.strictEqual(said(file("diff", "")), `No changes yet: ${name}`)
    assert.strictEqual(said(file("diff", "+ a")), `Changes of ${name}\n+ a`)
    assert.strictEqual(said(file("log", "")), `The log is empty: ${name}`)
  })

  it("that are long show the beginning of changes and the end of a log, and say where all of it is", () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n}`).join("\n")
    const diff = said(file("diff", lines))
    assert.include(diff, "\nline 0\n")
    assert.include(diff, `…\nAll of it: opentl diff ${session.id}, or below.`)
    const log = said(file("log", lines))
    assert.match(log, /\nline \d+\nline \d+\n/)
    assert.include(log, `\nline 999\nAll of it: opentl logs ${session.id}, or below.`)
  })
})

describe("what a command did", () => {
  it("is said of the session", () => {
    assert.strictEqual(said(Outcome.Rejected({ found: found() })), `Rejected, making a new plan: ${name}`)
    assert.strictEqual(said(Outcome.Stopped({ found: found(), isOver: false })), `Stopping: ${name}`)
  })
})

describe("a reply in a platform's markup", () => {
  const hostile = file("log", "``` <!channel> *_[x](y)\\ `")

  it("lets nothing out of a block of code", () => {
    const slack = inSlack(reply(hostile))
    assert.notInclude(slack, "<!channel>")
    assert.strictEqual(slack.split("```").length, 3)
    assert.strictEqual(parseMarkdown(inTelegram(reply(hostile)))._tag, "Right")
  })
})
