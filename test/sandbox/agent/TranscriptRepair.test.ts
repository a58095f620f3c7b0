import { assert, describe, it } from "@effect/vitest"
import { Turn } from "../../../sandbox/agent/Transcript.ts"
import { interrupted, settle } from "../../../sandbox/agent/TranscriptRepair.ts"
import { translate } from "../../../sandbox/agent/Translation.ts"
import { anyOf, checkValid, dialects, replyOf, settledOf } from "./Transcripts.ts"

const isUser = (turn: Turn) => turn._tag === "User"

describe("a conversation that was broken off", () => {
  for (const dialect of dialects) {
    it.prop(`is valid once it is settled (${dialect.name})`, { transcript: anyOf(dialect) }, ({ transcript }) => {
      checkValid(dialect, settle(transcript))
    })

    it.prop(
      `is the same where nothing is missing (${dialect.name})`,
      { transcript: settledOf(dialect) },
      ({ transcript }) => {
        assert.deepStrictEqual(settle(transcript), transcript)
      }
    )

    it.prop(`keeps what was said (${dialect.name})`, { transcript: anyOf(dialect) }, ({ transcript }) => {
      const begin = transcript.findIndex(isUser)
      const told = begin === -1 ? [] : transcript.slice(begin).filter(({ _tag }) => _tag !== "Tools")
      assert.deepStrictEqual(settle(transcript).filter(({ _tag }) => _tag !== "Tools"), told)
    })

    for (const other of dialects) {
      it.prop(
        `is valid when ${dialect.name}'s is told to another model of ${other.name}`,
        { transcript: anyOf(dialect) },
        ({ transcript }) => {
          const told = translate(settle(transcript), other)
          checkValid(other, told)
          assert.deepStrictEqual(told.map(({ _tag }) => _tag), settle(transcript).map(({ _tag }) => _tag))
        }
      )
    }

    it(`says which call was interrupted (${dialect.name})`, () => {
      const task = Turn.User({ text: "task" })
      const model = Turn.Model({ reply: replyOf(dialect, "", ["a", "b"]) })
      const known = { callId: "a", text: "fine", failed: false }
      const missing = { callId: "b", text: interrupted, failed: true }
      assert.deepStrictEqual(settle([task, model, Turn.Tools({ results: [known] })]), [
        task,
        model,
        Turn.Tools({ results: [known, missing] })
      ])
    })
  }
})
