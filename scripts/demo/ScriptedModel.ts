/**
 * The demo's model: a script behind a loopback server that speaks the real Anthropic wire format. It plans, and works in
 * the sandbox as the agent's model. At first it breaks a test and says that all pass, which the checks find out; its repair
 * passes them, and the first review finds something; it is content with what comes then.
 */
import * as Effect from "effect/Effect"
import * as ModelStandIn from "../../test/standins/model/ModelStandIn.ts"
import { finding, firstFix, firstTest, newTest, repair, secondFix } from "./Exercise.ts"

const plan = {
  title: "Make slug() drop punctuation",
  summary:
    "slug() replaces spaces and keeps punctuation. It should reduce every run of other characters to one hyphen.",
  steps: ["Change the replacement in slug.js", "Add a test for punctuation", "Run the tests"],
  verification: ["node --test"],
  risks: []
}

const rejected = {
  verdict: "request_changes",
  summary: "The tests pass, but what was asked for is not reached at the edges.",
  findings: [{ file: "slug.js", line: 2, comment: finding }]
}
const approved = { verdict: "approve", summary: "Does what was asked; the edge case has a test now.", findings: [] }

const shell = (command: string) => ({ name: "shell", input: { command } })
const edit = (input: object) => ({ name: "edit", input })

/** What the agent's model says, step by step, in each of the rounds. */
const rounds: ReadonlyArray<ReadonlyArray<ModelStandIn.ModelReply>> = [
  [
    ModelStandIn.tools([shell("cat slug.js slug.test.js")], { text: "I look at the code first." }),
    ModelStandIn.tools([edit(firstFix), edit(firstTest)], {
      text: "Only spaces are replaced; nothing drops punctuation."
    }),
    ModelStandIn.text("slug() now turns every run of other characters into one hyphen. All tests pass.")
  ],
  [
    ModelStandIn.tools([edit(repair)], { text: "The underscore of a name must stay." }),
    ModelStandIn.tools([shell("node --test 2>&1 | tail -n 8")]),
    ModelStandIn.text(
      "I had broken the test of names, and had not run it. An underscore stays now, and the tests pass."
    )
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
    // each round goes on with the conversation of the one before
    const answers = call.messages.filter((message) => message.role === "assistant").length
    const reply = rounds.flat()[answers] ?? ModelStandIn.text("Done.")
    return reply._tag === "Answer" ? { ...reply, usage } : reply
  })
