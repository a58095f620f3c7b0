/** An agent's call that nobody can record when it ends, because the session has another owner by then. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SessionId } from "../../../src/domain/Ids.ts"
import type { CallRequest } from "../../../src/services/gateway/CallRequest.ts"
import { OpenCalls } from "../../../src/services/gateway/OpenCalls.ts"
import * as Payer from "../../../src/services/gateway/Payer.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const session = SessionId.make("0123456789ab")
const rates = { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, cacheWriteHour: 1 }
const price = { rates, tiers: [], perRequest: 0.1 }
const call: CallRequest = {
  dialect: "anthropic",
  isStream: false,
  model: "m",
  bytes: 30,
  maxOutput: 10,
  hasReferences: false,
  hasTools: false,
  uncountable: undefined
}

/** A payer for a session, for the lifetime of the scope. */
const open = (dataDir: string, onUsage: Payer.PayerOptions["onUsage"], counted?: ReadonlyArray<string>) =>
  Effect.flatMap(OpenCalls, ({ open }) => open(session)).pipe(
    Effect.flatMap((openCalls) => Payer.make({ session, remainingUsd: 1, onUsage, openCalls, counted })),
    Effect.provide(OpenCalls.layer),
    Effect.provide(layerConfig({ dataDir }))
  )

describe("a call that cannot be recorded", () => {
  it.scoped("is left to the next owner, with what its answer has cost", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
      yield* Effect.scoped(Effect.gen(function*() {
        const { letOut } = yield* open(dataDir, () => new Payer.UsageNotRecorded())
        const { settle } = yield* letOut(call, price)
        yield* settle("m", price, { input: 7, output: 3 }, false)
      }))
      const counted: Array<Payer.GatewayReport> = []
      const count = (report: Payer.GatewayReport) => Effect.sync(() => void counted.push(report))
      yield* Effect.scoped(open(dataDir, count))
      yield* Effect.scoped(open(dataDir, count))
      assert.deepStrictEqual(
        counted.map(({ estimated, usage }) => [usage.inputTokens, usage.outputTokens, estimated]),
        [
          [7, 3, false]
        ]
      )
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a call that was recorded just before the server was killed", () => {
  it.scoped("is not counted again, and takes nothing from the budget", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
      const after = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
      const log: Array<Payer.GatewayReport> = []
      const record = (report: Payer.GatewayReport) => Effect.sync(() => void log.push(report))
      yield* Effect.scoped(Effect.gen(function*() {
        const { letOut } = yield* open(dataDir, (report) =>
          Effect.zipRight(record(report), Effect.orDie(fs.copy(dataDir, after, { overwrite: true }))))
        const { settle } = yield* letOut(call, price)
        yield* settle("m", { ...price, perRequest: 1 }, { input: 7, output: 3 }, false)
      }))
      assert.include(yield* fs.readDirectory(`${after}/model-calls/${session}`), "1.json")
      const counted = log.flatMap((report) =>
        report.calls ?? []
      )
      const isExhausted = yield* Effect.scoped(
        Effect.flatMap(open(after, record, counted), (payer) => payer.isExhausted)
      )
      assert.strictEqual(log.length, 1)
      assert.isFalse(isExhausted)
      assert.deepStrictEqual(yield* fs.readDirectory(`${after}/model-calls`), [])
    }).pipe(Effect.provide(NodeContext.layer)))
})
