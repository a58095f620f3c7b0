import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { type Caller, type ChatCommand, Outcome } from "../../../src/bots/shared/ChatCommand.ts"
import { Conversations } from "../../../src/bots/shared/Conversations.ts"
import { SessionActions } from "../../../src/bots/shared/SessionActions.ts"
import * as StopReaction from "../../../src/bots/shared/StopReaction.ts"
import { session } from "./Board.ts"

const caller: Caller = {
  by: { name: "ada", via: "slack" },
  conversations: [],
  noSession: "",
  files: { longestLog: 10, cutNote: () => "", emptyLog: "", nameOf: () => "x" }
}
const message = { platform: "slack", key: "message C1/2" } as const

/** The commands that a reaction to the message gives, where it belongs to this session. */
const commandsOf = (known: Option.Option<typeof session.id>, who: Effect.Effect<Caller>) =>
  Effect.gen(function*() {
    const given = yield* Ref.make<ReadonlyArray<ChatCommand>>([])
    const world = Layer.mergeAll(
      Layer.mock(Conversations, { requester: () => caller.by, sessionOf: () => Effect.succeed(known) }),
      Layer.mock(SessionActions, {
        run: (command) =>
          Effect.as(
            Ref.update(given, (all) => [...all, command]),
            Outcome.Stopped({ found: { session, how: "id" }, isOver: true })
          )
      })
    )
    const stop = yield* Effect.provide(StopReaction.make, world)
    yield* stop([message], who)
    return yield* Ref.get(given)
  })

describe("a reaction that stops", () => {
  it.effect("stops the session that the message belongs to", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* commandsOf(Option.some(session.id), Effect.succeed(caller)), [
        { verb: "stop", id: session.id }
      ])
    }))

  it.effect("on any other message does nothing, and looks nobody up", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* commandsOf(Option.none(), Effect.dieMessage("looked up")), [])
    }))
})
