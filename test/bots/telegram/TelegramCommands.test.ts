import { assert, describe, it } from "@effect/vitest"
import { leadingId, menu, Read, read } from "../../../src/bots/telegram/TelegramCommands.ts"

describe("commands in Telegram", () => {
  const command = (name: Parameters<typeof Read.Command>[0]["name"], rest: string) => Read.Command({ name, rest })

  it("are read with what follows, in a group with the bot's name", () => {
    assert.deepStrictEqual(
      read("/new fix it\nand test --repo a/b", "opentl_bot"),
      command("new", "fix it\nand test --repo a/b")
    )
    assert.deepStrictEqual(read("/NEW@OpenTL_bot  fix", "opentl_bot"), command("new", "fix"))
    assert.deepStrictEqual(read("/stop", "opentl_bot"), command("stop", ""))
    assert.deepStrictEqual(read("/new@another_bot fix", "opentl_bot"), Read.ForAnother())
    assert.deepStrictEqual(read("/sing", "opentl_bot"), Read.Unknown({ name: "sing" }))
    assert.deepStrictEqual(read("see /new", "opentl_bot"), Read.Text({ text: "see /new" }))
    assert.deepStrictEqual(read("/usr/bin is full", "opentl_bot"), Read.Text({ text: "/usr/bin is full" }))
  })

  it("have names that Telegram takes", () => {
    for (const { command, description } of menu) {
      assert.match(command, /^[a-z0-9_]{1,32}$/)
      assert.isAtMost(description.length, 256)
    }
  })

  it("take an id before a reason, and no word for one", () => {
    assert.deepStrictEqual(leadingId("0123456789ab use sqlite"), { id: "0123456789ab", rest: "use sqlite" })
    assert.deepStrictEqual(leadingId("dead code stays"), { id: undefined, rest: "dead code stays" })
    assert.deepStrictEqual(leadingId("0123456789ab"), { id: "0123456789ab", rest: "" })
  })
})
