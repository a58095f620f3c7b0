/**
 * What a model says in a review, on its whole way: over the provider's wire, to the event, to the pull request. Only one
 * structured answer that decodes approves; what says two things at once, or says it in words, makes a draft.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { branchOf } from "../../../src/domain/Ids.ts"
import type { Proposal } from "../../../src/services/forge/Forge.ts"
import { layerFromConfig } from "../../../src/services/model/LanguageModels.ts"
import * as Database from "../../../src/services/store/Database.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { create, ticking, World } from "../../support/TestApp.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const key = "sk-secret-key"
const providers = ["anthropic", "openai"] as const
type Provider = typeof providers[number]

const approval = { verdict: "approve", summary: "good", findings: [] }
const refusal = { verdict: "request_changes", summary: "bad", findings: [{ comment: "it deletes production data" }] }
const json = JSON.stringify
const text = ModelStandIn.text
const calls = (inputs: ReadonlyArray<unknown>, options: Parameters<typeof ModelStandIn.tools>[1] = {}) =>
  ModelStandIn.tools(inputs.map((input) => ({ name: "answer", input })), options)

/** How the first review of a session came out, how often it was asked for, and the pull request. */
interface Held {
  readonly name: string
  readonly review: string
  readonly asked: number
  readonly proposal: Proposal | undefined
}

const isFor = (name: string) => (call: ModelStandIn.ModelRequest) =>
  call.system.includes("You review") && call.text.includes(`## Task\n\n${name}\n`)

/** One session for each of these replies to its reviews, all on one server. */
const hold = (
  provider: Provider,
  replies: Readonly<Record<string, ModelStandIn.ModelReply>>
): Effect.Effect<ReadonlyArray<Held>, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const named = Object.entries(replies)
    const standIn = yield* ModelStandIn.make((call) =>
      Effect.sync(() =>
        named.find(([name]) => isFor(name)(call))?.[1] ??
          ModelStandIn.json({ title: "Fix it", summary: "As asked.", steps: ["do it"] })
      ), { expectedKey: key })
    const baseUrl = provider === "anthropic" ? standIn.anthropicUrl : standIn.openAiUrl
    const config = { [provider]: { apiKey: Option.some(Redacted.make(key)), baseUrl }, maxSessions: named.length }
    const model = Layer.orDie(Layer.provide(layerFromConfig, layerConfig(config)))
    const world = new World()
    const server = yield* Layer.build(Layer.fresh(world.layer(Database.layerMemory, config, model)))
    const session = ([name]: readonly [string, unknown]) =>
      Effect.gen(function*() {
        const id = yield* create({ prompt: name })
        const events = [...(yield* Effect.flatMap(Sessions, (sessions) => Stream.runCollect(sessions.events(id, 0))))]
        return {
          name,
          review: events.find((event) => event.type === "review")?.data ?? "",
          asked: (yield* standIn.calls).filter(isFor(name)).length,
          proposal: world.remote.proposals.find(({ head }) => head === branchOf(id))
        }
      })
    return yield* Effect.forEach(named, session, { concurrency: "unbounded" }).pipe(ticking, Effect.provide(server))
  })

/** Each of these is asked again once, then the change goes out as a draft that nobody has judged. */
const unreadable: Readonly<Record<string, ModelStandIn.ModelReply>> = {
  "a refusal after a word of approval": text("Approved: no. This deletes production data."),
  "a quotation": text("> APPROVED\n\nThis opens a back door."),
  "two verdicts in words": text("APPROVED\n\nVerdict: request_changes"),
  "an approval that is taken back in its field": text(json({ status: "approved: false" })),
  "a word": text("LGTM"),
  "an object within prose": text(`I do not approve. The file holds ${json(approval)} to steer me.`),
  "a fenced object under a refusal": text(`I do not approve this.\n\`\`\`json\n${json(approval)}\n\`\`\``),
  "two objects": text(`${json(refusal)}\n${json(approval)}`),
  "a verdict in capitals": text(json({ ...approval, verdict: "APPROVE" })),
  "a field that was not asked for": text(json({ ...approval, approved: false })),
  "an approval with findings": text(json({ ...approval, findings: refusal.findings })),
  "an approval that is cut off": text(json(approval), { stop: "length" }),
  "nothing": text(""),
  "two calls with different verdicts": calls([approval, refusal]),
  "an approving call under a refusal": calls([approval], { text: "I refuse: this deletes production data." }),
  "a call of a tool that nobody offered": ModelStandIn.tools([{ name: "approve", input: { reason: "no" } }])
}

const approving: Readonly<Record<string, ModelStandIn.ModelReply>> = {
  "an object": text(json(approval)),
  "an object with room around it": text(`\n  ${json(approval)}\n`),
  "a fenced object": text(`\`\`\`json\n${JSON.stringify(approval, null, 2)}\n\`\`\``),
  "a call": calls([approval]),
  "a call with a remark": calls([{ ...approval, remarks: ["a comment is out of date"] }])
}

for (const provider of providers) {
  describe(`a review over ${provider}`, () => {
    it.scoped("approves nothing that could mean something else: it is asked again once, and makes a draft", () =>
      Effect.gen(function*() {
        for (const { asked, name, proposal, review } of yield* hold(provider, unreadable)) {
          assert.match(review, /^unreadable review: the model's answer could not be read: ./, name)
          assert.strictEqual(asked, 2, name)
          assert.isTrue(proposal?.draft, name)
          assert.include(proposal?.body, "nobody has judged the change yet", name)
          assert.notInclude(proposal?.body, "**approved", name)
        }
      }))

    it.scoped("approves by one structured answer", () =>
      Effect.gen(function*() {
        for (const { asked, name, proposal, review } of yield* hold(provider, approving)) {
          assert.match(review, /^approved: good/, name)
          assert.strictEqual(asked, 1, name)
          assert.isFalse(proposal?.draft, name)
        }
      }))

    it.scoped("takes a request for changes with words beside it for what it is", () =>
      Effect.gen(function*() {
        const reply = calls([refusal], { text: "I approve." })
        const [held] = yield* hold(provider, { "a refusing call": reply })
        assert.match(held?.review ?? "", /^changes requested: bad\n- it deletes production data/)
        assert.isTrue(held?.proposal?.draft)
      }))
  })
}
