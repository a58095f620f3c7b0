import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { stringAt } from "../../standins/slack/SlackJson.ts"
import { exceeded, isKind, type Kit, said, setup } from "./SlackKit.ts"

/** `/opentl …` and mentions that are commands: answered to the one who gave them, and never a task. */

const give = ({ slack }: Kit, text: string, user = "U1") =>
  Effect.flatMap(slack.slashCommand({ channel: "C1", user, command: "/opentl", text }), ({ acked }) => acked)

/** What a command is answered: with its acknowledgement, or on a busy machine after it. */
const ask = (kit: Kit, text: string, user = "U1") =>
  Effect.gen(function*() {
    const before = (yield* kit.slack.ephemerals(user)).length
    const { response } = yield* give(kit, text, user)
    const answer = stringAt(response, "text")
    if (answer !== undefined) {
      assert.strictEqual(stringAt(response, "response_type"), "ephemeral")
      return answer
    }
    const { ephemerals } = yield* kit.slack.until((state) =>
      state.ephemerals.filter((each) => each.user === user).length > before
    )
    return ephemerals.at(-1)?.text ?? ""
  })

/** A session that works until it is stopped. */
const working = (kit: Kit) =>
  Effect.gen(function*() {
    kit.world.engine.script = () => ({ lines: ["working"] })
    const server = yield* kit.serve()
    const { message } = yield* kit.slack.mention({ channel: "C1", user: "U1", text: "fix the login" })
    yield* kit.slack.awaitMessage("C1", (each) => isKind("status")(each) && said(each).includes("working"))
    const { sessions: [session] } = yield* server.sessions.list({ limit: 1 })
    return { ...server, id: session?.id ?? "", thread: message.ts }
  })

describe("/opentl", () => {
  it.scopedLive("help, list, status and stop do what they say, and start nothing", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { id, sessions } = yield* working(kit)
      assert.include(yield* ask(kit, "help"), "/opentl list")
      assert.include(yield* ask(kit, ""), "/opentl list")
      assert.include(yield* ask(kit, "list"), `\`${id}\` fix the login`)
      const status = yield* ask(kit, "status")
      assert.include(status, `\`${id}\` fix the login (your latest session in this channel)`)
      assert.include(status, "*coding*")
      assert.include(yield* ask(kit, `status ${id.slice(0, 6)}`, "U2"), `\`${id}\``)
      assert.include(yield* ask(kit, "repo"), "Tasks here are for acme/app.")
      yield* give(kit, "stop")
      assert.include(said(yield* kit.slack.awaitMessage("C1", isKind("card"))), "Stopped")
      assert.include(yield* ask(kit, "stop"), "has already ended")
      assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions.map((each) => each.status), ["cancelled"])
      assert.deepStrictEqual(yield* exceeded(kit.slack), [])
    }))

  it.scopedLive("run <task>, and anything longer than a known word, is a task", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { sessions } = yield* kit.serve()
      for (const text of ["run list", "list the open bugs", "run fix it\n  twice --repo acme/web"]) {
        assert.include(yield* ask(kit, text), "has been created")
      }
      assert.include(yield* ask(kit, "run"), "The task is empty")
      const all = (yield* sessions.list({ limit: 10 })).sessions
      assert.deepStrictEqual(all.map(({ prompt, repo }) => [prompt, repo]).reverse(), [
        ["list", "acme/app"],
        ["list the open bugs", "acme/app"],
        ["fix it\n  twice", "acme/web"]
      ])
    }))

  it.scopedLive("approves, rejects, retries and shows plan, changes and log, of the session that is meant", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { slack, world } = kit
      world.engine.script = (run) =>
        run.turn === 1 ? { lines: ["it broke"], exitCode: 1 } : { exitCode: 0, commits: true, answer: "ok" }
      yield* kit.serve()
      assert.include(yield* ask(kit, "status"), "you have not started a session in this channel")
      assert.include(yield* ask(kit, "status 000000000000"), "there is no session 000000000000")
      yield* slack.mention({ channel: "C1", user: "U1", text: "fix the login --approve" })
      yield* slack.awaitMessage("C1", isKind("plan-1"))
      assert.include(yield* ask(kit, "plan"), "Plan of")
      assert.include(yield* ask(kit, "diff"), "No changes yet")
      yield* give(kit, "reject")
      const modal = yield* slack.until(({ views }) => views.some((view) => view.open))
      assert.isTrue(modal.views.some((view) => view.view["callback_id"] === "reject"))
      yield* slack.submitView("U1", { reason: "smaller, please" })
      yield* slack.awaitMessage("C1", isKind("plan-2"))
      assert.include(world.model.asked.at(-1)?.prompt ?? "", "smaller, please")
      assert.include(yield* ask(kit, "approve"), "Approved: ")
      yield* slack.awaitMessage("C1", isKind("card"))
      assert.include(yield* ask(kit, "approve"), "no plan")
      assert.include(yield* ask(kit, "log"), "it broke")
      assert.include(yield* ask(kit, "retry"), "Retrying: ")
      yield* slack.awaitMessage("C1", isKind("plan-1", 2))
      assert.include(yield* ask(kit, "approve"), "Approved: ")
      yield* slack.awaitMessage("C1", isKind("card", 2))
      assert.include(yield* ask(kit, "diff"), "diff ")
      assert.include(yield* ask(kit, "retry"), "its last turn succeeded")
    }))

  it.scopedLive("answers later where an acknowledgement could not wait for it", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      yield* working(kit)
      const isRemoved = yield* Deferred.make<void>()
      kit.world.engine.removal = Deferred.await(isRemoved)
      const { response } = yield* give(kit, "stop")
      assert.isUndefined(stringAt(response, "text"))
      yield* Deferred.succeed(isRemoved, undefined)
      const { ephemerals } = yield* kit.slack.until((state) => state.ephemerals.length > 0)
      assert.match(ephemerals[0]?.text ?? "", /^Stopped: `[0-9a-f]{12}` fix the login/)
      assert.strictEqual(ephemerals[0]?.user, "U1")
    }))
})

