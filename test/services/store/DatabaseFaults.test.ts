/**
 * What happens to the file of the database while the program runs: the disk full, the file locked, gone, read-only. As
 * long as it lasts nothing is written, and that is said; when it is over, all goes on by itself, with nothing lost.
 */
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { OutputWritten, TurnEnded } from "../../../src/domain/SessionEvent.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { DatabaseHealth } from "../../../src/services/store/DatabaseHealth.ts"
import { EventLog } from "../../../src/services/store/EventLog.ts"
import { LogWriter } from "../../../src/services/store/LogWriter.ts"
import { type Claim, SessionStore } from "../../../src/services/store/SessionStore.ts"
import * as Logged from "../../support/Logged.ts"
import { immutable, itOnSmallDisk, type SmallDisk } from "../../support/SmallDisk.ts"
import { append } from "../../support/StoreKit.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { created, walk } from "../../support/Walk.ts"

const { _tag, branch, ...spec } = created()
const id = SessionId.make("00000000000a")
const rows = 60

const newSession = Effect.gen(function*() {
  const digits = yield* Effect.replicateEffect(Random.nextIntBetween(0, 16), 12)
  const session = SessionId.make(digits.map((digit) => digit.toString(16)).join(""))
  return yield* Effect.flatMap(SessionStore, (store) => store.create({ id: session, spec, receipt: undefined }))
})

/** A session whose agent prints a line whenever it is let; `printed` tells how many are stored. */
const runningSession = Effect.gen(function*() {
  const store = yield* SessionStore
  const writer = yield* LogWriter
  yield* store.create({ id, spec, receipt: undefined })
  const claim: Claim = yield* store.claim(id, "test")
  yield* append(claim, walk([0, 0, 0, 0]).events.slice(1))
  const printed = yield* Ref.make(0)
  const line = (number: number) =>
    // a few KiB each: a full disk takes none of them
    OutputWritten.make({ turn: 1, round: 1, line: number, text: `line ${number} ${"x".repeat(8000)}` })
  const agent = yield* Effect.fork(Effect.forEach(
    Array.from({ length: rows }, (_, i) => i + 1),
    (number) =>
      writer.write(claim, [line(number)]).pipe(
        Effect.zipRight(Ref.set(printed, number)),
        Effect.zipRight(Effect.sleep("5 millis"))
      ),
    { discard: true }
  ))
  return { agent, claim, printed }
})

const until = <A, E, R>(effect: Effect.Effect<A, E, R>, isSo: (value: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    effect,
    (value) => isSo(value) ? Effect.succeed(value) : Effect.delay(until(effect, isSo), "10 millis")
  )

interface Fault {
  readonly begin: Effect.Effect<void, unknown, Program>
  readonly end: Effect.Effect<void, unknown, Program>
  readonly words: RegExp
}

type Program = SqlClient.SqlClient | NodeContext.NodeContext

/** A session runs, the fault begins; nothing can be written, and it is said once; it ends, and all goes on. */
const survives = (disk: SmallDisk, fault: (file: string) => Fault) =>
  Effect.gen(function*() {
    const logged = yield* Logged.make
    const file = `${disk.path}/opentl.db`
    const { begin, end, words } = fault(file)
    const layer = layerLog.pipe(
      Layer.provideMerge(Database.layer),
      Layer.provide(layerConfig({ dataDir: disk.path })),
      Layer.provide(logged.layer)
    )
    yield* Effect.gen(function*() {
      const health = yield* DatabaseHealth
      const log = yield* EventLog
      yield* health.check
      const { agent, claim, printed } = yield* runningSession
      yield* until(Ref.get(printed), (lines) => lines >= 3)

      yield* begin
      const refused = yield* until(Effect.either(newSession), (result) => result._tag === "Left")
      const error = yield* Effect.flip(refused)
      assert.match(error.message, words)
      assert.strictEqual((yield* Effect.flip(newSession))._tag, "StoreError")
      const unready = yield* until(Effect.either(health.check), (result) => result._tag === "Left")
      assert.match((yield* Effect.flip(unready)).message, words)
      const stored = yield* Ref.get(printed)
      assert.isBelow(stored, rows)

      yield* end
      yield* Fiber.join(agent)
      yield* append(claim, [TurnEnded.make({ turn: 1, end: "error", text: "over" })])
      const events = yield* log.page(id, 0, 1000)
      assert.deepStrictEqual(events.map((event) => event.id), events.map((_, i) => i + 1))
      assert.deepStrictEqual(
        events.filter((event) => event.type === "output").map((event) => event.data.split(" x")[0]),
        Array.from({ length: rows }, (_, i) => `line ${i + 1}`)
      )
      yield* newSession
      yield* until(Effect.either(health.check), (result) => result._tag === "Right")
      const lines = (yield* logged.lines).filter(({ message }) => message.startsWith("database: "))
      assert.deepStrictEqual(lines.map(({ level }) => level), ["Error", "Info"], JSON.stringify(lines))
      assert.match(lines[0]?.message ?? "", words)
    }).pipe(Effect.provide(layer))
  })

describe("while the program runs", () => {
  itOnSmallDisk(
    "the disk can be full for a while",
    (disk) => survives(disk, () => ({ begin: disk.fill, end: disk.free, words: /the disk is full/ }))
  )

  itOnSmallDisk(
    "another process can hold the lock for a while, and the event loop is never held up",
    (disk) =>
      Effect.gen(function*() {
        const other = yield* Scope.make()
        const ticks = yield* Ref.make(0)
        yield* Effect.forkScoped(
          Effect.repeat(Ref.update(ticks, (n) => n + 1), Schedule.spaced("10 millis"))
        )
        const ticksBefore = yield* Deferred.make<number>()
        yield* survives(disk, (filename) => ({
          words: /another process holds the lock/,
          begin: Effect.gen(function*() {
            const connection = yield* Layer.buildWithScope(SqliteClient.layer({ filename }), other)
            yield* Context.get(connection, SqlClient.SqlClient)`BEGIN IMMEDIATE`
            yield* Deferred.succeed(ticksBefore, yield* Ref.get(ticks))
          }),
          end: Effect.gen(function*() {
            // two creates were refused meanwhile, each after a wait
            assert.isAbove((yield* Ref.get(ticks)) - (yield* Deferred.await(ticksBefore)), 20)
            yield* Scope.close(other, Exit.void)
          })
        }))
      })
  )

  itOnSmallDisk("the file can be moved away and back", (disk) =>
    survives(disk, (file) => ({
      words: /is no longer in its directory/,
      begin: Effect.flatMap(FileSystem.FileSystem, (fs) => fs.rename(file, `${file}.away`)),
      end: Effect.flatMap(FileSystem.FileSystem, (fs) => fs.rename(`${file}.away`, file))
    })))

  itOnSmallDisk("the file can be read-only for a while", (disk) =>
    survives(disk, (file) => ({
      words: /is read-only/,
      begin: Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* immutable(file, true)
        // the connection itself could still write: it is opened anew, on the file as it is now
        yield* sql`PRAGMA query_only = ON`
      }),
      end: immutable(file, false)
    })))
})
