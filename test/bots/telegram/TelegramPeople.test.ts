import { assert, describe, it } from "@effect/vitest"
import { isAllowed } from "../../../src/bots/telegram/TelegramPeople.ts"

describe("people in Telegram", () => {
  const ada = { id: 7, is_bot: false, first_name: "Ada", username: "Ada_L" }

  it("are allowed by id, or by name in any case", () => {
    assert.isTrue(isAllowed(["7"], ada))
    assert.isTrue(isAllowed(["@ada_l"], ada))
    assert.isTrue(isAllowed(["ada_l"], ada))
    assert.isFalse(isAllowed([], ada))
    assert.isFalse(isAllowed(["77", "@ada"], ada))
  })

  it("with digits for a name are nobody's id", () => {
    assert.isFalse(isAllowed(["7"], { ...ada, id: 9, username: "7" }))
  })
})
