import { assert, describe, it } from "@effect/vitest"
import { failure } from "../../../src/services/telegram/TelegramFailure.ts"

describe("failures of Telegram", () => {
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
