/** The store on real SQLite. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { layerLog } from "../../../src/App.ts"
import { SessionId } from "../../../src/domain/Ids.ts"
import { MessageReceived, OutputWritten, TurnEnded } from "../../../src/domain/SessionEvent.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { EventLog } from "../../../src/services/store/EventLog.ts"
import { LogWriter } from "../../../src/services/store/LogWriter.ts"
import { SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { type Claim, SessionStore } from "../../../src/services/store/SessionStore.ts"
import { append } from "../../support/StoreKit.ts"
import { by, created, walk } from "../../support/Walk.ts"

const layer = layerLog.pipe(Layer.provideMerge(Database.layerMemory))
const id = SessionId.make("00000000000a")
const { _tag, branch, ...spec } = created()

const open = (receipt?: { readonly scope: string; readonly key: string; readonly fingerprint: string }, session = id) =>
  Effect.flatMap(SessionStore, (store) => store.create({ id: session, spec, receipt }))

/** A session whose agent is at work. */
const running = Effect.gen(function*() {
  const store = yield* SessionStore
  yield* open()
  const claim = yield* store.claim(id, "test")
  const { events } = walk([0, 0, 0, 0])
  yield* append(claim, events.slice(1))
  return claim
})

const lines = (from: number, to: number) =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => OutputWritten.make({ turn: 1, round: 1, line: from + i, text: `line ${from + i}` })
  )

describe("a receipt", () => {
  it.effect("of two requests that arrive together leads to one session, or to a conflict", () =>
    Effect.gen(function*() {
      const receipt = { scope: "create:ada", key: "together", fingerprint: "f" }
      const [first, same, other] = yield* Effect.all(
        [
          open(receipt, SessionId.make("0000000000a1")),
          open(receipt, SessionId.make("0000000000a2")),
          Effect.flip(open({ ...receipt, fingerprint: "g" }, SessionId.make("0000000000a3")))
        ],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([first.replayed, same.replayed, other._tag], [false, true, "IdempotencyConflict"])
      assert.strictEqual(same.session.id, first.session.id)
    }).pipe(Effect.provide(layer)))

  it.effect("answers the same request with the same session, and another with a conflict", () =>
    Effect.gen(function*() {
      const receipt = { scope: "create:ada", key: "k", fingerprint: "f" }
      assert.isFalse((yield* open(receipt)).replayed)
      const again = yield* open(receipt, SessionId.make("00000000000b"))
      assert.deepStrictEqual([again.replayed, again.session.id], [true, id])
      assert.strictEqual((yield* Effect.flip(open({ ...receipt, fingerprint: "g" })))._tag, "IdempotencyConflict")
      assert.isFalse((yield* open({ ...receipt, scope: "create:grace" }, SessionId.make("00000000000c"))).replayed)
    }).pipe(Effect.provide(layer)))

  it.effect("is forgotten after a day", () =>
    Effect.gen(function*() {
      const receipt = { scope: "create:ada", key: "k", fingerprint: "f" }
      yield* open(receipt)
      yield* TestClock.adjust("25 hours")
      assert.isFalse((yield* open({ ...receipt, fingerprint: "g" }, SessionId.make("00000000000b"))).replayed)
    }).pipe(Effect.provide(layer)))
})

describe("an owner", () => {
  it.effect("whose session was claimed by another writes nothing any more", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const writer = yield* LogWriter
      const old = yield* running
      const next = yield* store.claim(id, "other")
      const ended = [TurnEnded.make({ turn: 1, end: "error", text: "late" })]
      assert.strictEqual((yield* Effect.flip(append(old, ended)))._tag, "SessionLost")
      assert.strictEqual((yield* Effect.flip(writer.write(old, lines(1, 1))))._tag, "SessionLost")
      yield* append(next, ended)
    }).pipe(Effect.provide(layer)))
})

