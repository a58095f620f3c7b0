/** The code cache: what it keeps is used again, and whatever is wrong with it, the program runs. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { cacheBelow, makeLoader } from "../src/CodeCache.ts"
import { run } from "./support/Program.ts"

const directory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const below = yield* fs.makeTempDirectoryScoped()
  const [program, cache] = [`${below}/program`, `${below}/cache`]
  yield* fs.makeDirectory(program)
  yield* fs.writeFileString(`${program}/a.cjs`, "exports.sum = require(\"./b.cjs\").one + 1; exports.here = __dirname")
  yield* fs.writeFileString(`${program}/b.cjs`, "exports.one = require(\"node:path\").sep.length")
  return { cache, program }
})

/** Runs the program as a process does, up to its end; how many caches were written. */
const ran = (program: string, cache: string | undefined) => {
  const times = () =>
    cache === undefined ? [] : names(cache).map((name) => Fs.statSync(`${cache}/${name}`, { bigint: true }).ctimeNs)
  const before = times()
  const { keep, load } = makeLoader(program, cache)
  assert.deepStrictEqual(load("a.cjs"), { sum: 2, here: program })
  assert.strictEqual(load("a.cjs"), load("a.cjs"))
  keep()
  return times().filter((time) => !before.includes(time)).length
}
const names = (cache: string) => Fs.existsSync(cache) ? Fs.readdirSync(cache).sort() : []

describe("the code cache", () => {
  it.effect("is written once, and used until the file is another", () =>
    Effect.gen(function*() {
      const { cache, program } = yield* directory
      assert.strictEqual(ran(program, cache), 2)
      assert.deepStrictEqual(names(cache), ["a.cjs", "b.cjs"])
      assert.strictEqual(Fs.statSync(`${cache}/a.cjs`).mode & 0o777, 0o600)
      assert.strictEqual(ran(program, cache), 0)
      // as long as before, which is all that V8 would look at
      Fs.writeFileSync(
        `${program}/b.cjs`,
        Fs.readFileSync(`${program}/b.cjs`, "utf8").replace("one =", "one=").concat(" ")
      )
      assert.strictEqual(ran(program, cache), 1)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is made anew where it is damaged, and loses what no file belongs to", () =>
    Effect.gen(function*() {
      const { cache, program } = yield* directory
      ran(program, cache)
      for (const damage of [(code: Buffer) => code.subarray(0, 99), (code: Buffer) => code.fill(0, 60, 90)]) {
        Fs.writeFileSync(`${cache}/a.cjs`, damage(Fs.readFileSync(`${cache}/a.cjs`)))
        Fs.writeFileSync(`${cache}/old.cjs`, "")
        assert.strictEqual(ran(program, cache), 1)
        assert.deepStrictEqual(names(cache), ["a.cjs", "b.cjs"])
      }
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is done without where it cannot be", () =>
    Effect.gen(function*() {
      const { cache, program } = yield* directory
      assert.strictEqual(ran(program, undefined), 0)
      Fs.writeFileSync(cache, "a file")
      const { keep, load } = makeLoader(program, cache)
      assert.isDefined(load("a.cjs"))
      keep()
      assert.isUndefined(cacheBelow(`${program}/none`))
      assert.strictEqual(cacheBelow(program), `${program}/cache`)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is neither read nor written where others could have put it", () =>
    Effect.gen(function*() {
      const { cache, program } = yield* directory
      const dataDir = Path.dirname(cache)
      const elsewhere = `${dataDir}/elsewhere`
      Fs.mkdirSync(elsewhere, { mode: 0o700 })
      Fs.writeFileSync(`${elsewhere}/a.cjs.1`, "precious")
      Fs.symlinkSync(elsewhere, cache)
      assert.isUndefined(cacheBelow(dataDir), "a link")
      Fs.unlinkSync(cache)
      for (const mode of [0o770, 0o702]) {
        Fs.mkdirSync(cache)
        Fs.chmodSync(cache, mode)
        assert.isUndefined(cacheBelow(dataDir), mode.toString(8))
        Fs.rmdirSync(cache)
      }
      Fs.writeFileSync(cache, "a file")
      assert.isUndefined(cacheBelow(dataDir))
      Fs.unlinkSync(cache)
      assert.strictEqual(cacheBelow(dataDir), cache)
      ran(program, cacheBelow(dataDir))
      assert.strictEqual(Fs.statSync(cache).mode & 0o777, 0o700)
      assert.strictEqual(cacheBelow(dataDir), cache)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("shares its directory with files that are not its own", () =>
    Effect.gen(function*() {
      const { cache, program } = yield* directory
      Fs.mkdirSync(`${cache}/directory`, { recursive: true })
      for (const name of ["notes.txt", "photo.cjs.jpg", ".hidden", "old.cjs", "a.cjs.123"]) {
        Fs.writeFileSync(`${cache}/${name}`, "")
      }
      assert.strictEqual(ran(program, cache), 2)
      assert.deepStrictEqual(names(cache), [".hidden", "a.cjs", "b.cjs", "directory", "notes.txt", "photo.cjs.jpg"])
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live("shows that a command without a server loads none of the server", () =>
    Effect.gen(function*() {
      const dataDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      for (let i = 0; i < 2; i++) {
        const { code, err } = yield* run({ OPENTL_DATA_DIR: dataDir }, "config", "--json")
        assert.deepStrictEqual([code, err], [0, ""])
      }
      const loaded = names(`${dataDir}/cache`).map((name) => name.replace(/(-.{8})?\.cjs$/, ""))
      assert.include(loaded, "start")
      for (const name of ["InProcess", "SandboxRuntime", "DataDirectory", "Api"]) assert.notInclude(loaded, name)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
