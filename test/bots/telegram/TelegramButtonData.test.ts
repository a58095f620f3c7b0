import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Buttons from "../../../src/bots/telegram/TelegramButtonData.ts"
import { SessionId } from "../../../src/domain/Ids.ts"

describe("buttons in Telegram", () => {
  const press = FastCheck.record({
    action: FastCheck.constantFrom<Array<Buttons.Action>>("approve", "reject", "stop", "diff", "log", "retry"),
    sessionId: FastCheck.stringMatching(/^[0-9a-f]{12}$/).map((id) => SessionId.make(id)),
    turn: FastCheck.integer({ min: 1, max: 9999 }),
    proposal: FastCheck.integer({ min: 0, max: 999 })
  })

  it.prop("say back what they were made of, in 64 bytes", [press], ([given]) => {
    assert.deepStrictEqual(Option.getOrUndefined(Buttons.decode(Buttons.encode(given))), given)
    assert.strictEqual(Buttons.button("x", given).length, 1)
  })

  it.prop("of another kind say nothing", [FastCheck.string()], ([data]) => {
    const decoded = Buttons.decode(data)
    if (Option.isSome(decoded)) assert.strictEqual(Buttons.encode(decoded.value), data)
  })

  it("are left out where their data would be too long", () => {
    const sessionId = SessionId.make("x".repeat(64))
    assert.deepStrictEqual(Buttons.button("x", { action: "stop", sessionId, turn: 1, proposal: 0 }), [])
  })
})