describe("the log", () => {
  it.effect("numbers a session's events without a hole, whoever writes at the same time", () =>
    Effect.gen(function*() {
      const writer = yield* LogWriter
      const log = yield* EventLog
      const claim = yield* running
      const output = Effect.forEach(Array.from({ length: 50 }, (_, i) => i), (i) =>
        writer.write(claim, lines(i * 10 + 1, i * 10 + 10)))
      const messages = Effect.forEach(
        Array.from({ length: 20 }, (_, i) =>
          i),
        (i) => append(claim, [MessageReceived.make({ messageId: `m${i}`, text: "hi", by })])
      )
      yield* Effect.all([output, messages], { concurrency: "unbounded" })
      const events = yield* log.page(id, 0, 1000)
      assert.deepStrictEqual(
        events.map((event) => event.id),
        events.map((_, i) => i + 1)
      )
      assert.deepStrictEqual(
        events.filter((event) => event.type === "output").map((event) => event.data),
        lines(1, 500).map((line) => line.text)
      )
      assert.strictEqual(yield* Effect.flatMap(SessionHistory, (history) => history.logCursor(id, 1, 1)), 500)
    }).pipe(Effect.provide(layer)))

  it.effect("stores a line once, however often it comes, and none after a hole", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const writer = yield* LogWriter
      const log = yield* EventLog
      const claim = yield* running
      const outcome = (...batches: ReadonlyArray<ReturnType<typeof lines>>) =>
        store.appendLog(batches.map((events) => ({ claim, events })))
      assert.deepStrictEqual(yield* outcome(lines(1, 3)), ["stored"])
      assert.deepStrictEqual(yield* outcome(lines(1, 3)), ["stored"], "again")
      assert.deepStrictEqual(yield* outcome(lines(2, 5), lines(6, 6)), ["stored", "stored"], "some of them again")
      assert.deepStrictEqual(yield* outcome(lines(8, 9), lines(7, 9)), ["gap", "stored"])
      assert.strictEqual((yield* Effect.flip(writer.write(claim, lines(11, 12))))._tag, "StoreError")
      const events = yield* log.page(id, 0, 100)
      assert.deepStrictEqual(events.map((event) => event.id), events.map((_, i) => i + 1))
      assert.deepStrictEqual(
        events.filter((event) => event.type === "output").map((event) => event.data),
        lines(1, 9).map((line) => line.text)
      )
    }).pipe(Effect.provide(layer)))

  it.effect("is read as it was before a transaction that could not be committed", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const sql = yield* SqlClient.SqlClient
      const claim = yield* running
      // the same statements succeed, and their COMMIT does not: a deferred constraint is looked at there
      yield* sql`PRAGMA foreign_keys = ON`
      yield* sql`CREATE TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)`
      yield* sql`CREATE TABLE parent (id INTEGER PRIMARY KEY)`
      yield* sql`CREATE TRIGGER broken AFTER INSERT ON session_events BEGIN INSERT INTO child VALUES (1); END`
      const reading = Effect.forkAll(
        Array.from({ length: 20 }, () => Effect.map(store.load(id), ({ phase }) => phase._tag))
      )
      const readers = yield* reading
      const end = [TurnEnded.make({ turn: 1, end: "error", text: "broke" })]
      assert.strictEqual((yield* Effect.flip(append(claim, end)))._tag, "StoreError")
      assert.isTrue((yield* Fiber.join(readers)).every((phase) => phase === "Active"))
      assert.strictEqual((yield* store.load(id)).phase._tag, "Active")
      yield* sql`DROP TRIGGER broken`
      yield* append(claim, end)
      assert.strictEqual((yield* store.load(id)).phase._tag, "Ended")
    }).pipe(Effect.provide(layer)))

  it.effect("folds to the same state after a restart", () =>
    Effect.gen(function*() {
      const database = yield* Layer.build(Database.layerMemory)
      const server = Layer.fresh(layerLog).pipe(Layer.provide(Layer.succeedContext(database)))
      const state = Effect.flatMap(SessionStore, (store) => store.load(id))
      const first = yield* Effect.zipRight(running, state).pipe(Effect.provide(server))
      assert.deepStrictEqual(yield* state.pipe(Effect.provide(server)), first)
    }).pipe(Effect.scoped))

  it.effect("that cannot be written leaves the state as it was", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const sql = yield* SqlClient.SqlClient
      const claim = yield* running
      yield* sql`CREATE TRIGGER full BEFORE INSERT ON session_events BEGIN SELECT RAISE(ABORT, 'disk is full'); END`
      const end = [TurnEnded.make({ turn: 1, end: "error", text: "broke" })]
      assert.strictEqual((yield* Effect.flip(append(claim, end)))._tag, "StoreError")
      assert.strictEqual((yield* store.load(id)).phase._tag, "Active")
      yield* sql`DROP TRIGGER full`
      assert.strictEqual((yield* append(claim, end)).phase._tag, "Ended")
    }).pipe(Effect.provide(layer)))
})

describe("the outbox", () => {
  it.effect("is told in the same transaction how far there is to tell", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const claim: Claim = yield* running
      yield* sql`INSERT INTO outbox (session_id, watcher, target) VALUES (${id}, 'slack', '{}')`
      yield* Effect.flatMap(LogWriter, (writer) => writer.write(claim, lines(1, 3)))
      const [row] = yield* sql`SELECT head FROM outbox`
      const [session] = yield* sql`SELECT last_event_id FROM sessions`
      assert.strictEqual(row?.["head"], session?.["last_event_id"])
    }).pipe(Effect.provide(layer)))
})

describe("group commit", () => {
  it.effect("answers each writer when its own lines are safe, also while another's are void", () =>
    Effect.gen(function*() {
      const store = yield* SessionStore
      const writer = yield* LogWriter
      const claim = yield* running
      const void_: Claim = { sessionId: SessionId.make("00000000000f"), generation: 1 }
      const done = yield* Ref.make(0)
      const exits = yield* Effect.all([
        Effect.exit(Effect.zipLeft(writer.write(claim, lines(1, 5)), Ref.update(done, (n) => n + 1))),
        Effect.exit(writer.write(void_, lines(1, 5)))
      ], { concurrency: 2 })
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false])
      assert.strictEqual(yield* Ref.get(done), 1)
      assert.strictEqual((yield* store.load(id)).phase._tag, "Active")
    }).pipe(Effect.provide(layer)))
})
