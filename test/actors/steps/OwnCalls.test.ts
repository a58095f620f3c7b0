/** The account of a step's own calls, for any number of them at once, wherever each is when the server is killed. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as OwnCalls from "../../../src/actors/steps/OwnCalls.ts"
import { type SessionEvent, TurnStarted } from "../../../src/domain/SessionEvent.ts"
import { evolveAll, fold } from "../../../src/domain/SessionFold.ts"
import type { SessionState } from "../../../src/domain/SessionState.ts"
import { DayBudget } from "../../../src/services/budget/DayBudget.ts"
import { OpenCalls } from "../../../src/services/gateway/OpenCalls.ts"
import { LanguageModel, type ModelQuestion } from "../../../src/services/model/LanguageModel.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { created, id } from "../../support/Walk.ts"

const Answer = Schema.Struct({})
const question = { purpose: "review", system: "", prompt: "", answer: Answer } as const

interface Call {
  /** The most that it can cost, and what it does cost, in cents. */
  readonly most: number
  readonly cents: number
  /** Where it is when the server is killed. */
  readonly at: "under way" | "answered" | "counted"
}

const price = {
  rates: { input: 3, output: 15, cacheRead: 3, cacheWrite: 3, cacheWriteHour: 3 },
  tiers: [],
  perRequest: 0
}
const usageOf = ({ cents }: Call) => ({ inputTokens: 1, outputTokens: cents, costUsd: cents / 100 })

/** A model that is asked these calls in order; `reached` is told when one has come to where it is at the kill. */
const modelOf = (calls: ReadonlyArray<Call>, reached: (call: Call) => Effect.Effect<void>) => {
  const next = calls[Symbol.iterator]()
  const ask = <A, I>({ account, answer }: ModelQuestion<A, I>) =>
    Effect.gen(function*() {
      const { value: call } = next.next()
      if (account === undefined || call === undefined) return yield* Effect.dieMessage("not asked like that")
      yield* account.letOut(call.most / 100)
      const ended = yield* account.begin({ model: "m", price, bytes: 300, maxOutput: 100 })
      yield* Effect.yieldNow()
      if (call.at === "under way") yield* Effect.zipRight(reached(call), Effect.never)
      yield* ended(usageOf(call))
      if (call.at === "answered") yield* Effect.zipRight(reached(call), Effect.never)
      return { value: yield* Effect.orDie(Schema.decodeUnknown(answer)({})), model: "m", usage: usageOf(call) }
    })
  return Layer.succeed(LanguageModel, LanguageModel.of({ provider: "anthropic", ask }))
}

const startedWith = (budgetUsd: number | undefined): SessionState => {
  const log = [
    created(budgetUsd === undefined ? {} : { budgetUsd }),
    TurnStarted.make({ turn: 1, prompt: "x", deadline: DateTime.unsafeMake(1e12) })
  ]
  return fold(log) ?? assert.fail("no session")
}

/** One server's part on a log: what `use` does with its calls. */
const serve = <A, E, R>(
  dataDir: string,
  log: Ref.Ref<SessionState>,
  model: Layer.Layer<LanguageModel>,
  use: (
    calls: Effect.Effect.Success<typeof OwnCalls.make>,
    context: Parameters<typeof countLeft>[1]
  ) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(OwnCalls.make, (calls) =>
    use(calls, {
      claim: { sessionId: id, generation: 1 },
      state: startedWith(undefined),
      record: (events: ReadonlyArray<SessionEvent>) => Ref.updateAndGet(log, (state) => evolveAll(state, events))
    })).pipe(
      Effect.scoped,
      Effect.provide(Layer.mergeAll(model, DayBudget.layerUnlimited, OpenCalls.layer)),
      Effect.provide(layerConfig({ dataDir }))
    )

const countLeft = (
  calls: Effect.Effect.Success<typeof OwnCalls.make>,
  context: Parameters<typeof calls.countLeft>[0]
) => calls.countLeft(context, 1)

/** Asks all at once; each is recorded when it is there. */
const askAll =
  (calls: ReadonlyArray<Call>, reached: (call: Call) => Effect.Effect<void>) =>
  (own: Effect.Effect.Success<typeof OwnCalls.make>, context: Parameters<typeof countLeft>[1]) =>
    Effect.flatMap(
      own.open(context, { turn: 1, source: "review" }),
      ({ ask }) =>
        Effect.forEach(calls, (call) =>
          Effect.scoped(Effect.gen(function*() {
            const { answer, keep } = yield* ask(question)
            yield* keep([])
            yield* reached(call)
            return Either.isRight(answer)
          })), { concurrency: "unbounded" })
    )

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "d-" }))

