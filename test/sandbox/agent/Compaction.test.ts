import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { compact } from "../../../sandbox/agent/Compaction.ts"
import { elide } from "../../../sandbox/agent/Elision.ts"
import { size, type Transcript, type Turn } from "../../../sandbox/agent/Transcript.ts"
import { checkValid, dialects, limits, settledOf } from "./Transcripts.ts"

const untouched = 6

const isPrompt = (turn: Turn) => turn._tag === "User" && turn.isPrompt === true

/** The task, the prompt that is being worked on and the last steps are there, as they were. */
const checkKept = (before: Transcript, after: Transcript) => {
  assert.deepStrictEqual(after[0], before[0])
  assert.deepStrictEqual(after.slice(1).slice(-untouched), before.slice(1).slice(-untouched))
  assert.deepStrictEqual(after.findLast(isPrompt), before.findLast(isPrompt))
}

const summary = FastCheck.string({ minLength: 1, maxLength: 200 }).filter((text) => text.trim() !== "")

describe("shortening a conversation", () => {
  for (const dialect of dialects) {
    const transcript = settledOf(dialect)

    it.prop(`a summary keeps task, prompt and last steps (${dialect.name})`, { transcript, summary }, (given) => {
      const after = compact(given.transcript, given.summary, [{ content: "the item", status: "pending" }])
      if (after === undefined) return
      checkKept(given.transcript, after)
      checkValid(dialect, after)
      assert.isBelow(size(after), size(given.transcript))
      const text = JSON.stringify(after)
      assert.include(text, JSON.stringify(given.summary.trim()).slice(1, -1))
      assert.include(text, "[ ] the item")
    })

    it.prop(`leaving out keeps task, prompt and last steps (${dialect.name})`, { transcript, limits }, (given) => {
      const after = elide(given.transcript, given.limits)
      checkKept(given.transcript, after)
      checkValid(dialect, after)
    })

    it.prop(`a summary can be summed up again (${dialect.name})`, { transcript, summary }, (given) => {
      const once = compact(given.transcript, given.summary, []) ?? given.transcript
      const twice = compact([...once, ...given.transcript.slice(1)], "second", [])
      if (twice === undefined) return
      checkKept([...once, ...given.transcript.slice(1)], twice)
      checkValid(dialect, twice)
    })
  }

  it("nothing is summed up by nothing", () => {
    const [transcript = []] = FastCheck.sample(settledOf(dialects[0] ?? assert.fail()), { seed: 1, numRuns: 1 })
    assert.isUndefined(compact(transcript, "  \n", []))
  })
})
