/** The records of model calls that a killed server left, where no later step of the turn makes a call. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { by, create, endings, history, tags, untilFact, withServer } from "../../support/TestApp.ts"

const left = JSON.stringify({ model: "m", bytes: 300, maxOutput: 100, source: "review", startedAt: 0 })

describe("a record that a killed server left", () => {
  it.scoped("is counted and gone when the turn ends well", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
      yield* withServer(() =>
        Effect.gen(function*() {
          const id = yield* create({ approvePlan: true })
          yield* untilFact(id, "ApprovalRequested")
          yield* fs.makeDirectory(`${dataDir}/model-calls/${id}`, { recursive: true })
          yield* fs.writeFileString(`${dataDir}/model-calls/${id}/1.json`, left)
          yield* Effect.flatMap(Sessions, (sessions) => sessions.approve(id, { by }))
          const events = yield* history(id)
          assert.deepStrictEqual(endings(events), ["complete"])
          assert.deepStrictEqual(tags(events).slice(-2), ["UsageRecorded", "TurnEnded"])
          assert.deepStrictEqual(yield* fs.readDirectory(`${dataDir}/model-calls`), [])
        }), { dataDir, reviewRounds: 0 })
    }).pipe(Effect.provide(NodeContext.layer)))
})
