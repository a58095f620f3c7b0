/** Applies the limits to local runs that the kernel itself does not enforce. */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { AppConfig } from "../../config/AppConfig.ts"
import * as DiskReport from "../DiskReport.ts"
import * as DiskWatch from "../DiskWatch.ts"
import * as FreeSpace from "../FreeSpace.ts"
import * as RunLimits from "../RunLimits.ts"
import * as LocalIsolation from "./LocalIsolation.ts"

const failed = (error: { readonly message: string }) => new DiskWatch.MeasurementFailed({ reason: error.message })

interface Options {
  readonly isolation: LocalIsolation.Isolation
  /** `disk.sh` of the runtime. */
  readonly script: Effect.Effect<string, { readonly message: string }>
  /** The directory of all workspaces. */
  readonly root: string
  /** The directories that a run writes to. */
  readonly directoriesOf: (run: string) => ReadonlyArray<string>
  /** The file that marks a run as ended by its limits. */
  readonly markOf: (run: string) => string
  readonly kill: (run: string) => Effect.Effect<void>
}

export const make = Effect.fnUntraced(function*({ directoriesOf, isolation, kill, markOf, root, script }: Options) {
  const { limits } = yield* AppConfig
  const fs = yield* FileSystem.FileSystem
  const executor = yield* CommandExecutor.CommandExecutor

  const shell = (file: string, args: ReadonlyArray<string>) =>
    Command.make(...LocalIsolation.measure(isolation, ["sh", file, ...args]))

  const free = Stream.provideService(FreeSpace.everySecond(root), CommandExecutor.CommandExecutor, executor)

  const used = (run: string) =>
    Effect.gen(function*() {
      const directories = directoriesOf(run)
      const report = yield* Command.string(shell(yield* script, ["used", ...directories]))
      return yield* Effect.mapError(
        DiskReport.diskUse(report, directories.length),
        () => ({ message: "the report ended early" })
      )
    }).pipe(
      Effect.provideService(CommandExecutor.CommandExecutor, executor),
      Effect.mapError(failed)
    )

  return yield* RunLimits.make<PlatformError>(limits, {
    writeMark: (run, text) => fs.writeFileString(markOf(run), text),
    readMark: (run) => Effect.option(fs.readFileString(markOf(run))),
    kill,
    probe: (run) => Effect.succeed({ free, used: used(run) }),
    left: used
  })
})
