/**
 * The demo's model: a script behind a loopback server that speaks the real Anthropic wire format. It plans, works in
 * the sandbox as the agent's model (a test run, an edit, a test run), finds something in the first review, and is
 * content with the second.
 */
import * as Effect from "effect/Effect"
import * as ModelStandIn from "../../test/standins/model/ModelStandIn.ts"
import { finding, firstFix, newTest, secondFix } from "./Exercise.ts"

const plan = {
  title: "Make slug() drop punctuation",
  summary:
    "slug() replaces only the first space and keeps punctuation. It should reduce every run of other characters to one hyphen.",
  steps: ["Run the tests to see the failure", "Change the replacement in slug.js", "Run the tests again"],
  verification: ["node --test"],
  risks: []
}

const rejected = {
  verdict: "request_changes",
  summary: "The tests pass, but a promise of the comment is broken at the edges.",
  findings: [{ file: "slug.js", line: 2, comment: finding }]
}
const approved = { verdict: "approve", summary: "Does what was asked; the edge case has a test now.", findings: [] }

const shell = (command: string) => ({ name: "shell", input: { command } })
const edit = (input: object) => ({ name: "edit", input })

/** What the agent's model says, step by step, in the first round and in the revision. */
const rounds: ReadonlyArray<ReadonlyArray<ModelStandIn.ModelReply>> = [
  [
    ModelStandIn.tools([shell("node --test 2>&1 | tail -n 25")], { text: "I look at the failure first." }),
    ModelStandIn.tools([edit(firstFix)], { text: "Only the first space is replaced, and nothing drops punctuation." }),
    ModelStandIn.tools([shell("node --test 2>&1 | tail -n 8")]),
    ModelStandIn.text("slug() now turns every run of other characters into one hyphen. The tests pass.")
  ],
  [
    ModelStandIn.tools([edit(secondFix), edit(newTest)], { text: "The reviewer is right about the edges." }),
    ModelStandIn.tools([shell("node --test 2>&1 | tail -n 8")]),
    ModelStandIn.text("Hyphens at the edges are trimmed, and a test holds it. All tests pass.")
  ]
]

export const script = (call: ModelStandIn.ModelRequest): Effect.Effect<ModelStandIn.ModelReply> =>
  Effect.sync(() => {
    const usage = { input: 900 + Math.round(call.text.length / 4), output: 120 }
    const structured = call.tools.find((tool) => tool.name !== "shell" && tool.name !== "edit")
    if (!call.tools.some((tool) => tool.name === "shell")) {
      const isReview = call.text.includes("diff --git")
      const answer = !isReview ? plan : call.text.includes("replace(/^-|-$/g") ? approved : rejected
      return structured === undefined
        ? ModelStandIn.json(answer, { usage })
        : ModelStandIn.tools([{ name: structured.name, input: answer }], { usage })
    }
    // the second round goes on with the conversation of the first
    const [first = [], second = []] = rounds
    const isRevision = call.text.includes(finding)
    const steps = isRevision ? second : first
    const answers = call.messages.filter((message) => message.role === "assistant").length
    const step = isRevision ? answers - first.length : answers
    const reply = steps[Math.min(step, steps.length - 1)] ?? ModelStandIn.text("Done.")
    return reply._tag === "Answer" ? { ...reply, usage } : reply
  })
