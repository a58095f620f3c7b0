/** Files with installed dependencies: kept whole, for as long as they are used, within a size. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as DependencyCache from "../../../src/services/sandbox/DependencyCache.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const keys = ["a", "b", "c"].map((letter) => letter.repeat(64))
const [a = "", b = "", c = ""] = keys

/** A server on a data directory, with room for so many bytes. */
const serverOn = (dataDir: string, bytes = 1000) =>
  Effect.map(
    Layer.build(Layer.fresh(
      Layer.provide(
        DependencyCache.DependencyCache.layer,
        layerConfig({ dataDir, dependencyCache: Option.some(bytes) })
      )
    )),
    (context) => Effect.provide(DependencyCache.DependencyCache, context)
  ).pipe(Effect.flatten)

const setup = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-cache-" })
  const fileOf = (bytes: number) =>
    Effect.tap(fs.makeTempFileScoped({ directory: dataDir }), (file) => fs.writeFileString(file, "x".repeat(bytes)))
  const names = Effect.map(fs.readDirectory(`${dataDir}/dependencies`), (names) => names.map((name) => name[0]).sort())
  yield* TestClock.setTime(Date.UTC(2030, 0, 1))
  return { dataDir, fileOf, fs, names }
})

layer(NodeContext.layer)("DependencyCache", (it) => {
  it.scoped("keeps a file for another server, and nobody else can read it", () =>
    Effect.gen(function*() {
      const { dataDir, fileOf, fs } = yield* setup
      const first = yield* serverOn(dataDir)
      assert.isTrue(Option.isNone(yield* first.find(a)))
      yield* first.keep(a, yield* fileOf(10))
      const second = yield* serverOn(dataDir)
      const found = Option.getOrThrow(yield* second.find(a))
      assert.strictEqual(yield* fs.readFileString(found), "x".repeat(10))
      assert.strictEqual((yield* fs.stat(`${dataDir}/dependencies`)).mode & 0o777, 0o700)
      assert.isTrue(Option.isNone(yield* second.find(b)))
    }))

  it.scoped("lets go of what was used least recently, when there is too much", () =>
    Effect.gen(function*() {
      const { dataDir, fileOf, names } = yield* setup
      const cache = yield* serverOn(dataDir)
      for (const key of [a, b]) {
        yield* cache.keep(key, yield* fileOf(400))
        yield* cache.find(key)
        yield* TestClock.adjust("1 minute")
      }
      yield* cache.find(a)
      yield* TestClock.adjust("1 minute")
      yield* cache.keep(c, yield* fileOf(400))
      assert.deepStrictEqual(yield* names, ["a", "c"])
    }))

  it.scoped("lets go of what nobody has used for two weeks, and of what is no entry, at the start", () =>
    Effect.gen(function*() {
      const { dataDir, fileOf, fs, names } = yield* setup
      const first = yield* serverOn(dataDir)
      for (const key of [a, b]) {
        yield* first.keep(key, yield* fileOf(10))
        yield* first.find(key)
      }
      yield* fs.writeFileString(`${dataDir}/dependencies/half`, "")
      yield* TestClock.adjust("13 days")
      yield* first.find(b)
      yield* TestClock.adjust("2 days")
      yield* serverOn(dataDir)
      assert.deepStrictEqual(yield* names, ["b"])
    }))

  it.scoped("gives the bytes back although a run still has a link to them", () =>
    Effect.gen(function*() {
      const { dataDir, fileOf, fs } = yield* setup
      const cache = yield* serverOn(dataDir)
      yield* cache.keep(a, yield* fileOf(10))
      const link = `${dataDir}/link`
      yield* fs.link(Option.getOrThrow(yield* cache.find(a)), link)
      assert.deepStrictEqual(yield* DependencyCache.clear(dataDir), { entries: 1, bytes: 10 })
      assert.strictEqual((yield* fs.stat(link)).size, FileSystem.Size(0))
      assert.isTrue(Option.isNone(yield* cache.find(a)))
      assert.deepStrictEqual(yield* DependencyCache.clear(`${dataDir}/none`), { entries: 0, bytes: 0 })
    }))

  it.scoped("remembers a failure for ten minutes, or until there is something", () =>
    Effect.gen(function*() {
      const { dataDir, fileOf } = yield* setup
      const cache = yield* serverOn(dataDir)
      const installs = [{ run: "npm ci", exitCode: 1, tail: "no" }]
      yield* cache.hasFailed(a, installs)
      yield* cache.hasFailed(b, installs)
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(yield* cache.failure(a), Option.some(installs))
      yield* cache.keep(b, yield* fileOf(10))
      assert.deepStrictEqual(yield* cache.failure(b), Option.none())
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* cache.failure(a), Option.none())
    }))

  it.scoped("misses what cannot be kept, and goes on", () =>
    Effect.gen(function*() {
      const { dataDir, fileOf, fs } = yield* setup
      yield* fs.writeFileString(`${dataDir}/dependencies`, "in the way")
      const cache = yield* serverOn(dataDir)
      yield* cache.keep(a, yield* fileOf(10))
      assert.isTrue(Option.isNone(yield* cache.find(a)))
    }))
})
