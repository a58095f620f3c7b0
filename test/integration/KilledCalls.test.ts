/**
 * The built program is killed while its own model calls are under way, for a plan and for a review in parts: each call is
 * in the account afterwards, for the session and for the day, and no part that was answered is asked for again.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as GitHubStandIn from "../standins/github/GitHubStandIn.ts"
import * as ModelStandIn from "../standins/model/ModelStandIn.ts"
import * as Program from "../support/Program.ts"

const keys = { github: "ghp_0123456789secret", model: "sk-ant-0123456789secret" }

const usage = { input: 1_000, output: 100 }
const plan = { title: "Add files", summary: "Adds files.", steps: ["add them"] }
const approve = { verdict: "approve", summary: "good", findings: [] }

/** Which part of a diff is asked for; 0 for the last question, and for every other. */
const partOf = ({ text }: ModelStandIn.ModelRequest) => Number(/^## Diff, part (\d+) of/m.exec(text)?.[1] ?? 0)
const isReview = ({ text }: ModelStandIn.ModelRequest) => text.includes("## Changed files")

/** A diff of three parts. */
const agent = "for f in a b c; do seq -f \"+$f line %g of a long file ;\" 5000 > $f.txt; done"

/** A server on this machine, whose model holds what is to be held until it is told not to. */
const world = Effect.fnUntraced(function*(
  isHeld: (call: ModelStandIn.ModelRequest) => boolean,
  more: Readonly<Record<string, string>> = {}
) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-killed-" })
  const github = yield* GitHubStandIn.make({ token: keys.github })
  yield* github.createRepository({ owner: "acme", name: "app", files: { "README.md": "# app\n" } })
  const holds = yield* Ref.make(true)
  const model = yield* ModelStandIn.make((call) =>
    Effect.gen(function*() {
      if (isHeld(call) && (yield* Ref.get(holds))) return yield* Effect.never
      const input = isReview(call) ? approve : plan
      return ModelStandIn.tools([{ name: call.tools[0]?.name ?? "", input }], { usage })
    }), { expectedKey: keys.model })
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_SANDBOX: "local",
    OPENTL_AGENT: `command:${agent}`,
    OPENTL_REVIEW_ROUNDS: "1",
    GITHUB_TOKEN: keys.github,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.serverUrl,
    ANTHROPIC_API_KEY: keys.model,
    ANTHROPIC_BASE_URL: model.anthropicUrl,
    ...more
  }
  yield* Program.tidy(environment)
  return { environment, model, release: Ref.set(holds, false) }
})

const kill = Effect.fnUntraced(function*(server: Program.Server) {
  yield* server.kill("SIGKILL")
  yield* server.ended
})

const Used = Schema.TaggedStruct("UsageRecorded", {
  source: Schema.String,
  usage: Schema.Struct({ cost_usd: Schema.Number }),
  estimated: Schema.optionalWith(Schema.Boolean, { default: () => false })
})
const isUsed = Schema.is(Used)
const decodeUsed = Schema.decodeUnknownSync(Used)

/** The calls in the account, as `<source>`, or `<source>?` where the cost is an estimate. */
const accountOf = (events: ReadonlyArray<Program.EventJson>) => {
  const used = events.flatMap(({ detail }) => isUsed({ estimated: false, ...detail }) ? [decodeUsed(detail)] : [])
  return {
    calls: used.map(({ estimated, source }) => `${source}${estimated ? "?" : ""}`),
    costs: used.map(({ usage }) => usage.cost_usd)
  }
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, number) => total + number, 0)

const SessionJson = Schema.Struct({
  phase: Schema.String,
  usage: Schema.Struct({ cost_usd: Schema.Number })
})
const sessionOf = (server: Program.Server, id: string) =>
  Effect.flatMap(server.get(`/api/sessions/${id}`), Schema.decodeUnknown(SessionJson))

const task = { repo: "acme/app", prompt: "Add files" }

