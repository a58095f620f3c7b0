/** A database read beside the process that owns it: what is there, what comes, and nothing changed. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { OutputWritten, TurnEnded } from "../../../src/domain/SessionEvent.ts"
import { reads } from "../../../src/ReadOnly.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { LogWriter } from "../../../src/services/store/LogWriter.ts"
import * as ReadOnlyDatabase from "../../../src/services/store/ReadOnlyDatabase.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { append } from "../../support/StoreKit.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { created, walk } from "../../support/Walk.ts"

const id = SessionId.make("00000000000a")
const { _tag, branch, ...spec } = created()
const line = (number: number) => OutputWritten.make({ turn: 1, round: 1, line: number, text: `line ${number}` })

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** The owner's services on the database. */
const owner = (dataDir: string) =>
  layerLog.pipe(Layer.provideMerge(Database.layer), Layer.provide(layerConfig({ dataDir })))

/** A session whose agent is at work. */
const atWork = Effect.gen(function*() {
  const store = yield* SessionStore
  yield* store.create({ id, spec, receipt: undefined })
  const claim = yield* store.claim(id, "test")
  yield* append(claim, walk([0, 0, 0, 0]).events.slice(1))
  return claim
})

describe("a database that another process owns", () => {
  it.scopedLive("is read as it is, and followed to the session's end", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      yield* Effect.gen(function*() {
        const writer = yield* LogWriter
        const claim = yield* atWork
        const { sessions } = yield* reads(dataDir, "https://github.com")
        const session = yield* sessions.find("00000")
        assert.strictEqual(session.status, "running")
        assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions.map((listed) => listed.id), [id])
        assert.deepStrictEqual((yield* sessions.list({ limit: 10, status: "complete" })).sessions, [])

        const caughtUp = yield* Deferred.make<void>()
        const following = yield* sessions.events(id, 0).pipe(
          Stream.tap((event) => event.id === session.lastEventId ? Deferred.succeed(caughtUp, undefined) : Effect.void),
          Stream.runCollect,
          Effect.fork
        )
        yield* Deferred.await(caughtUp)
        yield* writer.write(claim, [line(1), line(2)])
        yield* writer.write(claim, [line(3)])
        yield* append(claim, [TurnEnded.make({ turn: 1, end: "error", text: "over" })])
        const events = [...(yield* Fiber.join(following))]
        assert.deepStrictEqual(events.map((event) => event.id), events.map((_, i) => i + 1))
        assert.deepStrictEqual(events.slice(-4).map((event) => event.data), ["line 1", "line 2", "line 3", "over"])
        assert.strictEqual((yield* sessions.get(id)).status, "error")
        assert.strictEqual(yield* sessions.diff(id), "")
        const log = [...(yield* Stream.runCollect(sessions.log(id)))]
        assert.deepStrictEqual(log.slice(-2), ["line 3\n", "[error] over\n"])
      }).pipe(Effect.provide(owner(dataDir)))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is read when its owner is gone, too, and leaves no trace", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      yield* Effect.asVoid(atWork).pipe(Effect.provide(owner(dataDir)))
      const before = yield* fs.readFile(`${dataDir}/opentl.db`)
      yield* Effect.scoped(Effect.gen(function*() {
        const { owner, sessions } = yield* reads(dataDir, "https://github.com")
        assert.strictEqual((yield* sessions.get(id)).id, id)
        assert.strictEqual((yield* owner)._tag, "None")
      }))
      assert.deepStrictEqual(yield* fs.readFile(`${dataDir}/opentl.db`), before)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("cannot be written", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      yield* Effect.asVoid(atWork).pipe(Effect.provide(owner(dataDir)))
      const error = yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM sessions`).pipe(
        Effect.provide(ReadOnlyDatabase.layer(`${dataDir}/opentl.db`)),
        Effect.flip
      )
      assert.match(String(error.cause), /readonly/)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is refused with a sentence where it is not there, no database, or of an older version", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      const refused = Effect.map(
        Effect.flip(Effect.scoped(reads(dataDir, "https://github.com"))),
        (error) => error.message
      )
      assert.include(yield* refused, `read its database ${dataDir}/opentl.db`)
      yield* fs.writeFileString(`${dataDir}/opentl.db`, "no database at all, but a text of some length\n".repeat(50))
      assert.include(yield* refused, `read its database ${dataDir}/opentl.db`)
    }).pipe(Effect.provide(NodeContext.layer)))
})