const callsOf = (at: FastCheck.Arbitrary<Call["at"]>) =>
  FastCheck.array(
    FastCheck.tuple(FastCheck.integer({ min: 1, max: 60 }), FastCheck.integer({ min: 1, max: 60 }), at).map(
      ([a, b, at]): Call => ({ most: Math.max(a, b), cents: Math.min(a, b), at })
    ),
    { minLength: 1, maxLength: 20 }
  )

const ignored = () => Effect.void

describe("a step's own calls", () => {
  it.scoped.prop(
    "spend no more together than the budget and one answer",
    [callsOf(FastCheck.constant("counted"))],
    ([calls]) =>
      Effect.gen(function*() {
        const log = yield* Ref.make(startedWith(1))
        const answered = yield* serve(yield* temporary, log, modelOf(calls, ignored), askAll(calls, ignored))
        const { usage } = yield* Ref.get(log)
        assert.isAtMost(usage.costUsd, 1 + Math.max(...calls.map(({ cents }) => cents)) / 100)
        if (answered.includes(false)) assert.isAtLeast(usage.costUsd, 1 - 1e-9)
      }).pipe(Effect.provide(NodeContext.layer)),
    { fastCheck: { numRuns: 30 } }
  )

  it.scoped.prop(
    "are all in the log after a kill, once: as their answers said, or as far as they may have got",
    [callsOf(FastCheck.constantFrom<Call["at"]>("under way", "answered", "counted"))],
    ([calls]) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const dataDir = yield* temporary
        const log = yield* Ref.make(startedWith(undefined))
        const left = yield* Ref.make(calls.length)
        const killed = yield* Deferred.make<void>()
        const reached = () =>
          Effect.flatMap(Ref.updateAndGet(left, (n) => n - 1), (n) =>
            n === 0 ? Deferred.succeed(killed, undefined) : Effect.void)
        const first = yield* Effect.fork(
          serve(dataDir, log, modelOf(calls, reached), (own, context) =>
            Effect.zipRight(askAll(calls, reached)(own, context), Effect.never))
        )
        yield* Deferred.await(killed)
        const after = yield* temporary
        yield* fs.copy(dataDir, after, { preserveTimestamps: true, overwrite: true })
        const state = yield* Ref.get(log)
        yield* Fiber.interrupt(first)
        // the next server has the log and the files as they were
        yield* Ref.set(log, state)
        yield* serve(after, log, modelOf([], ignored), countLeft)
        const { usage } = yield* Ref.get(log)
        const known = calls.filter(({ at }) =>
          at !== "under way"
        ).map(usageOf)
        const cut = calls.length - known.length
        // a token for three bytes
        assert.strictEqual(usage.inputTokens, known.length + cut * 100)
        assert.isAtLeast(
          usage.outputTokens,
          known.reduce((sum, { outputTokens }) =>
            sum + outputTokens, 0)
        )
        assert.isAtLeast(
          usage.costUsd + 1e-9,
          known.reduce((sum, { costUsd }) =>
            sum + costUsd, cut * 100 * 3 / 1e6)
        )
        // and no more than once
        yield* serve(after, log, modelOf([], ignored), countLeft)
        assert.deepStrictEqual((yield* Ref.get(log)).usage, usage)
      }).pipe(Effect.provide(NodeContext.layer)),
    { fastCheck: { numRuns: 30 } }
  )

  it.scoped("are counted once after a kill between a call's log entry and the end of its record", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const [dataDir, after] = yield* Effect.all([temporary, temporary])
      const log = yield* Ref.make(startedWith(undefined))
      const call: Call = { most: 5, cents: 3, at: "counted" }
      yield* serve(dataDir, log, modelOf([call], ignored), (own, context) =>
        askAll([call], ignored)(own, {
          ...context,
          record: (events) =>
            Effect.tap(
              context.record(events),
              () => events.length === 0 ? Effect.void : Effect.orDie(fs.copy(dataDir, after, { overwrite: true }))
            )
        }))
      assert.include(yield* fs.readDirectory(`${after}/model-calls/${id}`), "1.json")
      yield* serve(after, log, modelOf([], ignored), countLeft)
      assert.deepStrictEqual((yield* Ref.get(log)).usage, usageOf(call))
      assert.deepStrictEqual(yield* fs.readDirectory(`${after}/model-calls`), [])
    }).pipe(Effect.provide(NodeContext.layer)))
})