describe("a mention that is a command", () => {
  it.scopedLive("in a session's thread is about that session, and answered there to the one who gave it", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { slack } = kit
      const { id, sessions, thread: threadTs } = yield* working(kit)
      yield* slack.mention({ channel: "C1", user: "U2", text: "status", threadTs })
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length > 0)
      assert.include(ephemerals[0]?.text ?? "", `\`${id}\` fix the login (this thread's session)`)
      assert.deepStrictEqual([ephemerals[0]?.user, ephemerals[0]?.threadTs], ["U2", threadTs])
      // the same word without a mention is a follow-up
      yield* slack.say({ channel: "C1", user: "U2", text: "status", threadTs })
      yield* slack.mention({ channel: "C1", user: "U2", text: "stop", threadTs })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { ephemerals: all } = yield* slack.until((state) => state.ephemerals.length > 1)
      assert.deepStrictEqual(all.map(({ text }) => text.split(":")[0]), [all[0]?.text.split(":")[0], "Stopped"])
      const events = yield* Effect.flatMap(sessions.find(id), (found) => sessions.eventsPage(found.id, 0, 500))
      assert.deepStrictEqual(events.filter(({ type }) => type === "message").map(({ data }) => data), ["status"])
      assert.strictEqual((yield* sessions.list({ limit: 10 })).sessions.length, 1)
    }))

  it.scopedLive("elsewhere starts nothing, also in a direct message", () =>
    Effect.gen(function*() {
      const kit = yield* setup()
      const { sessions } = yield* kit.serve()
      const { envelopeId } = yield* kit.slack.mention({ channel: "C1", user: "U1", text: "help" })
      yield* kit.slack.redeliver(envelopeId)
      yield* kit.slack.say({ channel: "DU1", user: "U1", text: "list" })
      const { ephemerals } = yield* kit.slack.until((state) => state.ephemerals.length > 1)
      assert.deepStrictEqual(ephemerals.map(({ text }) => text.split(/[:.]/)[0]).sort(), [
        "Give me a task",
        "There are no sessions yet"
      ])
      assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions, [])
    }))
})
