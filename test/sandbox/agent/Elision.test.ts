import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { elide, omission } from "../../../sandbox/agent/Elision.ts"
import { type Reply, size, type Transcript, Turn } from "../../../sandbox/agent/Transcript.ts"

const reply = (text: string, callIds: ReadonlyArray<string>): Reply => ({
  raw: [{ type: "text", text }],
  text,
  calls: callIds.map((id) => ({ id, name: "shell", input: {} })),
  stop: "end",
  usage: { inputTokens: 0, outputTokens: 0 }
})

const step = (text: string, outputs: ReadonlyArray<string>): Transcript => {
  const results = outputs.map((output, index) => ({ callId: `call-${index}`, text: output, failed: false }))
  return [
    Turn.Model({ reply: reply(text, results.map(({ callId }) => callId)) }),
    outputs.length === 0 ? Turn.User({ text: "go on" }) : Turn.Tools({ results })
  ]
}

const words = FastCheck.integer({ min: 0, max: 3_000 }).map((length) => "x".repeat(length))

const transcript = FastCheck.array(
  FastCheck.tuple(words, FastCheck.array(words, { maxLength: 3 })).map(([text, outputs]) => step(text, outputs)),
  { maxLength: 30 }
).map((steps): Transcript => [Turn.User({ text: "the task" }), ...steps.flat()])

const limits = FastCheck.tuple(FastCheck.integer({ min: 0, max: 60_000 }), FastCheck.integer({ min: 0, max: 60_000 }))
  .map(([a, b]) => ({ limit: Math.max(a, b), target: Math.min(a, b) }))

const untouched = 6

const callIds = (turn: Turn | undefined) => turn?._tag === "Model" ? turn.reply.calls.map(({ id }) => id) : []

describe("Elision", () => {
  it.prop("leaves a conversation below the limit as it is", { transcript }, ({ transcript }) => {
    assert.strictEqual(elide(transcript, { limit: size(transcript), target: 0 }), transcript)
  })

  it.prop("keeps the task and the last steps", { transcript, limits }, ({ limits, transcript }) => {
    const elided = elide(transcript, limits)
    assert.deepStrictEqual(elided[0], transcript[0])
    assert.deepStrictEqual(elided.slice(1).slice(-untouched), transcript.slice(1).slice(-untouched))
  })

  it.prop("never makes it longer", { transcript, limits }, ({ limits, transcript }) => {
    assert.isAtMost(size(elide(transcript, limits)), size(transcript))
  })

  it.prop("meets the target, unless the task and the last steps are larger", { transcript, limits }, (input) => {
    const elided = elide(input.transcript, input.limits)
    const least = size([...input.transcript.slice(0, 1), ...input.transcript.slice(1).slice(-untouched - 1)])
    assert.isAtMost(size(elided), Math.max(input.limits.limit, least + omission.length))
  })

  it.prop("leaves each result with the call that it belongs to", { transcript, limits }, ({ limits, transcript }) => {
    const elided = elide(transcript, limits)
    elided.forEach((turn, index) => {
      const answered = turn._tag === "Tools" ? turn.results.map(({ callId }) => callId) : []
      const asked = turn._tag === "Tools" ? callIds(elided[index - 1]) : []
      assert.deepStrictEqual(answered, asked)
    })
  })

  it("takes the oldest outputs first, and only as many as are needed", () => {
    const output = "y".repeat(1_000)
    const long: Transcript = [Turn.User({ text: "task" }), ...[1, 2, 3, 4, 5, 6].flatMap(() => step("", [output]))]
    const elided = elide(long, { limit: 5_000, target: 4_500 })
    const left = elided.flatMap((turn) => turn._tag === "Tools" ? turn.results.map(({ text }) => text) : [])
    const gone = "[1000 characters of output left out to save space]"
    assert.deepStrictEqual(left, [gone, gone, output, output, output, output])
  })

  it("says where whole steps are missing, once", () => {
    const long: Transcript = [
      Turn.User({ text: "task" }),
      ...Array.from({ length: 20 }, () => step("z".repeat(500), [])).flat()
    ]
    const once = elide(long, { limit: 5_000, target: 4_000 })
    const twice = elide([...once, ...step("z".repeat(2_000), [])], { limit: 5_000, target: 4_000 })
    assert.deepStrictEqual(
      twice.map((turn) => turn._tag === "User" ? turn.text : "").filter((text) => text === omission),
      [omission]
    )
    assert.isAtMost(size(twice), 4_000)
  })
})
