import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { Conversations } from "../../../src/bots/shared/Conversations.ts"
import { ChatMemory } from "../../../src/services/store/ChatMemory.ts"
import { Outbox } from "../../../src/services/store/Outbox.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const identities = [{ name: "ada", via: "slack", id: "U1" }, { name: "ada", via: "github", id: "ada-l" }] as const

describe("who asks in a chat", () => {
  it.effect("is called as the operator has named their id, else as they call themselves, but never like a named person", () =>
    Effect.gen(function*() {
      const { requester } = yield* Conversations
      assert.deepStrictEqual(requester("slack", "U1", "whoever"), { name: "ada", via: "slack" })
      assert.deepStrictEqual(requester("slack", "U2", "Bob"), { name: "Bob", via: "slack" })
      assert.deepStrictEqual(requester("slack", "U2", ""), { name: "U2", via: "slack" })
      assert.deepStrictEqual(requester("slack", "U2", "ada"), { name: "U2", via: "slack" })
      assert.deepStrictEqual(requester("telegram", "U1", "ada"), { name: "U1", via: "telegram" })
    }).pipe(Effect.provide(Layer.provide(
      Conversations.layer,
      Layer.mergeAll(
        Layer.mock(ChatMemory, {}),
        Layer.mock(Outbox, {}),
        Layer.mock(Sessions, {}),
        layerConfig({ identities })
      )
    ))))
})
