import { assert, describe, it } from "@effect/vitest"
import { Outcome } from "../../../src/bots/shared/ChatCommand.ts"
import { changeOf, inSentences } from "../../../src/bots/shared/OutcomeText.ts"
import { session } from "./Board.ts"

/** What a command did, as Slack and Telegram say it. */

const found = { session, how: "id" } as const
const inOneLine = (...args: Parameters<typeof changeOf>) => changeOf(...args).join(", ")

describe("what a command did", () => {
  it("is one phrase where the session's name follows, and sentences where none does", () => {
    assert.strictEqual(inOneLine(Outcome.Rejected({ found })), "Rejected, making a new plan")
    assert.strictEqual(inSentences(...changeOf(Outcome.Rejected({ found }))), "Rejected. Making a new plan.")
    assert.strictEqual(inSentences(...changeOf(Outcome.Approved({ found }))), "Approved.")
    assert.strictEqual(inSentences(...changeOf(Outcome.Retried({ found }))), "Retrying.")
  })

  it("says of a stop whether it is over", () => {
    assert.strictEqual(inOneLine(Outcome.Stopped({ found, isOver: true })), "Stopped")
    assert.strictEqual(inOneLine(Outcome.Stopped({ found, isOver: false })), "Stopping")
  })

  it("keeps the end of a refusal that has one", () => {
    assert.strictEqual(inSentences("which repository?"), "Which repository?")
    assert.strictEqual(inSentences("that turn is over"), "That turn is over.")
  })
})
