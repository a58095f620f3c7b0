/** What a command from a chat comes to, whatever the platform. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { type Caller, type ChatCommand, refusing } from "../../../src/bots/shared/ChatCommand.ts"
import { Conversations } from "../../../src/bots/shared/Conversations.ts"
import { SessionActions } from "../../../src/bots/shared/SessionActions.ts"
import { SessionEventView } from "../../../src/domain/EventText.ts"
import type { SessionId } from "../../../src/domain/Ids.ts"
import { Session } from "../../../src/domain/Session.ts"
import { Outbox } from "../../../src/services/store/Outbox.ts"
import { session } from "./Board.ts"

const waiting = new Session({ ...session, status: "waiting", proposal: 2, turn: 1 })
const ada = { name: "ada", via: "slack" } as const

const caller: Caller = {
  by: ada,
  conversations: [["thread", { platform: "slack", key: "C1/1" }], ["latest", { platform: "slack", key: "latest" }]],
  noSession: "there is none",
  files: { longestLog: 10, cutNote: () => "", emptyLog: "", nameOf: () => "x" }
}

const isSession = Schema.is(Session)

/** Runs a command where the conversations of some keys have a session. */
const run = (
  command: ChatCommand,
  keys: ReadonlyArray<string> = [],
  read: Session | ReadonlyArray<SessionEventView> = waiting
) =>
  Effect.gen(function*() {
    const [known, events] = isSession(read) ? [read, undefined] : [waiting, read]
    const asked: Array<unknown> = []
    const note = (...what: ReadonlyArray<unknown>) => Effect.sync(() => void asked.push(what))
    const world = Layer.mergeAll(
      Layer.mock(Sessions, {
        find: () => Effect.succeed(known),
        get: () => Effect.succeed(known),
        approve: (id: SessionId, approval) => Effect.as(note("approve", id, approval), known),
        reject: (id: SessionId, rejection) => Effect.as(note("reject", id, rejection), known),
        retry: (id: SessionId, retry) => Effect.as(note("retry", id, retry), known),
        stop: (id: SessionId, by, turn) => Effect.as(note("stop", id, by, turn), known),
        addBudget: (id: SessionId, more) => Effect.as(note("addBudget", id, more), known),
        eventsPage: () => events === undefined ? Effect.dieMessage("a command reads no events") : Effect.succeed(events)
      }),
      Layer.mock(Conversations, {
        requester: () => ada,
        sessionOf: ({ key }) => Effect.succeed(keys.includes(key) ? Option.some(known.id) : Option.none())
      }),
      Layer.mock(Outbox, {})
    )
    const context = yield* Layer.build(Layer.provide(SessionActions.layer, world))
    const result = yield* Effect.either(refusing(Context.get(context, SessionActions).run(command, caller)))
    return { asked, result: result._tag === "Left" ? result.left.message : result.right }
  })

const outcomeOf = (...args: Parameters<typeof run>) => Effect.map(run(...args), ({ result }) => result)

describe("the session that a command is about", () => {
  it.scoped("is the one named, else the first conversation's that has one", () =>
    Effect.gen(function*() {
      const status = { verb: "status", id: undefined } as const
      const how = (command: ChatCommand, keys: ReadonlyArray<string>) =>
        Effect.map(outcomeOf(command, keys), (outcome) => typeof outcome === "string" ? outcome : outcome.found.how)
      assert.strictEqual(yield* how({ ...status, id: "0123" }, ["C1/1"]), "id")
      assert.strictEqual(yield* how(status, ["C1/1", "latest"]), "thread")
      assert.strictEqual(yield* how(status, ["latest"]), "latest")
      assert.strictEqual(yield* how(status, []), "there is none")
    }))
})

describe("a rejection", () => {
  const reject = { verb: "reject", id: "0123" } as const

  it.scoped("without a reason asks for one, about the plan that waits", () =>
    Effect.gen(function*() {
      const { asked, result } = yield* run(reject)
      assert.deepInclude(result, { _tag: "ReasonWanted", answers: { turn: 1, proposal: 2 } })
      assert.deepStrictEqual(asked, [])
    }))

  it.scoped("asks nobody about a plan that was replaced, or where none waits", () =>
    Effect.gen(function*() {
      const replaced = yield* outcomeOf({ ...reject, answers: { turn: 1, proposal: 1 } })
      assert.include(replaced, "this answer is for plan 1 of turn 1, which was replaced")
      assert.include(yield* outcomeOf(reject, [], session), "has no plan waiting for approval")
    }))

  it.scoped("with a reason is carried out, and names the plan that was seen", () =>
    Effect.gen(function*() {
      const answers = { turn: 1, proposal: 2 }
      const { asked } = yield* run({ ...reject, reason: "smaller", answers })
      assert.deepStrictEqual(asked, [["reject", session.id, { reason: "smaller", answers, by: ada }]])
    }))
})

describe("a retry", () => {
  it.scoped("is of the turn that was seen, else of the last one", () =>
    Effect.gen(function*() {
      const retry = { verb: "retry", id: "0123" } as const
      const seen = yield* run({ ...retry, turn: 7 })
      assert.deepStrictEqual(seen.asked, [["retry", session.id, { turn: 7, by: ada }]])
      const last = yield* run(retry)
      assert.deepStrictEqual(last.asked, [["retry", session.id, { turn: 1, by: ada }]])
    }))
})

describe("more budget", () => {
  const view = (addUsd: number) =>
    new SessionEventView({
      id: 1,
      sessionId: session.id,
      type: "status",
      data: "",
      createdAt: DateTime.unsafeMake(0),
      detail: { _tag: "BudgetReached", v: 1, turn: 1, budget_usd: 7, first_usd: addUsd, remaining_ms: 1 }
    })

  it.scoped("is as much again as there was at first", () =>
    Effect.gen(function*() {
      const { asked, result } = yield* run({ verb: "budget", id: "0123" }, [], [view(2)])
      assert.deepStrictEqual(asked, [["addBudget", session.id, { addUsd: 2, by: ada }]])
      assert.propertyVal(result, "_tag", "BudgetAdded")
    }))

  it.scoped("is refused where the session waits for none", () =>
    Effect.gen(function*() {
      const { asked, result } = yield* run({ verb: "budget", id: "0123" }, [], [])
      assert.deepStrictEqual([asked, result], [[], "this session does not wait for a budget"])
    }))
})

describe("a stop", () => {
  it.scoped("is sent at once, and names the turn that was seen: nothing is looked up first", () =>
    Effect.gen(function*() {
      const stop = { verb: "stop", id: "0123" } as const
      const seen = yield* run({ ...stop, turn: 2 })
      assert.deepStrictEqual(seen.asked, [["stop", session.id, ada, 2]])
      const any = yield* run(stop)
      assert.deepStrictEqual(any.asked, [["stop", session.id, ada, undefined]])
    }))
})
