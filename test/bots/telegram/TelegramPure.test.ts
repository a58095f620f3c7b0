import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Buttons from "../../../src/bots/telegram/TelegramButtonData.ts"
import { leadingId, menu, Read, read } from "../../../src/bots/telegram/TelegramCommands.ts"
import { isAllowed } from "../../../src/bots/telegram/TelegramPeople.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { failure } from "../../../src/services/telegram/TelegramFailure.ts"
import * as Rates from "../../../src/services/telegram/TelegramRates.ts"

describe("commands", () => {
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

describe("buttons", () => {
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

describe("people", () => {
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

describe("rates", () => {
  const calls = FastCheck.array(
    FastCheck.record({ after: FastCheck.integer({ min: 0, max: 3000 }), chat: FastCheck.constantFrom(1, 2, -3) }),
    { maxLength: 120 }
  )

  /** When each call goes out. */
  const sent = (plan: ReadonlyArray<{ readonly after: number; readonly chat: number }>) => {
    let now = 0
    let rates = Rates.none
    return plan.map(({ after, chat }) => {
      now += after
      const reserved = Rates.reserve(rates, Rates.ratesOf(chat), now, Infinity)
      rates = reserved.rates
      return { at: now + reserved.wait, chat }
    })
  }

  const most = (times: ReadonlyArray<number>, window: number) =>
    Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + window).length))

  it.prop("are kept in every window of time", [calls], ([plan]) => {
    const all = sent(plan)
    for (const chat of [1, 2, -3]) {
      const times = all.filter((call) => call.chat === chat).map(({ at }) => at)
      assert.isAtMost(most(times, 1000), 3)
      assert.isAtMost(most(times, 10_000), 12)
      if (chat < 0) assert.isAtMost(most(times, 60_000), 20)
    }
  })

  it("are kept for all chats together", () => {
    const all = sent(Array.from({ length: 200 }, (_, chat) => ({ after: 0, chat })))
    assert.isAtMost(most(all.map(({ at }) => at), 1000), 45)
    assert.isAbove(all[199]?.at ?? 0, 7000)
  })

  it("an impatient call reserves nothing", () => {
    const limits = Rates.ratesOf(1)
    const two = Rates.reserve(Rates.reserve(Rates.none, limits, 0, 0).rates, limits, 0, 0)
    assert.strictEqual(two.wait, 0)
    const third = Rates.reserve(two.rates, limits, 0, 500)
    assert.strictEqual(third.wait, 1000)
    assert.strictEqual(third.rates, two.rates)
    assert.strictEqual(Rates.reserve(third.rates, limits, 1000, 0).wait, 0)
  })

  it("nothing goes out before Telegram's own time", () => {
    const [, chat] = Rates.ratesOf(1)
    const held = chat === undefined ? Rates.none : Rates.hold(Rates.none, chat, 5000)
    assert.strictEqual(Rates.reserve(held, Rates.ratesOf(1), 1000, Infinity).wait, 4000)
  })
})

describe("failures", () => {
  it("say whether the call may have been done, and never the address", () => {
    const refused = failure("sendMessage", {
      errorCode: 429,
      description: "Too Many Requests",
      parameters: { retry_after: 3 }
    })
    assert.deepStrictEqual([refused.kind, refused.retryAfterMillis, refused.isRetryable], ["refused", 3000, true])
    const url = "http://127.0.0.1/bot1:secret/sendMessage"
    const unreached = failure("sendMessage", {
      code: "EFETCH",
      cause: { message: url, cause: { code: "ECONNREFUSED" } }
    })
    assert.strictEqual(unreached.kind, "unreached")
    const lost = failure("sendMessage", { code: "EFETCH", cause: { message: url, cause: { code: "UND_ERR_SOCKET" } } })
    assert.strictEqual(lost.kind, "uncertain")
    assert.notInclude(`${unreached.message}${lost.message}`, "secret")
    const final = failure("sendMessage", { errorCode: 403, description: "Forbidden: bot was blocked by the user" })
    assert.isFalse(final.isRetryable)
  })
})
