import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as ReplyOnce from "../../../src/bots/shared/ReplyOnce.ts"
import { ChatMemory } from "../../../src/services/store/ChatMemory.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"

const key = { platform: "slack", place: "message C1/1", name: "answer" } as const

describe("a reply to an event that arrives again", () => {
  it.effect("is sent once, whatever the second one says", () =>
    Effect.gen(function*() {
      const claimed = new Set<string>()
      const memory = Layer.mock(ChatMemory, {
        claim: ({ place }) => Effect.sync(() => !claimed.has(place) && claimed.add(place).has(place))
      })
      const sent = yield* Ref.make<ReadonlyArray<string>>([])
      const replyOnce = yield* Effect.provide(ReplyOnce.make, memory)
      const say = (text: string) => replyOnce(key, text, Ref.update(sent, (all) => [...all, text]))
      yield* say("no")
      yield* say("no, again")
      assert.deepStrictEqual(yield* Ref.get(sent), ["no"])
    }))

  it.effect("is not sent where the claim cannot be stored: the platform decides what to do then", () =>
    Effect.gen(function*() {
      const failure = new StoreError({ operation: "write", cause: "disk" })
      const replyOnce = yield* Effect.provide(
        ReplyOnce.make,
        Layer.mock(ChatMemory, { claim: () => Effect.fail(failure) })
      )
      assert.strictEqual(yield* Effect.flip(replyOnce(key, "no", Effect.dieMessage("sent"))), failure)
    }))
})
