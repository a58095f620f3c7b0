import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ApiTokens, localToken } from "../../../src/services/config/ApiTokens.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { DataDirectory } from "../../../src/services/config/DataDirectory.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const start = (config: Partial<AppConfigShape>) =>
  Effect.scoped(Effect.provide(
    ApiTokens,
    ApiTokens.layer.pipe(Layer.provide(DataDirectory.layer("server")), Layer.provide(layerConfig(config)))
  ))

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const tokens = (...entries: ReadonlyArray<readonly [name: string, token: string]>) =>
  entries.map(([name, token]) => ({ name, token: Redacted.make(token) }))

describe("ApiTokens", () => {
  it.scoped("knows the configured tokens by their names and makes none", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporary
      const { authenticate } = yield* start({ dataDir, apiTokens: Option.some(tokens(["ci", "one"], ["anna", "two"])) })
      assert.deepStrictEqual(["one", "two", "", "on", "one ", "ONE"].map(authenticate), [
        Option.some("ci"),
        Option.some("anna"),
        Option.none(),
        Option.none(),
        Option.none(),
        Option.none()
      ])
      assert.isTrue(Option.isNone(yield* localToken(dataDir)))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("makes one token at the first start, for its owner's eyes only, and keeps it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      yield* start({ dataDir })
      const token = Option.getOrThrow(yield* localToken(dataDir))
      assert.match(Redacted.value(token), /^[A-Za-z0-9_-]{43}$/)
      assert.strictEqual((yield* fs.stat(`${dataDir}/token`)).mode & 0o777, 0o600)
      assert.deepStrictEqual(
        yield* fs.readDirectory(dataDir).pipe(Effect.map((names) => names.filter((name) => name.endsWith(".new")))),
        []
      )

      yield* fs.chmod(`${dataDir}/token`, 0o644)
      const { authenticate } = yield* start({ dataDir })
      assert.deepStrictEqual(authenticate(Redacted.value(token)), Option.some("local"))
      assert.strictEqual(
        (yield* fs.stat(`${dataDir}/token`)).mode & 0o777,
        0o600,
        "opened to others by hand: closed again"
      )
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("makes another token where the file is empty, and another one for another directory", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const [one, other] = [yield* temporary, yield* temporary]
      yield* fs.writeFileString(`${one}/token`, "\n")
      yield* start({ dataDir: one })
      yield* start({ dataDir: other })
      const made = yield* Effect.forEach([one, other], localToken)
      assert.lengthOf(new Set(made.map(Option.getOrThrow).map(Redacted.value)), 2)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect.prop(
    "knows a token exactly",
    [FastCheck.string(), FastCheck.string()],
    ([known, given]) =>
      Effect.gen(function*() {
        const { authenticate } = yield* ApiTokens
        assert.deepStrictEqual(Option.isSome(authenticate(given)), given === known)
        assert.deepStrictEqual(authenticate(known), Option.some("ci"))
      }).pipe(Effect.provide(ApiTokens.layerOf(tokens(["ci", known]))))
  )
})