/** A session whose server was killed while its plan was asked for, and the events of the next server's up to this one. */
const killedWhilePlanning = Effect.fnUntraced(function*(
  request: object,
  more: Readonly<Record<string, string>>,
  last: string
) {
  const { environment, model } = yield* world(() => true, more)
  const first = yield* Program.serve(environment)
  const id = yield* first.create({ ...task, ...request })
  yield* model.awaitCalls(1)
  yield* kill(first)
  const second = yield* Program.serve(environment)
  const events = [
    ...(yield* second.events(id).pipe(Stream.takeUntil(({ detail }) => detail?.["_tag"] === last), Stream.runCollect))
  ]
  const account = accountOf(events)
  const session = yield* sessionOf(second, id)
  assert.deepStrictEqual(account.calls, ["plan?"])
  assert.isAbove(account.costs[0] ?? 0, 0.01)
  assert.strictEqual(session.phase, "budget")
  assert.closeTo(session.usage.cost_usd, sum(account.costs), 1e-9)
  assert.lengthOf(yield* model.calls, 1, "with nothing left, the plan is not asked for again")
})

const live = <A, E>(effect: Effect.Effect<A, E, NodeContext.NodeContext>) => Effect.provide(effect, NodeContext.layer)

describe("a server that is killed while a plan is asked for", () => {
  it.live("has counted the call for the session's budget", () =>
    killedWhilePlanning({ budget_usd: 0.01 }, {}, "BudgetReached").pipe(Effect.scoped, live))

  it.live("has counted the call for the day's budget", () =>
    killedWhilePlanning({}, { OPENTL_BUDGET_DAY_USD: "0.01" }, "DayBudgetReached").pipe(Effect.scoped, live))

  it.live("counts it where the session is stopped instead of going on", () =>
    Effect.gen(function*() {
      const { environment, model } = yield* world(() => true)
      const first = yield* Program.serve(environment)
      const id = yield* first.create(task)
      yield* model.awaitCalls(1)
      yield* kill(first)
      const second = yield* Program.serve(environment)
      // it is asked for again, and cut off again
      yield* model.awaitCalls(2)
      yield* second.post(`/api/sessions/${id}/stop`)
      const { calls, costs } = accountOf([...(yield* Stream.runCollect(second.events(id)))])
      assert.deepStrictEqual(calls, ["plan?", "plan?"])
      assert.closeTo((yield* sessionOf(second, id)).usage.cost_usd, sum(costs), 1e-9)
    }).pipe(Effect.scoped, live))

  it.live("counts it where the first server was asked to end", () =>
    Effect.gen(function*() {
      const { environment, model, release } = yield* world(() => true)
      const first = yield* Program.serve(environment)
      const id = yield* first.create({ ...task, plan_only: true })
      yield* model.awaitCalls(1)
      yield* first.kill("SIGTERM")
      assert.strictEqual(yield* first.ended, 0)
      yield* release
      const second = yield* Program.serve(environment)
      assert.deepStrictEqual(accountOf([...(yield* Stream.runCollect(second.events(id)))]).calls, ["plan?", "plan"])
    }).pipe(Effect.scoped, live))
})

describe("a server that is killed while a diff is reviewed in parts", () => {
  it.live("has counted the calls under way, and asks for the missing parts only", () =>
    Effect.gen(function*() {
      const { environment, model, release } = yield* world((call) => partOf(call) > 1)
      const first = yield* Program.serve(environment)
      const id = yield* first.create({ ...task, budget_usd: 10 })
      // the plan, the first part, and two that are held
      yield* model.awaitCalls(4)
      yield* kill(first)
      yield* release
      const second = yield* Program.serve(environment)
      const events = [...(yield* Stream.runCollect(second.events(id)))]
      const { calls, costs } = accountOf(events)
      const asked = (yield* model.calls).filter(isReview).map(partOf)
      assert.deepStrictEqual(asked.slice(0, 3).sort(), [1, 2, 3])
      assert.deepStrictEqual(asked.slice(3, 5).sort(), [2, 3])
      assert.deepStrictEqual(asked.slice(5), [0], "the last question")
      assert.deepStrictEqual(calls, ["plan", "review", "review?", "review?", "review", "review", "review"])
      assert.closeTo((yield* sessionOf(second, id)).usage.cost_usd, sum(costs), 1e-9)
      assert.isTrue(events.some(({ data }) => data === "approved: good\nreviewed in 3 parts"))
    }).pipe(Effect.scoped, live))
})
