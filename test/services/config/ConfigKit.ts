/** The configuration as a process loads it, from an environment and a file. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { AppConfig } from "../../../src/services/config/AppConfig.ts"

export const withEnvironment = (environment: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))

/** The configuration of an environment and, where given, the text of its `config.env`. */
export const load = (environment: Readonly<Record<string, string>>, file?: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const dataDir = yield* fs.makeTempDirectoryScoped()
    if (file !== undefined) yield* fs.writeFileString(`${dataDir}/config.env`, file, { mode: 0o600 })
    return yield* Effect.provide(AppConfig, AppConfig.layer).pipe(
      withEnvironment({ OPENTL_DATA_DIR: dataDir, ...environment })
    )
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

/** What the user is told of an environment that is refused. */
export const sentence = (environment: Readonly<Record<string, string>>) =>
  Effect.map(Effect.flip(load(environment)), (error) => error.message)
