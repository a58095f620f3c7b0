import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import { SessionId } from "../../../src/domain/Ids.ts"
import * as OpenCalls from "../../../src/services/gateway/OpenCalls.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"

const session = SessionId.make("0123456789ab")
const rates = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWriteHour: 6 }
const call: OpenCalls.OpenCall = {
  model: "m",
  price: { rates, tiers: [{ over: 200_000, rates }], perRequest: 0.01 },
  bytes: 1_200,
  maxOutput: 64_000
}

/** A server's part; `kill` leaves the files as they are, in a data directory that nobody else has. */
const server = Effect.fnUntraced(function*(dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const open = Effect.flatMap(OpenCalls.make(dataDir), (open) => open(session))
  const calls = yield* Scope.extend(Effect.provide(open, BackgroundTasks.layer), scope)
  const kill = Effect.gen(function*() {
    const left = yield* fs.makeTempDirectoryScoped({ prefix: "d-" })
    yield* fs.copy(dataDir, left, { preserveTimestamps: true })
    return left
  })
  return { ...calls, close: Scope.close(scope, Exit.void), kill }
})

const takenOver = Effect.fnUntraced(function*(calls: OpenCalls.SessionCalls) {
  const found: Array<readonly [OpenCalls.OpenCall, number]> = []
  yield* calls.takeOver((call, seconds) => Effect.sync(() => void found.push([call, seconds])))
  return found
})

/** Lets the server say that it lives: the file system is not on the test's clock. */
const live = (dataDir: string, at: number) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.repeat(
      Effect.zipRight(
        TestServices.provideLive(Effect.sleep("2 millis")),
        fs.stat(`${dataDir}/model-calls/${session}/alive`)
      ),
      { until: ({ mtime }) => mtime._tag === "Some" && mtime.value.getTime() === at }
    ))

const itScoped = <A, E>(name: string, test: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scoped(name, () => Effect.asVoid(Effect.provide(test(), NodeContext.layer)))

/** Notes a call that nobody settles. */
const note = (calls: OpenCalls.SessionCalls, call: OpenCalls.OpenCall) => Effect.asVoid(calls.note(call))

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "d-" }))

describe("OpenCalls", () => {
  itScoped(
    "hands over what a killed server left, with the time that it can have run at most, once",
    () =>
      Effect.gen(function*() {
        const dataDir = yield* temporary
        const first = yield* server(dataDir)
        yield* Effect.flatMap(first.note(call), ({ forget }) => forget)
        yield* live(dataDir, 0)
        yield* TestClock.adjust("3 seconds")
        yield* note(first, call)
        yield* TestClock.adjust("7 seconds")
        yield* live(dataDir, 10_000)
        yield* TestClock.adjust("1 second")
        const left = yield* first.kill
        // however long nobody was there
        yield* TestClock.adjust("3 days")
        const second = yield* server(left)
        // from the third second to the tenth, and to when the next sign of life did not come
        assert.deepStrictEqual(yield* takenOver(second), [[call, 12]])
        assert.deepStrictEqual(yield* takenOver(second), [])
      })
  )

  itScoped("hands over nothing that was settled, and nothing that had not been written", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      const first = yield* server(dataDir)
      yield* Effect.flatMap(first.note(call), ({ forget }) => forget)
      const left = yield* first.kill
      yield* fs.writeFileString(`${left}/model-calls/${session}/7.json`, "{\"model\":\"m\",\"by")
      assert.deepStrictEqual(yield* takenOver(yield* server(left)), [])
    }))

  itScoped(
    "counts a call whose server left no sign of life as one that ran for the longest time a call may take",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const first = yield* server(yield* temporary)
        yield* note(first, call)
        const left = yield* first.kill
        yield* fs.remove(`${left}/model-calls/${session}/alive`)
        assert.deepStrictEqual(yield* takenOver(yield* server(left)), [[call, Number.POSITIVE_INFINITY]])
      })
  )

  itScoped("hands over what an answer has cost that was there, and was not in the log", () =>
    Effect.gen(function*() {
      const first = yield* server(yield* temporary)
      const { answered } = yield* first.note(call)
      const usage = { inputTokens: 400, outputTokens: 7, costUsd: 0.02 }
      yield* answered(usage)
      const [[left] = []] = yield* takenOver(yield* server(yield* first.kill))
      assert.deepStrictEqual(left, { ...call, usage })
    }))

  itScoped("hands over what the same server could not count, and writes over nothing", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const first = yield* server(dataDir)
      yield* note(first, call)
      yield* first.close
      const second = yield* server(dataDir)
      yield* note(second, { ...call, model: "n" })
      yield* second.close
      assert.sameMembers((yield* takenOver(yield* server(dataDir))).map(([{ model }]) => model), ["m", "n"])
    }))

  itScoped("leaves nothing behind, and makes no directory for a session without calls", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      const none = yield* server(dataDir)
      yield* none.close
      assert.deepStrictEqual(yield* fs.readDirectory(dataDir), [])
      const first = yield* server(dataDir)
      yield* Effect.flatMap(first.note(call), ({ forget }) => forget)
      yield* first.close
      assert.deepStrictEqual(yield* fs.readDirectory(`${dataDir}/model-calls`), [])
    }))

  itScoped(
    "removes what it made when a session's calls are closed, while the server goes on",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const dataDir = yield* temporary
        const open = yield* OpenCalls.make(dataDir)
        const counted = Effect.flatMap(
          open(session),
          (calls) => Effect.flatMap(calls.note(call), ({ forget }) => forget)
        )
        yield* Effect.scoped(counted)
        assert.deepStrictEqual(yield* fs.readDirectory(`${dataDir}/model-calls`), [])
      }).pipe(Effect.provide(BackgroundTasks.layer))
  )
})
