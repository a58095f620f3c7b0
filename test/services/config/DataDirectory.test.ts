import * as Reactivity from "@effect/experimental/Reactivity"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { pid } from "node:process"
import { currentOwner, DataDirectory, type Owner } from "../../../src/services/config/DataDirectory.ts"
import { itOnSmallDisk } from "../../support/SmallDisk.ts"
import { layerConfig } from "../../support/TestConfig.ts"

/** Owns the directory for as long as the test. */
const own = (dataDir: string, kind: Owner["kind"] = "server") =>
  Layer.build(DataDirectory.layer(kind).pipe(Layer.provide(layerConfig({ dataDir })))).pipe(
    Effect.map(Context.get(DataDirectory))
  )

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** Another process that holds the lock until it is killed. */
const holder = (dataDir: string) =>
  Effect.gen(function*() {
    const script = `
      const db = new (require("better-sqlite3"))(process.argv[1])
      db.exec("BEGIN EXCLUSIVE")
      console.log("held")
      setInterval(() => {}, 1000)`
    const child = yield* Command.start(Command.make("node", "-e", script, `${dataDir}/owner.lock`))
    yield* child.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.runDrain)
    return child
  })

describe("DataDirectory", () => {
  it.scopedLive("is made with mode 0700 and says who owns it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = `${yield* temporary}/a/b`
      const directory = yield* own(dataDir)
      assert.strictEqual(directory.path, dataDir)
      assert.sameMembers(yield* fs.readDirectory(dataDir), ["owner.json", "owner.lock"])
      assert.strictEqual((yield* fs.stat(dataDir)).mode & 0o777, 0o700)
      const owner = Option.getOrThrow(yield* currentOwner(dataDir))
      assert.deepInclude(owner, { kind: "server", pid })
      assert.notProperty(owner, "url")
      yield* directory.announce("http://127.0.0.1:4711")
      assert.strictEqual(Option.getOrThrow(yield* currentOwner(dataDir)).url, "http://127.0.0.1:4711")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("sweeps what a killed owner left in its temporary directory, and nothing of a live one's", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      const left = `${dataDir}/tmp/result-1`
      const leave = Effect.zipRight(
        fs.makeDirectory(left, { recursive: true }),
        fs.writeFileString(`${left}/b`, "half")
      )
      yield* leave
      yield* own(dataDir)
      assert.isFalse(yield* fs.exists(left))
      yield* leave
      yield* Effect.flip(own(dataDir))
      assert.isTrue(yield* fs.exists(left))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("refuses a second owner in one line that names the first", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const first = yield* own(dataDir)
      yield* first.announce("http://127.0.0.1:4711")
      const error = yield* Effect.flip(own(dataDir, "embedded"))
      assert.strictEqual(error._tag, "DataDirectoryBusy")
      assert.include(
        error.message,
        `${dataDir} is in use by the server at http://127.0.0.1:4711 (process ${pid}, since `
      )
      assert.notInclude(error.message, "\n")
      assert.isTrue(
        Option.isSome(yield* currentOwner(dataDir)),
        "the refused one has not taken the lock from the first"
      )
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is free again when its owner releases it", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const scope = yield* Scope.make()
      yield* Scope.extend(own(dataDir), scope)
      assert.isTrue(Option.isSome(yield* currentOwner(dataDir)))
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Option.isNone(yield* currentOwner(dataDir)))
      yield* own(dataDir, "embedded")
      assert.strictEqual(Option.getOrThrow(yield* currentOwner(dataDir)).kind, "embedded")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is free again when its owner was killed", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      const other = yield* holder(dataDir)
      yield* fs.writeFileString(
        `${dataDir}/owner.json`,
        "{\"pid\":4711,\"since\":\"2026-01-02T03:04:05Z\",\"kind\":\"embedded\"}"
      )
      assert.include(
        (yield* Effect.flip(own(dataDir))).message,
        "a running opentl command (process 4711, since 2026-01-02T03:04:05"
      )
      yield* other.kill("SIGKILL")
      assert.isTrue(Option.isNone(yield* currentOwner(dataDir)), "what a dead owner left says nothing")
      yield* own(dataDir)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("is not kept from its owner by somebody who asks who that is", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      yield* Effect.scoped(own(dataDir))
      const asking = yield* Scope.make()
      const sql = yield* SqliteClient.make({ filename: `${dataDir}/owner.lock`, disableWAL: true }).pipe(
        Scope.extend(asking),
        Effect.provide(Reactivity.layer)
      )
      yield* Effect.zipRight(sql.unsafe("BEGIN"), sql.unsafe("SELECT count(*) FROM sqlite_master"))
      const owning = yield* Effect.fork(own(dataDir))
      // it looks at two files before it tries the lock
      yield* Effect.repeatN(fs.stat(dataDir), 20)
      yield* Scope.close(asking, Exit.void)
      yield* Fiber.join(owning)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("says in one line what is wrong with a directory that cannot be made", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* temporary}/file`
      yield* fs.writeFileString(file, "")
      const error = yield* Effect.flip(own(`${file}/data`))
      assert.strictEqual(error._tag, "DataDirectoryUnusable")
      assert.include(error.message, `the data directory ${file}/data cannot be used`)
      assert.notInclude(error.message, "\n")
      assert.isTrue(Option.isNone(yield* currentOwner(`${file}/data`)))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("says in one line that the lock file cannot be opened", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      yield* fs.makeDirectory(`${dataDir}/owner.lock`)
      const error = yield* Effect.flip(own(dataDir))
      assert.strictEqual(error._tag, "DataDirectoryUnusable")
      assert.notInclude(error.message, "\n")
    }).pipe(Effect.provide(NodeContext.layer)))

  itOnSmallDisk(
    "says that the disk is full, and that another directory is not what is missing",
    (disk) =>
      Effect.gen(function*() {
        yield* disk.fill
        const error = yield* Effect.flip(own(`${disk.path}/data`))
        assert.strictEqual(
          error.message,
          `the disk of the data directory ${disk.path}/data is full: free some space, then start it again`
        )
      })
  )
})
